"""What pages ask of submissions: one by its receipt number, or one that a member of staff entered."""

from __future__ import annotations

from sqlalchemy import func, select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.files.clamd import Finding
from consult.intake.models import Attachment, AttachmentScan, FileScan, RawForm, Submission
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


NEWEST = 20
"""Files that a look at the storage asks for."""


def newest_files() -> list[str]:
    """Return the digests of the newest files that submissions name."""
    attached = select(Attachment.digest).order_by(Attachment.id.desc()).limit(NEWEST)
    raw = select(RawForm.blob).where(RawForm.blob.is_not(None)).order_by(RawForm.submission_id.desc()).limit(NEWEST)
    return sorted({str(digest) for query in (attached, raw) for digest in db.session.scalars(query) if digest})


def scans_waiting() -> int:
    """Return how many files the virus scanner gave no answer about."""
    counts = (
        select(func.count()).where(AttachmentScan.finding == Finding.AWAY),
        select(func.count()).where(FileScan.finding == Finding.AWAY),
    )
    return sum(db.session.scalar(count) or 0 for count in counts)
