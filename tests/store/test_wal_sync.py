"""A writer waits for the disk after its turn; commit returns only once its rows are on it."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete

from config import Settings
from consult.app import create_app
from consult.store import counters, db, raw_transaction, transaction
from consult.store.wal_sync import Wal


@pytest.fixture(scope="module")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on a SQLite file that is durable as in production, whatever the other tests run on."""
    made = create_app(Settings(data_dir=tmp_path_factory.mktemp("durable"), secret_key="a key for tests only"))
    with made.app_context():
        db.create_all()
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def database(durable: Flask) -> Path:
    """Return the database's file, without counts."""
    with transaction() as session:
        session.execute(delete(counters.Tally))
    return Path(str(db.engine.url.database))


def counts_on(disk: Path) -> list[tuple[str, int]]:
    """Return the counts in a copy of a database and its log."""
    with closing(sqlite3.connect(disk)) as copy:
        return copy.execute("SELECT value, n FROM tally").fetchall()


def test_what_is_brought_to_disk_before_it_is_acknowledged_holds_the_rows(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[list[tuple[str, int]]] = []

    def fdatasync(file: int) -> None:
        assert Path(f"/proc/self/fd/{file}").resolve() == Path(f"{database}-wal")
        turn = os.open(f"{database}-turn", os.O_WRONLY)
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the next writer may begin
        os.close(turn)
        disk = tmp_path / "disk.sqlite3"
        for end in ("", "-wal"):
            shutil.copy(f"{database}{end}", f"{disk}{end}")
        flushed.append(counts_on(disk))

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    with raw_transaction():
        counters.add(7, [("received", "in_time", 1)])
        assert flushed == []
    assert flushed == [[("in_time", 1)]]


def test_a_disk_that_fails_is_no_acknowledgement(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fdatasync(_file: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    with pytest.raises(OSError, match="Input/output"), raw_transaction():
        counters.add(7, [("received", "in_time", 1)])


@pytest.mark.parametrize("refused", [False, True])
def test_a_connection_waits_for_the_disk_again_when_it_is_given_back(database: Path, refused: bool) -> None:
    db.engine.dispose()  # so that the connection is a new one, and the only one
    try:
        with raw_transaction():
            if refused:
                raise RuntimeError("refused")
    except RuntimeError:
        pass
    with transaction() as session:
        assert session.connection().exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_log_that_was_checkpointed_and_removed_is_on_disk(tmp_path: Path) -> None:
    Wal(str(tmp_path / "closed.sqlite3")).wait()
