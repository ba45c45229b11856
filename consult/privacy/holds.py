"""Holds: a consultation under complaint or litigation keeps its personal data until the hold is lifted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.ledger.service import record
from consult.privacy.errors import HoldRefused
from consult.privacy.models import Hold
from consult.store import db, transaction
from consult.store.locking import lock_row

REASON_CHARACTERS = 1000


def place(actor: Actor, consultation: Consultation, reason: str, *, at: datetime) -> Hold:
    """Stop deletion for a consultation, with the reason.

    Raises:
        HoldRefused: there is no reason, or a hold is in force.
    """
    require(actor, Act.HOLD_PERSONAL_DATA, consultation)
    reason = _reason(reason)
    with transaction():
        lock_row(consultation)
        if in_force(consultation) is not None:
            raise HoldRefused("这件征求意见的个人信息已经暂停删除。")
        hold = Hold(consultation_id=consultation.id, reason=reason, at=at, by_id=actor.id)
        db.session.add(hold)
        _record(actor, "hold.place", consultation, at, reason)
    return hold


def lift(actor: Actor, consultation: Consultation, reason: str, *, at: datetime) -> None:
    """Let deletion go on, with the reason.

    Raises:
        HoldRefused: there is no reason, or no hold is in force.
    """
    require(actor, Act.HOLD_PERSONAL_DATA, consultation)
    reason = _reason(reason)
    with transaction():
        lock_row(consultation)
        hold = in_force(consultation)
        if hold is None:
            raise HoldRefused("这件征求意见没有暂停删除个人信息。")
        hold.lifted_at, hold.lifted_by_id, hold.lifted_reason = at, actor.id, reason
        _record(actor, "hold.lift", consultation, at, reason)


def in_force(consultation: Consultation) -> Hold | None:
    """Return the hold that keeps a consultation's personal data, if there is one."""
    query = select(Hold).where(Hold.consultation_id == consultation.id, Hold.lifted_at.is_(None))
    return db.session.scalars(query).first()


def in_force_everywhere() -> Sequence[Hold]:
    """Return all holds in force, the oldest first."""
    return db.session.scalars(select(Hold).where(Hold.lifted_at.is_(None)).order_by(Hold.id)).all()


def held_ids() -> set[int]:
    """Return the ids of the consultations whose personal data are kept."""
    return set(db.session.scalars(select(Hold.consultation_id).where(Hold.lifted_at.is_(None))))


def _reason(reason: str) -> str:
    reason = reason.strip()[:REASON_CHARACTERS]
    if not reason:
        raise HoldRefused("请写明理由：哪一件复议、诉讼或者投诉，为什么需要这些信息。")
    return reason


def _record(actor: Actor, act: str, consultation: Consultation, at: datetime, reason: str) -> None:
    record(actor, act, f"consultation:{consultation.slug}", at=at, consultation_id=consultation.id, reason=reason)
