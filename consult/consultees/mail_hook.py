"""The mail hook: an answer to an invitation becomes a response, a bounce marks the invitation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from consult.accounts.permissions import SYSTEM
from consult.consultees import delivery, invitations, responses
from consult.consultees.models import Consultee, Contact, Invitation
from consult.consultees.response_kinds import ResponseStanding
from consult.files.mail import Bounce, Mail
from consult.intake.models import Submission
from consult.intake.validation import ATTACHED
from consult.mail_queue.models import MailPurpose, OutgoingMail
from consult.mailbox.classification import UNREADABLE_TEXT, WITHOUT_TEXT
from consult.mailbox.hooks import MailHook
from consult.store import db
from consult.text import replies

STAND_INS = (ATTACHED, UNREADABLE_TEXT, WITHOUT_TEXT)
"""Placeholders for a submission without text."""


def consultations_of(mail: Mail) -> Iterable[int]:
    """Return the consultation whose invitation a message answers; else those that its sender is invited to."""
    answered = _answered(mail)
    if answered is not None:
        return [answered.consultation_id]
    return [invitation.consultation_id for invitation in _sent_to(mail.from_address)]


def awaits(consultation_id: int) -> bool:
    """Whether there are invitations in a consultation."""
    return (
        db.session.scalar(select(Invitation.id).where(Invitation.consultation_id == consultation_id).limit(1))
        is not None
    )


def on_submission(submission: Submission, mail: Mail, at: datetime) -> None:
    """Recognise a mail that answers an invitation, or comes from a consultee's known address, as its response."""
    invitation = _answered(mail)
    if invitation is None or invitation.consultation_id != submission.consultation_id:
        invitation = next(
            (sent for sent in _sent_to(mail.from_address) if sent.consultation_id == submission.consultation_id), None
        )
    if invitation is not None:
        text = "\n".join(part.content for part in submission.parts)
        text = "" if text in STAND_INS else text
        looks = replies.classify(text, [file.file_name for file in submission.attachments])
        kind = ResponseStanding(looks.reply.value)
        responses.attach(SYSTEM, invitation, submission, proposed_as=kind, because=looks.because, at=at)


def on_bounce(bounce: Bounce, at: datetime) -> None:
    """Mark the bounced invitation: by the original Message-ID, else by the failed address."""
    if not bounce.permanent:
        return
    invitation = _by_message_ids([bounce.original_message_id])
    if invitation is None and not bounce.original_message_id and bounce.recipient:
        sent = [sent for sent in _sent_to(bounce.recipient) if sent.email.lower() == bounce.recipient.lower()]
        invitation = sent[0] if len(sent) == 1 else None
    if invitation is None or invitation.bounced_at is not None:
        return
    why = bounce.diagnostic or bounce.status or "邮件被退回"
    invitations.mark_bounced(SYSTEM, invitation, why[:300], at=at)


def _answered(mail: Mail) -> Invitation | None:
    return _by_message_ids([mail.in_reply_to, *reversed(mail.references)])


def _by_message_ids(named: Iterable[str]) -> Invitation | None:
    """Return the invitation with the first known of these Message-IDs."""
    wanted = [message_id[:200] for message_id in dict.fromkeys(named) if message_id and "\x00" not in message_id]
    if not wanted:
        return None
    query = select(Invitation).where(Invitation.message_id.in_(wanted))
    by_id = {invitation.message_id: invitation for invitation in db.session.scalars(query)} or _reminded(wanted)
    return next((by_id[message_id] for message_id in wanted if message_id in by_id), None)


def _reminded(message_ids: list[str]) -> dict[str | None, Invitation]:
    """Return the invitations of the reminders with these Message-IDs."""
    query = select(OutgoingMail).where(
        OutgoingMail.message_id.in_(message_ids), OutgoingMail.purpose == MailPurpose.REMINDER
    )
    return {letter.message_id: delivery.invitation_of(letter) for letter in db.session.scalars(query)}


def _sent_to(address: str) -> list[Invitation]:
    """Return the sent invitations of an address that aren't revoked, newest first: by invitation or current contact."""
    wanted = address.strip().lower()
    if not wanted or "\x00" in wanted:
        return []
    of_contact = (
        select(Contact.consultee_id)
        .join(Consultee, Consultee.id == Contact.consultee_id)
        .where(func.lower(Contact.email) == wanted, Contact.current.is_(True), Consultee.retired_at.is_(None))
    )
    query = select(Invitation).where(
        (func.lower(Invitation.email) == wanted) | Invitation.consultee_id.in_(of_contact),
        Invitation.revoked_at.is_(None),
        Invitation.sent_at.is_not(None),
    )
    return list(db.session.scalars(query.order_by(Invitation.id.desc())))


HOOK = MailHook(consultations_of, awaits, on_submission, on_bounce)
