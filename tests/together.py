"""Two people who do the same at the same moment: the second begins before the first has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask
from sqlalchemy import inspect, text

from consult.store import Base, database, db, transaction

Row = TypeVar("Row", bound=Base)

WAITED_FOR = 60.0
"""Seconds after which the other is taken never to come to where it waits."""


def both(
    app: Flask,
    first: Callable[[], object],
    second: Callable[[], object],
    then: Callable[[], object] = lambda: None,
) -> None:
    """Run ``second`` while ``first`` has done all but commit, or has yet to do ``then``; raises what either raises.

    The first goes on only when the second waits for what the first has locked (on SQLite: for its turn to write), or is
    through.
    """

    def of_second() -> None:
        with app.app_context():
            second()

    with ThreadPoolExecutor(1) as other:
        with transaction():
            first()
            db.session.flush()
            running = other.submit(of_second)
            end = time.monotonic() + WAITED_FOR
            while not (running.done() or _waits()):
                assert time.monotonic() < end, "the second neither waits nor ends"
                time.sleep(0.01)
            then()
        running.result()
    db.session.expire_all()


def elsewhere(row: Row) -> Callable[[], Row]:
    """Return what reads a row for the other of the two."""
    model, key = type(row), inspect(row).identity
    return lambda: db.session.get_one(model, key)


def _waits() -> bool:
    """Whether the other waits for a lock: on SQLite for its turn to write, on PostgreSQL as that says of its locks."""
    connection = db.session.connection()
    if connection.dialect.name != "postgresql":
        return bool(database.waiting)
    connection.execute(text("SELECT pg_stat_clear_snapshot()"))  # else it sees for ever what it saw first
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(connection.scalar(query))
