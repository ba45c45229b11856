"""Who changes what, where two do so at once: rows that one holds, keys that one claims, work that is done in turns.

The order in which all of it is asked for stands in docs/decisions/writers-take-turns.md; in another order two could
wait for one another for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from consult.store.database import Base, db

Row = TypeVar("Row", bound=Base)
TURNS = 5_327_002
"""Number of the advisory locks on PostgreSQL that turns are taken by."""


MET = frozenset({"23503", "23505", "40001", "40P01"})
"""PostgreSQL's words for: what is named is gone, the key is there, others wrote between, two wait for one another."""
MET_ON_SQLITE = frozenset({"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_FOREIGNKEY"})


def met_another(error: Exception) -> bool:
    """Say whether a verb failed in the database because another has just done something to the same."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, StaleDataError)
    said = error.orig
    return getattr(said, "sqlstate", None) in MET or getattr(said, "sqlite_errorname", None) in MET_ON_SQLITE


def hold(row: Base) -> None:
    """Read a row anew, and keep others from changing it until the transaction ends: a state seen is the state changed.

    Rows that name it can be added all the same: a submission waits for nobody who works on its consultation.
    """
    _hold(row, {"key_share": True})


def hold_still(row: Base) -> None:
    """Read a row anew that nobody is to change until the transaction ends; several may do so at once.

    Who holds a row still doesn't go on to ``hold`` it in the same transaction: two such would wait for one another.
    """
    _hold(row, {"read": True})


def _hold(row: Base, how: Mapping[str, Any]) -> None:
    db.session.flush()  # what is read anew forgets what it wasn't asked to keep
    db.session.refresh(row, with_for_update={"of": type(row), **how})


def take_turns(what: str) -> None:
    """Let one transaction at a time do ``what`` until it ends: where the key that two may add isn't there yet."""
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:turns, hashtext(:what))"), {"turns": TURNS, "what": what}
        )


def insert_unless_there(model: type[Base], **values: Any) -> None:
    """Insert a row, unless one with the same key is there; waits for a transaction that inserts it at this moment."""
    on_postgresql = db.session.connection().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgresql else sqlite.insert
    db.session.execute(insert(model).values(**values).on_conflict_do_nothing())


def claimed(model: type[Row], key: Mapping[str, Any], **first: Any) -> Row:
    """Return the row with this key for this transaction to change, made with ``first`` where there was none.

    To look whether it is there, and to add it if not, isn't enough: two that look at once both add it, and one of
    them fails. Called inside ``transaction``.
    """
    while (row := _locked(model, key)) is None:
        insert_unless_there(model, **key, **first)  # another's may be taken away before it is held
    return row


def _locked(model: type[Row], key: Mapping[str, Any]) -> Row | None:
    return db.session.scalars(
        select(model).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
