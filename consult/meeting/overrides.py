"""Overrides of preconditions: requested by the legal division with a paper, approved by another person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import rules
from consult.drafting.models import Consultation
from consult.drafting.publication import is_author
from consult.files.attachments import CheckedAttachment
from consult.law.preconditions import REASON_CHARACTERS
from consult.ledger.service import record
from consult.ledger.two_persons import NOT_TWO, are_one
from consult.meeting import checks
from consult.meeting.errors import MeetingRefused
from consult.meeting.models import Override
from consult.store import db, transaction
from consult.store.locking import lock_row


def request_override(
    actor: Actor,
    consultation: Consultation,
    precondition: str,
    reason: str,
    document: CheckedAttachment | None,
    *,
    at: datetime,
) -> Override:
    """Request that an unmet precondition passes by exception, for its present finding; another person has to approve.

    Raises:
        MeetingRefused: no reason, no paper, the precondition isn't unmet, or it can't be overridden.
    """
    require(actor, Act.OVERRIDE_PRECONDITION, consultation)
    _check_person(actor, consultation)
    if sum(character.isalnum() for character in reason) < REASON_CHARACTERS:
        raise MeetingRefused(f"请写明按例外情形报批的理由，不少于{REASON_CHARACTERS}字；理由会写进上会材料。")
    if document is None:
        raise MeetingRefused("按例外情形报批须附证明材料，请上传。")
    row = next((row for row in rules().preconditions if row.id == precondition), None)
    if row is None:
        raise MeetingRefused(f"没有“{precondition}”这一项前置条件。")
    if not row.overridable:
        raise MeetingRefused(f"“{row.title}”依法不得按例外情形处理（{row.cited}）。")
    with transaction() as session:
        lock_row(consultation)
        for earlier in _open(consultation, precondition):
            earlier.withdrawn_at = at
        session.flush()
        check = next((item for item in checks.check(consultation, at=at) if item.id == precondition), None)
        if check is None or check.passes:
            raise MeetingRefused(f"“{row.title}”现在没有不满足的地方，无须按例外情形报批。")
        made = Override(
            consultation_id=consultation.id,
            precondition=precondition,
            reason=reason.strip(),
            finding=check.why,
            at=at,
            by_id=actor.id,
            document_name=document.name,
            document_digest=document.digest,
        )
        session.add(made)
        session.flush()
        _record(actor, Act.OVERRIDE_PRECONDITION, consultation, made, at)
    return made


def approve(actor: Actor, consultation: Consultation, precondition: str, *, at: datetime) -> Override:
    """Approve another person's request.

    Raises:
        MeetingRefused: there is no request, the actor made it or drafted the document, or one of the two accounts had
            its password set by the other.
    """
    require(actor, Act.APPROVE_OVERRIDE, consultation)
    _check_person(actor, consultation)
    with transaction():
        lock_row(consultation)
        waiting = [made for made in _open(consultation, precondition) if made.approved_at is None]
        if not waiting:
            raise MeetingRefused("这一项没有等待批准的例外情形。")
        made = waiting[-1]
        lock_row(made)
        if actor.id is None or made.by_id == actor.id:
            raise MeetingRefused("报批人不能批准自己报批的例外情形，须由另一人批准。")
        if are_one(actor, [made.by_id]):
            raise MeetingRefused(NOT_TWO)
        made.approved_at, made.approved_by_id = at, actor.id
        db.session.flush()
        _record(actor, Act.APPROVE_OVERRIDE, consultation, made, at)
    return made


def withdraw(actor: Actor, consultation: Consultation, precondition: str, *, at: datetime) -> None:
    """Withdraw the overrides of a precondition."""
    require(actor, Act.OVERRIDE_PRECONDITION, consultation)
    with transaction():
        lock_row(consultation)
        for made in _open(consultation, precondition):
            made.withdrawn_at = at
            db.session.flush()
            _record(actor, "meeting.withdraw_override", consultation, made, at)


def pending(consultation: Consultation) -> list[Override]:
    """Return the requests that need another person's approval."""
    query = select(Override).where(
        Override.consultation_id == consultation.id,
        Override.withdrawn_at.is_(None),
        Override.approved_at.is_(None),
        Override.document_digest != "",
    )
    return list(db.session.scalars(query.order_by(Override.id)))


def standing(consultation: Consultation) -> list[Override]:
    """Return the exceptions of a consultation that weren't taken back, approved or not, oldest first."""
    query = select(Override).where(Override.consultation_id == consultation.id, Override.withdrawn_at.is_(None))
    return list(db.session.scalars(query.order_by(Override.id)))


def _open(consultation: Consultation, precondition: str) -> Iterator[Override]:
    query = select(Override).where(
        Override.consultation_id == consultation.id,
        Override.precondition == precondition,
        Override.withdrawn_at.is_(None),
    )
    yield from list(db.session.scalars(query.order_by(Override.id)))


def _check_person(actor: Actor, consultation: Consultation) -> None:
    if actor.id is None:
        raise MeetingRefused("例外情形须由具体人员报批和批准。")
    if is_author(actor, consultation):
        raise MeetingRefused("起草、修改、送审过这件文件的人不能报批或者批准例外情形。")


def _record(actor: Actor, act: str, consultation: Consultation, made: Override, at: datetime) -> None:
    record(
        actor,
        act,
        f"consultation:{consultation.slug}",
        at=at,
        consultation_id=consultation.id,
        precondition=made.precondition,
        override=made.id,
        reason=made.reason,
        found=made.finding,
        document=made.document_digest,
    )
