"""Row locks, advisory locks and inserts that tolerate a concurrent insert.

The lock order that avoids deadlocks: docs/decisions/0010-writers-take-turns.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.orm.interfaces import ORMOption

from consult.store.database import Base, db

Row = TypeVar("Row", bound=Base)
ADVISORY_LOCKS = 5_327_002
"""First key of the advisory locks on PostgreSQL."""
LOCKED_AT_ONCE = 500
"""Rows that one statement locks."""
CONFLICT_SQLSTATES = frozenset({"23503", "23505", "40001", "40P01"})
"""SQLSTATE of a foreign key violation, a unique violation, a serialization failure, a deadlock."""
CONFLICTS_ON_SQLITE = frozenset(
    {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_FOREIGNKEY"}
)


def is_conflict(error: Exception) -> bool:
    """Say whether a verb failed because of a concurrent change of the same rows."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, StaleDataError)
    cause = error.orig
    return (
        getattr(cause, "sqlstate", None) in CONFLICT_SQLSTATES
        or getattr(cause, "sqlite_errorname", None) in CONFLICTS_ON_SQLITE
    )


def lock_row(row: Base) -> None:
    """Lock a row until the transaction ends (FOR NO KEY UPDATE) and reload it.

    Rows that refer to it can still be inserted: a submission doesn't wait for who works on its consultation.
    """
    _lock_and_reload(row, {"key_share": True})


def lock_row_shared(row: Base) -> None:
    """Lock a row against changes until the transaction ends (FOR SHARE) and reload it; others may share the lock.

    Don't call ``lock_row`` on it in the same transaction: two that do so deadlock.
    """
    _lock_and_reload(row, {"read": True})


def lock_rows(model: type[Row], ids: Sequence[int], *load: ORMOption) -> list[Row]:
    """Lock rows by id until the transaction ends, as ``lock_row`` does, reload and return them, in the order of ids.

    Arguments:
        load: how relationships are loaded with them (``selectinload(…)``).
    """
    key = model.__table__.c.id
    rows: list[Row] = []
    for start in range(0, len(ids), LOCKED_AT_ONCE):
        query = select(model).where(key.in_(ids[start : start + LOCKED_AT_ONCE])).order_by(key)
        query = query.with_for_update(key_share=True, of=model).execution_options(populate_existing=True)
        rows += db.session.scalars(query.options(*load))
    return rows


def _lock_and_reload(row: Base, how: Mapping[str, Any]) -> None:
    db.session.flush()  # reloading discards changes that weren't flushed
    db.session.refresh(row, with_for_update={"of": type(row), **how})


def advisory_lock(name: str) -> None:
    """Hold the lock of this name until the transaction ends: for what has no row to lock yet.

    Nothing on SQLite, where the write lock serves.
    """
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:turns, hashtext(:what))"), {"turns": ADVISORY_LOCKS, "what": name}
        )


def insert_if_absent(model: type[Base], **values: Any) -> None:
    """Insert a row unless its key exists; waits for a concurrent transaction that inserts the same key."""
    on_postgresql = db.session.connection().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgresql else sqlite.insert
    db.session.execute(insert(model).values(**values).on_conflict_do_nothing())


def get_or_create_locked(model: type[Row], key: Mapping[str, Any], **first: Any) -> Row:
    """Return the row with this key, locked; inserted with the values ``first`` where there was none.

    Safe against concurrent inserts of the same key. Called inside ``transaction``.
    """
    while (row := _locked(model, key)) is None:
        insert_if_absent(model, **key, **first)  # a concurrent one may be deleted before it is locked
    return row


def _locked(model: type[Row], key: Mapping[str, Any]) -> Row | None:
    return db.session.scalars(
        select(model).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
