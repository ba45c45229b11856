"""The worker keeps the record: within seconds of an act it is shipped, sealed and signed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Event, Thread

import pytest
from flask import Flask

from consult import clock
from consult.accounts.permissions import SYSTEM
from consult.app_context import settings
from consult.faces.worker import keep_record
from consult.ledger import tree_heads
from consult.ledger.journal import files
from consult.ledger.models import LedgerEntry
from consult.ledger.service import record
from consult.ledger.upkeep import Upkeep
from consult.store import db, transaction

LIMIT_SECONDS = 30.0
"""How long anything that must happen is waited for on a busy machine."""


@pytest.fixture
def worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return what starts the worker's thread; it is stopped at the end."""
    monkeypatch.setattr(settings(), "seal_seconds", 1)
    stopping, threads = Event(), []

    def start() -> None:
        threads.append(Thread(target=keep_record, args=(app, stopping)))
        threads[0].start()

    yield start
    stopping.set()
    for thread in threads:
        thread.join(LIMIT_SECONDS)
        assert not thread.is_alive()


def wait_for(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + LIMIT_SECONDS
    while not happened():
        assert time.monotonic() < until, "it doesn't happen"
        time.sleep(0.05)


def signed_size() -> int:
    head = tree_heads.newest()
    return 0 if head is None else head.checkpoint.size


def entries() -> int:
    count = db.session.scalar(db.select(db.func.count()).select_from(LedgerEntry)) or 0
    db.session.remove()
    return count


def act() -> None:
    with transaction():
        record(SYSTEM, "test.act", "thing:1", at=clock.now())
    db.session.remove()


def test_an_act_is_shipped_sealed_and_signed_without_being_asked_for(worker: Callable[[], None]) -> None:
    worker()
    wait_for(lambda: signed_size() == entries() > 1)  # the beginning of the journal and of each key
    begun = signed_size()
    act()
    wait_for(lambda: signed_size() == begun + 1)
    copy = files.shared_folder() / files.journal_path().name
    wait_for(lambda: copy.read_bytes() == files.journal_path().read_bytes() != b"")


def test_a_round_that_fails_is_followed_by_the_next(
    worker: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []
    real = Upkeep.round

    def fail_once(upkeep: Upkeep, at: datetime) -> int:
        rounds.append(1)
        if len(rounds) == 1:
            raise OSError("the disk")
        return real(upkeep, at)

    monkeypatch.setattr(Upkeep, "round", fail_once)
    act()
    worker()
    wait_for(lambda: signed_size() >= 1)
    assert len(rounds) >= 2
