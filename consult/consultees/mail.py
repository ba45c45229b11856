"""What mail means to those who are to be heard: an answer to an invitation is a response, a bounce is no delivery."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from consult.accounts.permissions import SYSTEM
from consult.consultees import invitations, responses
from consult.consultees.models import Consultee, Contact, Invitation
from consult.files.mail import Bounce, Mail
from consult.intake.mailbox.followers import Follower
from consult.intake.models import Submission
from consult.store import db

_NO_OPINION = re.compile(r"(?:无|没有|暂无|并无)(?:其他|任何|不同|修改|反馈|补充|具体)*(?:意见|建议|异议)")
_BUT = re.compile(r"但|建议(?!。|，|,|\Z)|除|另外|应当|不应|修改为|删除|增加|第[一二三四五六七八九十百0-9]+条")
NO_OPINION_CHARACTERS = 120


def consultations_of(mail: Mail) -> Iterable[int]:
    """Return the consultations whose invitation a message answers; else those that its sender is invited in."""
    answered = _answered(mail)
    if answered is not None:
        return [answered.consultation_id]
    return [invitation.consultation_id for invitation in _sent_to(mail.from_address)]


def awaits(consultation_id: int) -> bool:
    """Say whether anybody was invited in a consultation."""
    return (
        db.session.scalar(select(Invitation.id).where(Invitation.consultation_id == consultation_id).limit(1))
        is not None
    )


def taken(submission: Submission, mail: Mail, at: datetime) -> None:
    """Recognise a mail that answers an invitation, or comes from a consultee's known address, as its response."""
    invitation = _answered(mail)
    if invitation is None or invitation.consultation_id != submission.consultation_id:
        invitation = next(
            (one for one in _sent_to(mail.from_address) if one.consultation_id == submission.consultation_id), None
        )
    if invitation is not None:
        said = "\n".join(part.content for part in submission.parts)
        without = not submission.attachments and states_no_opinion(said)
        responses.attach(SYSTEM, invitation, submission, no_opinion=without, at=at)


def bounced(bounce: Bounce, at: datetime) -> None:
    """Mark the invitation that came back: by the message it reports on, else by the address that failed."""
    if not bounce.permanent:
        return
    invitation = _by_message_ids([bounce.original_message_id])
    if invitation is None and not bounce.original_message_id and bounce.recipient:
        waiting = [one for one in _sent_to(bounce.recipient) if one.email.lower() == bounce.recipient.lower()]
        invitation = waiting[0] if len(waiting) == 1 else None
    if invitation is None or invitation.bounced_at is not None:
        return
    why = bounce.diagnostic or bounce.status or "邮件被退回"
    invitations.mark_bounced(SYSTEM, invitation, why[:300], at=at)


def states_no_opinion(text: str) -> bool:
    """Say whether a short text states that there is no opinion, and nothing else."""
    plain = text.strip()
    return (
        len(plain) <= NO_OPINION_CHARACTERS
        and bool(_NO_OPINION.search(plain))
        and not _BUT.search(_NO_OPINION.sub("", plain))
    )


def _answered(mail: Mail) -> Invitation | None:
    return _by_message_ids([mail.in_reply_to, *reversed(mail.references)])


def _by_message_ids(named: Iterable[str]) -> Invitation | None:
    """Return the invitation that was sent as one of these messages, the first that there is."""
    wanted = [one[:200] for one in dict.fromkeys(named) if one and "\x00" not in one]
    if not wanted:
        return None
    found = {
        one.message_id: one for one in db.session.scalars(select(Invitation).where(Invitation.message_id.in_(wanted)))
    }
    return next((found[one] for one in wanted if one in found), None)


def _sent_to(address: str) -> list[Invitation]:
    """Return the invitations in force of who uses an address, newest first: by the invitation or a current contact."""
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


FOLLOWER = Follower(consultations_of, awaits, taken, bounced)
