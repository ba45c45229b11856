"""From which entry on each generation of a key is in force, as the record has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from consult.keys import Purpose
from consult.ledger.models import LedgerEntry
from consult.ledger.verification.batches import detail_of
from consult.ledger.verification.database_view import LeastGeneration, parse_time, stored_text
from consult.store import db


@dataclass(frozen=True)
class Recorded:
    """A generation as the record has it: from which entry on it is in force."""

    purpose: Purpose
    number: int
    fingerprint: str
    entry_id: int
    at: datetime


def recorded() -> list[Recorded]:
    """Return the generations that the record knows, in the order of the acts."""
    subjects = [subject_of(purpose) for purpose in Purpose]
    columns = LedgerEntry.id, LedgerEntry.subject, stored_text(LedgerEntry.at).label("at")
    query = select(*columns, stored_text(LedgerEntry.detail).label("detail")).where(LedgerEntry.subject.in_(subjects))
    known = []
    for row in db.session.execute(query.order_by(LedgerEntry.id)):
        try:
            detail, purpose = detail_of(row), Purpose(row.subject.partition(":")[2])
            known.append(
                Recorded(purpose, int(detail["generation"]), str(detail["fingerprint"]), row.id, parse_time(row.at))
            )
        except (ValueError, TypeError, KeyError):
            continue  # an entry that was altered: its seal tells
    return known


def subject_of(purpose: Purpose) -> str:
    """Return the subject of acts on the keys of a purpose."""
    return f"keys:{purpose}"


def least(purpose: Purpose) -> LeastGeneration:
    """Return what says which generation an entry, by its id, was made with at least.

    Rotation holds up every writer from before its entry to its commit, so that ids decide.
    """
    begun = [known for known in recorded() if known.purpose is purpose]

    def of(entry_id: int) -> int:
        return max((known.number for known in begun if known.entry_id <= entry_id), default=1)

    return of
