"""What pages ask of submissions: one by its receipt number, or one that a member of staff entered."""

from __future__ import annotations

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.ledger.models import LedgerEntry
from consult.store import db


def by_number(number: str) -> Submission | None:
    """Return the submission with exactly this receipt number."""
    return db.session.scalar(select(Submission).where(Submission.number == number))


def entered_by(actor: Actor, consultation: Consultation, number: str) -> Submission | None:
    """Return a submission to a consultation that the actor entered for its sender, so may hand over the receipt of."""
    require(actor, Act.RECEIVE_FOR_SENDER, consultation)
    submission = by_number(number)
    if submission is None or submission.consultation_id != consultation.id:
        return None
    entry = select(LedgerEntry.id).where(
        LedgerEntry.subject == f"submission:{number}",
        LedgerEntry.act == "submission.receive",
        LedgerEntry.actor_kind == "user",
        LedgerEntry.actor_id == actor.id,
    )
    return submission if db.session.scalar(entry.limit(1)) is not None else None
