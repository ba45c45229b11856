"""Reading a stage's rows for a check in batches, each with the ledger's entries on what they are about."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import select

from consult.ledger.checking.view import as_stored
from consult.ledger.models import LedgerEntry
from consult.store import db

TOGETHER = 500
"""Rows of a stage read at once, where none of them is large."""

Entries = dict[str, list[Any]]


def columns_as_stored(model: Any, *as_text: str) -> list[Any]:
    """Return a model's columns, those named read as the text that SQLite holds."""
    return [
        as_stored(column).label(column.name) if column.name in as_text else column for column in model.__table__.columns
    ]


def ids_of(model: Any, together: int = TOGETHER) -> Iterator[list[int]]:
    """Return all ids of a model in order, ``together`` at a time."""
    last = 0
    while ids := list(db.session.scalars(select(model.id).where(model.id > last).order_by(model.id).limit(together))):
        yield ids
        last = ids[-1]


def entries_on(subjects: Collection[str]) -> Entries:
    """Return the ledger's entries on each of these subjects, oldest first."""
    found: Entries = defaultdict(list)
    columns = columns_as_stored(LedgerEntry, "at", "detail")
    query = select(*columns).where(LedgerEntry.subject.in_(subjects)).order_by(LedgerEntry.id)
    for entry in db.session.execute(query):
        found[entry.subject].append(entry)
    return found


def facts(entry: Any) -> dict[str, Any]:
    """Return an entry's facts; none where they can't be read, which the check of the entries names."""
    try:
        detail = json.loads(entry.detail) if isinstance(entry.detail, str) else entry.detail
    except ValueError:
        return {}
    return detail if isinstance(detail, dict) else {}
