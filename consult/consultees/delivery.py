"""Sends invitations by mail, through the queue of letters; what is due follows from state, each is sent once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy import select

from consult.accounts.permissions import SYSTEM
from consult.app_context import settings
from consult.consultees import invitations
from consult.consultees.invitation_wording import invitation_text
from consult.consultees.invitations import ANSWERABLE
from consult.consultees.models import Invitation, Method
from consult.drafting.models import Consultation
from consult.files.mail.compose import Enclosure, message
from consult.mail_queue import service as mail_queue
from consult.mail_queue.hooks import Pointless
from consult.mail_queue.models import MailPurpose, MailState, OutgoingMail
from consult.mail_queue.service import Wanted
from consult.store import db


@dataclass(frozen=True)
class Sent:
    """A mail that was sent, or why it wasn't."""

    invitation: Invitation
    rule: str = ""
    trouble: str = ""


def first_sent(consultation: Consultation) -> Invitation | None:
    """Return the first invitation of a consultation that went out, None before that."""
    query = select(Invitation).where(Invitation.consultation_id == consultation.id, Invitation.sent_at.is_not(None))
    return db.session.scalars(query.order_by(Invitation.id).limit(1)).first()


def has_letters(consultation: Consultation) -> bool:
    """Whether there are invitations to print: by letter or by hand."""
    query = select(Invitation.id).where(
        Invitation.consultation_id == consultation.id, Invitation.method != Method.MAIL, Invitation.revoked_at.is_(None)
    )
    return db.session.scalar(query.limit(1)) is not None


def wanted(invitation: Invitation) -> Wanted:
    """Return the letter of an invitation, as the queue has it."""
    key = f"{invitation.id}-{invitation.nonce[:8]}"
    return Wanted(MailPurpose.INVITATION, f"invitation:{invitation.id}", invitation.email, key)


def queue(invitation: Invitation, *, at: datetime) -> None:
    """Put the letter of an invitation by mail into the queue, in the caller's transaction."""
    if invitation.method is Method.MAIL:
        mail_queue.put_missing([wanted(invitation)], at=at)


def send_waiting(
    at: datetime, consultation: Consultation | None = None, *, limit: int | None = None, insist: bool = False
) -> list[Sent]:
    """Send the prepared invitations by mail; one that the server rejects permanently is marked as bounced.

    Arguments:
        consultation: only those of this consultation.
        limit: maximum number.
        insist: a person asks for it: those that were put off are tried before their time.
    """
    waiting = (
        select(Invitation)
        .where(
            Invitation.method == Method.MAIL,
            Invitation.sent_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.bounced_at.is_(None),
        )
        .order_by(Invitation.id)
    )
    if consultation is not None:
        waiting = waiting.where(Invitation.consultation_id == consultation.id)
    prepared = [each for each in db.session.scalars(waiting.limit(limit)) if _state(each, at) in ANSWERABLE]
    tried = mail_queue.deliver_now([wanted(invitation) for invitation in prepared], at=at, insist=insist)
    pairs = zip(prepared, tried, strict=True)
    return [Sent(invitation, trouble=fate.trouble) for invitation, fate in pairs if fate is not None]


def _state(invitation: Invitation, at: datetime) -> object:
    return invitation.consultation.state(at)


def compose(letter: OutgoingMail, at: datetime) -> EmailMessage:
    """Return an invitation as mail.

    Raises:
        Pointless: it was revoked, answered otherwise, or the consultation takes no answers.
    """
    invitation = invitation_of(letter)
    if invitation.sent_at is not None:
        raise Pointless("已经登记为送出")
    require_open(invitation, at)
    if invitation.bounced_at is not None and _was_replaced(invitation):
        raise Pointless("已经另行发函")
    return mail_to(invitation, invitation_text(invitation), at)


def require_open(invitation: Invitation, at: datetime) -> None:
    """Refuse a letter about an invitation that nobody can answer any more.

    Raises:
        Pointless: it was revoked, or the consultation takes no answers.
    """
    if invitation.revoked_at is not None:
        raise Pointless("征求意见函已经撤回")
    if invitation.consultation.state(at) not in ANSWERABLE:
        raise Pointless("征求意见已经结束")


def _was_replaced(invitation: Invitation) -> bool:
    later = select(Invitation.id).where(
        Invitation.consultation_id == invitation.consultation_id,
        Invitation.consultee_id == invitation.consultee_id,
        Invitation.id > invitation.id,
    )
    return db.session.scalar(later.limit(1)) is not None


def invitation_of(letter: OutgoingMail) -> Invitation:
    """Return the invitation that a letter in the queue is about."""
    return db.session.get_one(Invitation, int(letter.subject.split(":")[1]))


def mail_to(
    invitation: Invitation, text: tuple[str, str], at: datetime, enclosures: Sequence[Enclosure] = ()
) -> EmailMessage:
    """Return mail to the address of an invitation; later letters thread with the first."""
    subject, body = text
    return message(
        sender=settings().mail_sender,
        sender_name=settings().department,
        to=invitation.email,
        subject=subject,
        text=body,
        at=at,
        references=(invitation.message_id,) if invitation.message_id else (),
        enclosures=enclosures,
    )


def note_end(letter: OutgoingMail, at: datetime) -> None:
    """Note on the invitation how its letter ended, in the transaction in which it ends."""
    invitation = invitation_of(letter)
    if letter.state is MailState.SENT:
        invitations.mark_sent(SYSTEM, invitation, at=at, message_id=letter.message_id)
    else:
        note_failure(letter, invitation, at)


def note_failure(letter: OutgoingMail, invitation: Invitation, at: datetime) -> None:
    """Mark an invitation as bounced whose letter was refused or given up."""
    if letter.state in (MailState.REFUSED, MailState.GIVEN_UP) and invitation.bounced_at is None:
        invitations.mark_bounced(SYSTEM, invitation, letter.answer, at=at)
