"""Two transactions at the same moment on the same rows."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.models import Division
from consult.intake.models import FileAttempt
from consult.store import counters, db, locking, transaction
from consult.store.counters import COMPACT_AT, Tally
from consult.store.locking import get_or_create_locked, lock_row
from tests.together import both, elsewhere


def test_two_workers_that_fold_together_fold_once(app: Flask) -> None:
    for _ in range(COMPACT_AT + 1):
        with transaction():
            counters.add(1, [("state", "received", 1)])
    folded: list[int] = []
    both(app, lambda: folded.append(counters.compact()), lambda: folded.append(counters.compact()))
    assert folded == [COMPACT_AT, 0]
    assert counters.counts(1, "state") == {"received": COMPACT_AT + 1}
    assert db.session.scalar(select(func.count()).select_from(Tally)) == 1


def test_a_row_that_is_held_is_read_as_the_other_left_it_and_keeps_what_was_changed_before(app: Flask) -> None:
    with transaction() as session:
        division = Division(name="甲处")
        session.add(division)
    there = elsewhere(division)

    def rename(to: Division, name: str) -> None:
        with transaction():
            lock_row(to)
            to.name += name

    def twice() -> None:
        with transaction():
            rename(there(), "丙")
            rename(there(), "丁")

    both(app, lambda: rename(division, "乙"), twice)
    assert division.name == "甲处乙丙丁"


def test_a_row_that_another_made_and_took_away_since_is_made_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    really, asked = locking.insert_if_absent, []

    def insert(*model: Any, **values: Any) -> None:
        asked.append(values)
        if len(asked) > 1:  # at first the other's was there
            really(*model, **values)

    monkeypatch.setattr(locking, "insert_if_absent", insert)
    with transaction():
        assert get_or_create_locked(FileAttempt, {"work": "search", "digest": "0" * 64}, begun=3).begun == 3
    assert len(asked) == 2
