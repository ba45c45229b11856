"""Reading for a check: one unchanging view of the database, in streams, whatever somebody wrote into it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, String, type_coerce

from consult.ledger.models import LedgerEntry
from consult.ledger.service import seal_holds
from consult.store import db

ROWS = 2000
"""Rows read at once, so that memory stays the same at a million."""


@dataclass
class Checked:
    """How much was looked at."""

    entries: int = 0
    leaves: int = 0
    waiting: int = 0
    checkpoints: int = 0


@contextmanager
def one_view() -> Iterator[None]:
    """Read everything inside from one unchanging view of the database; bytes that are no text don't stop it."""
    session = db.session()
    if session.in_transaction():
        session.commit()
    if db.engine.dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        try:
            yield
        finally:
            session.rollback()
        return
    driver: Any = session.connection().connection.driver_connection
    driver.text_factory = lambda raw: raw.decode(errors="surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str
        session.rollback()


def stream(query: Any) -> Iterator[Any]:
    """Return a query's rows, ROWS at a time."""
    yield from db.session.execute(query.execution_options(yield_per=ROWS))


def as_stored(column: Any) -> ColumnElement[Any]:
    """Return a column that is read as the text that SQLite holds, where anything may stand in any column."""
    return type_coerce(column, String) if db.engine.dialect.name == "sqlite" else column


def moment(stored: Any) -> datetime:
    """Return a moment read with ``as_stored``; raises ValueError for what is none."""
    if isinstance(stored, datetime):
        return stored
    return datetime.fromisoformat(str(stored)).replace(tzinfo=UTC)


def entry_columns() -> list[ColumnElement[Any]]:
    """Return the columns of an entry for ``as_written``, all but the id."""
    columns = LedgerEntry.__table__.columns
    return [
        as_stored(column).label(column.name) if column.name in ("at", "detail") else column
        for column in columns
        if column.name != "id"
    ]


def as_written(row: Any) -> SimpleNamespace | None:
    """Return an entry read with ``entry_columns`` when it is as it was written, else ``None``."""
    try:
        detail = json.loads(row.detail) if isinstance(row.detail, str) else row.detail
        names = ("act", "actor_id", "actor_kind", "actor_name", "consultation_id", "digest", "subject", "seal")
        entry = SimpleNamespace(at=moment(row.at), detail=detail, **{name: getattr(row, name) for name in names})
        return entry if seal_holds(entry) else None
    except (ValueError, TypeError, AttributeError):
        return None
