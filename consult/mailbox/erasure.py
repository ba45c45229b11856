"""Personal data leave stored mail: who sent a submission, and messages that never became one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.intake.models import Submission
from consult.ledger.service import record
from consult.mail_queue import service as mail_queue
from consult.mailbox.models import Acknowledgement, MailMessage
from consult.store import db, transaction

ERASE = "mail.erase_personal"


def erase_sender(submission: Submission, *, at: datetime) -> str:
    """Delete the sender of a submission's message and the addresses of the letters about it, with the caller's act.

    What it was enclosed in goes whole, for it holds the letter once more; return the digest of its file, if it was one.
    """
    file = ""
    for mail in db.session.scalars(select(MailMessage).where(MailMessage.submission_id == submission.id)):
        mail.sender = ""
        envelope = db.session.get(MailMessage, mail.enclosed_in) if mail.enclosed_in is not None else None
        if envelope is not None and envelope.erased_at is None:
            file = envelope.blob or ""
            envelope.body = envelope.blob = None
            envelope.sender = envelope.subject = ""
            envelope.erased_at = at
    mail_queue.delete_addresses(f"submission:{submission.number}")
    acknowledgement = db.session.get(Acknowledgement, submission.id)
    if acknowledgement is not None:
        acknowledgement.address = ""
        if acknowledgement.collected_in is not None:
            mail_queue.delete_address_of_ended(acknowledgement.collected_in)
        acknowledgement.skipped = acknowledgement.skipped or ("" if acknowledgement.sent_at else "联系方式已经删除")
    return file


def stray(before: datetime, limit: int) -> Sequence[MailMessage]:
    """Return messages that came before a moment, became no submission and are still whole, oldest first."""
    query = select(MailMessage).where(
        MailMessage.submission_id.is_(None),
        MailMessage.outcome.is_not(None),
        MailMessage.erased_at.is_(None),
        MailMessage.stored_at < before,
    )
    return db.session.scalars(query.order_by(MailMessage.id).limit(limit)).all()


def erase_stray(mail: MailMessage, *, at: datetime, actor: Actor) -> str:
    """Delete the bytes, sender and subject of a message; return the digest of its file, if it was one."""
    require(actor, Act.DELETE_PERSONAL_DATA)
    with transaction():
        file = mail.blob or ""
        mail.body = mail.blob = None
        mail.sender = mail.subject = ""
        mail.erased_at = at
        record(actor, ERASE, f"mail:{mail.id}", at=at, why="term", size=mail.size)
        return file
