"""Batches of a stage's rows for its verification, with the ledger entries on their subjects."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import select

from consult.ledger.models import LedgerEntry
from consult.ledger.verification.database_view import stored_text
from consult.store import db

BATCH = 500
"""Rows of a batch."""

Entries = dict[str, list[Any]]


def columns_as_text(model: Any, *as_text: str) -> list[Any]:
    """Return a model's columns, those named as ``stored_text``."""
    return [
        stored_text(column).label(column.name) if column.name in as_text else column
        for column in model.__table__.columns
    ]


def id_batches(model: Any, size: int = BATCH) -> Iterator[list[int]]:
    """Yield all ids of a model in order, ``size`` at a time."""
    last = 0
    while ids := list(db.session.scalars(select(model.id).where(model.id > last).order_by(model.id).limit(size))):
        yield ids
        last = ids[-1]


def entries_by_subject(subjects: Collection[str]) -> Entries:
    """Return ``{subject: its ledger entries}``, oldest first."""
    entries: Entries = defaultdict(list)
    columns = columns_as_text(LedgerEntry, "at", "detail")
    query = select(*columns).where(LedgerEntry.subject.in_(subjects)).order_by(LedgerEntry.id)
    for entry in db.session.execute(query):
        entries[entry.subject].append(entry)
    return entries


def detail_of(entry: Any) -> dict[str, Any]:
    """Return an entry's detail; empty where it isn't a JSON object, which the check of the entries reports."""
    try:
        detail = json.loads(entry.detail) if isinstance(entry.detail, str) else entry.detail
    except ValueError:
        return {}
    return detail if isinstance(detail, dict) else {}
