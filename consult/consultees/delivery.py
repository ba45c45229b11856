"""Sends invitations by mail, through the queue of letters; what is due follows from state, each is sent once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy import func, select

from consult.accounts.permissions import SYSTEM
from consult.app_context import settings
from consult.consultees import invitations, letter_papers, letters
from consult.consultees.invitation_wording import copy_text, invitation_text
from consult.consultees.invitations import ANSWERABLE
from consult.consultees.letter_models import OfficialLetter
from consult.consultees.models import Invitation, Method
from consult.drafting.models import Consultation
from consult.files.blobs import BlobError
from consult.files.errors import UnreadableFile
from consult.files.letter_template import TemplateRefused
from consult.files.mail.compose import Enclosure, message
from consult.intake.errors import HeldBack
from consult.mail_queue import service as mail_queue
from consult.mail_queue.hooks import Pointless, Unsendable
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
    """Put the letter of an invitation by mail into the queue, in the caller's transaction; a sealed one when it is."""
    if invitation.method is Method.MAIL and letters.is_ready(invitation):
        mail_queue.put_missing([wanted(invitation)], at=at)
        queue_copies(invitation, at=at)


def queue_copies(invitation: Invitation, *, at: datetime) -> None:
    """Put the copies (抄送) of an invitation's letter into the queue, once for the letter."""
    letter = letters.of_invitation(invitation)
    if letter is not None and (not letter.sealed or letters.sealed_for(letter, None) is not None):
        mail_queue.put_missing(
            [
                Wanted(MailPurpose.INVITATION_COPY, f"letter:{letter.id}:{n}", email, f"{letter.id}-{n}")
                for n, (_, email) in enumerate(letter.copies)
                if email
            ],
            at=at,
        )


def count_asked_for_paper(consultation: Consultation) -> int:
    """Return how many consultees asked for the letter on paper and haven't been sent it."""
    query = select(func.count()).where(
        Invitation.consultation_id == consultation.id,
        Invitation.paper_asked_at.is_not(None),
        Invitation.paper_sent_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    return db.session.scalar(query) or 0


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
    prepared = [each for each in db.session.scalars(waiting.limit(limit)) if _may_go(each, at)]
    for invitation in prepared:
        queue_copies(invitation, at=at)
    tried = mail_queue.deliver_now([wanted(invitation) for invitation in prepared], at=at, insist=insist)
    pairs = zip(prepared, tried, strict=True)
    return [Sent(invitation, trouble=fate.trouble) for invitation, fate in pairs if fate is not None]


def _may_go(invitation: Invitation, at: datetime) -> bool:
    return invitation.consultation.state(at) in ANSWERABLE and letters.is_ready(invitation)


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
    with _or_unsendable():
        return mail_to(invitation, invitation_text(invitation), at, letter_papers.enclosures(invitation))


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


def compose_copy(mail: OutgoingMail, at: datetime) -> EmailMessage:
    """Return a copy of an official letter as mail.

    Raises:
        Pointless: the letter was corrected since.
    """
    _, identifier, place = mail.subject.split(":")
    letter = db.session.get_one(OfficialLetter, int(identifier))
    newest = letters.current(letter.consultation)
    if newest is not None and newest.replaces_id == letter.id:
        raise Pointless("该函已经更正")
    config = settings()
    name = letter.copies[int(place)][0]
    with _or_unsendable():
        return message(
            sender=config.mail_sender,
            sender_name=config.department,
            to=mail.address,
            subject=f"抄送：征求意见函（{letter.number}）",
            text=copy_text(name, letter),
            at=at,
            enclosures=letter_papers.copy_enclosures(letter),
        )


@contextmanager
def _or_unsendable() -> Iterator[None]:
    """Turn what keeps a file of the letter from going along into the end of that letter alone."""
    try:
        yield
    except (HeldBack, BlobError, UnreadableFile, TemplateRefused) as why:
        raise Unsendable(f"函件的文件不能发出：{why}") from why


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
        official = letters.of_invitation(invitation)
        sealed = letters.sealed_for(official, invitation) if official is not None else None
        digest = sealed.digest if sealed is not None else ""
        invitations.mark_sent(SYSTEM, invitation, at=at, message_id=letter.message_id, digest=digest)
    else:
        note_failure(letter, invitation, at)


def note_failure(letter: OutgoingMail, invitation: Invitation, at: datetime) -> None:
    """Mark an invitation as bounced whose letter was refused or given up."""
    if letter.state in (MailState.REFUSED, MailState.GIVEN_UP) and invitation.bounced_at is None:
        invitations.mark_bounced(SYSTEM, invitation, letter.answer, at=at)
