"""Extensions of an invitation's deadline: requested, granted, refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import midnight
from consult.consultees import invitations
from consult.consultees.deadlines import check_working_day
from consult.consultees.errors import InvitationRefused
from consult.consultees.models import DeadlineExtension, Invitation
from consult.law.periods import in_words
from consult.store import db, transaction
from consult.text.sentences import sentence


def ask_extension(actor: Actor, invitation: Invitation, why: str, *, at: datetime) -> DeadlineExtension:
    """Request an extension."""
    invitations.require_consultee(actor, invitation)
    if not why.strip():
        raise InvitationRefused(sentence("请写明需要延期的原因。"))
    with transaction() as session:
        invitations.lock_place(invitation)
        asked = DeadlineExtension(invitation_id=invitation.id, asked_at=at, asked_why=why.strip())
        session.add(asked)
        session.flush()
        invitations.record_on(actor, "invitation.ask_extension", invitation, at, why=why.strip()[:300])
    return asked


def grant_extension(actor: Actor, invitation: Invitation, last_day: date, *, at: datetime) -> None:
    """Extend the deadline to a later working day; this answers open requests."""
    require(actor, Act.INVITE, invitation.consultation)
    answer_by = midnight(last_day + timedelta(days=1))
    with transaction():
        invitations.lock_place(invitation)
        if answer_by <= invitation.answer_by or answer_by <= at:
            raise InvitationRefused("新的答复期限必须晚于现在的期限，并且还没有过去。")
        check_working_day(last_day)
        invitation.answer_by = answer_by
        invitation.token_expires_at = answer_by + invitations.GRACE
        invitation.deadline_words = f"延期至{in_words(last_day)}"
        for asked in _open_requests(invitation):
            asked.granted_at, asked.granted_by_id, asked.answer_by = at, actor.id, answer_by
        invitations.record_on(actor, "invitation.extend", invitation, at, answer_by=answer_by.isoformat())


def postpone(actor: Actor, invitation: Invitation, last_day: date, words: str, *, at: datetime) -> None:
    """Move the deadline to a later day, because the calendar of its year came out; requests for more time stay open.

    Arguments:
        words: the count in Chinese.
    """
    require(actor, Act.APPLY_CALENDAR)
    answer_by = midnight(last_day + timedelta(days=1))
    with transaction():
        invitations.lock_place(invitation)
        if answer_by <= invitation.answer_by or answer_by <= at:
            raise InvitationRefused("新的答复期限必须晚于现在的期限，并且还没有过去。")
        check_working_day(last_day)
        invitation.answer_by = answer_by
        invitation.token_expires_at = max(invitation.token_expires_at, answer_by + invitations.GRACE)
        invitation.deadline_words = words
        invitations.record_on(actor, "invitation.postpone", invitation, at, answer_by=answer_by.isoformat())


def refuse_extension(actor: Actor, invitation: Invitation, why: str, *, at: datetime) -> None:
    """Refuse a request with a reason, which the consultee sees on the page of the invitation."""
    require(actor, Act.INVITE, invitation.consultation)
    if not why.strip():
        raise InvitationRefused("请写明不同意延期的理由，对方会看到。")
    with transaction():
        invitations.lock_place(invitation)
        waiting = _open_requests(invitation)
        if not waiting:
            raise InvitationRefused("没有等着答复的延期申请。")
        for asked in waiting:
            asked.refused_why = why.strip()[:1000]
        invitations.record_on(actor, "invitation.refuse_extension", invitation, at, why=why.strip()[:300])


def _open_requests(invitation: Invitation) -> list[DeadlineExtension]:
    query = select(DeadlineExtension).where(
        DeadlineExtension.invitation_id == invitation.id,
        DeadlineExtension.granted_at.is_(None),
        DeadlineExtension.refused_why == "",
    )
    return list(db.session.scalars(query))


def extensions(invitation: Invitation) -> list[DeadlineExtension]:
    """Return the requests for more time, newest first."""
    query = select(DeadlineExtension).where(DeadlineExtension.invitation_id == invitation.id)
    return list(db.session.scalars(query.order_by(DeadlineExtension.id.desc())))
