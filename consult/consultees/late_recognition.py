"""Senders that were recognised before recognising one was an act: noted once, when rows come into the record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import SYSTEM
from consult.consultees.models import Response
from consult.intake.ledger_statement import RECOGNISE
from consult.intake.models import Submission
from consult.intake.verification import kinds_as_received
from consult.ledger.service import record
from consult.store import db, transaction

TOGETHER = 100


def note_recognised(at: datetime) -> int:
    """Write the act for every answer whose sender was recognised without one; return how many."""
    noted = 0
    query = select(Submission.id).join(Response, Response.submission_id == Submission.id).distinct()
    ids = list(db.session.scalars(query.order_by(Submission.id)))
    with transaction() as session:
        for start in range(0, len(ids), TOGETHER):
            kinds = kinds_as_received(ids[start : start + TOGETHER])
            for submission in session.scalars(select(Submission).where(Submission.number.in_(kinds))):
                record(
                    SYSTEM,
                    RECOGNISE,
                    f"submission:{submission.number}",
                    at=at,
                    consultation_id=submission.consultation_id,
                    sender_kind=submission.sender_kind.value,
                    sender_kind_before=kinds[submission.number],
                )
                noted += 1
    return noted
