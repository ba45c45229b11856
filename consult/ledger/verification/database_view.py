"""Reads for verification: from one snapshot of the database, streamed, tolerant of any stored value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, String, type_coerce

from consult.ledger.models import LedgerEntry
from consult.ledger.service import is_seal_valid
from consult.store import db

ROWS = 2000
"""Rows fetched at once."""
LeastGeneration = Callable[[int], int]
"""Says which generation of a key an entry, by its id, was made with at least."""


@dataclass(frozen=True)
class Lost:
    """An entry that a restore from a backup has lost, as a journal knows it."""

    id: int
    act: str
    subject: str


@dataclass
class CheckedCounts:
    """How much was checked."""

    entries: int = 0
    leaves: int = 0
    waiting: int = 0
    checkpoints: int = 0
    heads: int = 0
    """Signed tree heads."""
    journal_lines: int = 0
    journal_late: int = 0
    """Lines of journals that were made up for later."""
    notes: list[str] = field(default_factory=list)
    """What is behind, and no fault: Chinese sentences."""
    lost: dict[int, Lost] = field(default_factory=dict)
    """Entries that a restore has lost, by id: no fault, and never left out."""
    rows: int = 0
    """Rows of the tables that the record covers row by row."""
    rows_since: dict[str, int] = field(default_factory=dict)
    """How many rows were there already when they came into the record, by the local day."""


@contextmanager
def snapshot_read() -> Iterator[None]:
    """Read from one snapshot (REPEATABLE READ on PostgreSQL); invalid UTF-8 in SQLite becomes surrogates."""
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
    """Yield a query's rows, ROWS fetched at a time."""
    yield from db.session.execute(query.execution_options(yield_per=ROWS))


def stored_text(column: Any) -> ColumnElement[Any]:
    """Return a column read as text on SQLite, which stores any value in any column."""
    return type_coerce(column, String) if db.engine.dialect.name == "sqlite" else column


def parse_time(stored: Any) -> datetime:
    """Return a datetime read with ``stored_text``; raises ValueError for anything else."""
    if isinstance(stored, datetime):
        return stored
    return datetime.fromisoformat(str(stored)).replace(tzinfo=UTC)


def entry_columns() -> list[ColumnElement[Any]]:
    """Return the columns that ``intact_entry`` needs."""
    columns = LedgerEntry.__table__.columns
    return [
        stored_text(column).label(column.name) if column.name in ("at", "detail") else column
        for column in columns
        if column.name != "id"
    ]


def intact_entry(row: Any, least: LeastGeneration) -> SimpleNamespace | None:
    """Return an entry read with ``id`` and ``entry_columns``, or ``None`` when its seal is invalid or of an old key."""
    try:
        detail = json.loads(row.detail) if isinstance(row.detail, str) else row.detail
        names = ("act", "actor_id", "actor_kind", "actor_name", "consultation_id", "digest", "subject", "seal")
        entry = SimpleNamespace(at=parse_time(row.at), detail=detail, **{name: getattr(row, name) for name in names})
        return entry if is_seal_valid(entry, least(row.id)) else None
    except (ValueError, TypeError, AttributeError):
        return None
