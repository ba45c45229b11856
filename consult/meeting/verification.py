"""Verification of statements and exceptions of the gate: every act has its row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Act
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.verification.batches import BATCH, detail_of
from consult.ledger.verification.database_view import snapshot_read, stored_text, stream
from consult.meeting.models import MeetingFact, Override
from consult.store import db

STATED: tuple[tuple[str, str, Any, str], ...] = (
    (Act.STATE_MEETING_FACT, "fact_id", MeetingFact, "上会条件的说明"),
    (Act.OVERRIDE_PRECONDITION, "override", Override, "上会条件的例外"),
)
"""Act, key of the row's id in its detail, table, words."""


def faults() -> Iterator[Fault]:
    """Name every statement and exception that was made and isn't there."""
    with snapshot_read():
        for act, key, model, words in STATED:
            query = select(LedgerEntry.subject, stored_text(LedgerEntry.detail).label("detail"))
            rows = stream(query.where(LedgerEntry.act == act).order_by(LedgerEntry.id))
            while some := list(islice(rows, BATCH)):
                made = {id_: row.subject for row in some if isinstance(id_ := detail_of(row).get(key), int)}
                there = set(db.session.scalars(select(model.id).where(model.id.in_(made))))
                for id_ in sorted(made.keys() - there):
                    message = f"{words}第 {id_} 号（{made[id_]}）被删除：登记它的记录还在。"
                    yield Fault(model.__tablename__, str(id_), Damage.REMOVED, message)
