"""Queries on consultees: by name, by id, on a list, the invitations of one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, Invitation, Listed
from consult.drafting.models import Consultation, State
from consult.store import db

INVITATIONS = 100
"""Maximum invitations returned for one consultee."""


def named(words: str) -> Consultee:
    """Return a consultee by id, unified social credit code or full name.

    Raises:
        ConsulteeRefused: there is none, or more than one.
    """
    plain = words.strip()
    query = select(Consultee).where(Consultee.merged_into_id.is_(None))
    for condition in (
        Consultee.id == int(plain) if plain.isdecimal() and len(plain) < 18 else None,
        Consultee.credit_code == plain.upper(),
        Consultee.name == plain,
    ):
        matches = list(db.session.scalars(query.where(condition).limit(2))) if condition is not None else []
        if len(matches) > 1:
            raise ConsulteeRefused(f"名录里有几家“{plain}”，请用统一社会信用代码或者编号指定。")
        if matches:
            return matches[0]
    raise ConsulteeRefused(f"名录里没有“{plain}”。请核对，或者先导入。")


def invitation_of(consultation: Consultation, consultee: Consultee) -> Invitation:
    """Return the newest invitation of a consultee that wasn't revoked.

    Raises:
        ConsulteeRefused: there is none.
    """
    query = select(Invitation).where(
        Invitation.consultation_id == consultation.id,
        Invitation.consultee_id == consultee.id,
        Invitation.revoked_at.is_(None),
    )
    invitation = db.session.scalars(query.order_by(Invitation.id.desc()).limit(1)).first()
    if invitation is None:
        raise ConsulteeRefused(f"没有向{consultee.name}发过征求意见函。")
    return invitation


def on_list(consultation: Consultation, consultee_ids: Collection[int]) -> list[Consultee]:
    """Return those of these consultees that are on the list of a consultation, in the order of the list."""
    query = (
        select(Consultee)
        .join(Listed, Listed.consultee_id == Consultee.id)
        .where(Listed.consultation_id == consultation.id, Listed.removed_at.is_(None), Consultee.id.in_(consultee_ids))
    )
    return list(db.session.scalars(query.order_by(Listed.id)))


def by_ids(consultee_ids: Collection[int]) -> list[Consultee]:
    """Return these consultees, in the order of their ids."""
    return list(db.session.scalars(select(Consultee).where(Consultee.id.in_(consultee_ids)).order_by(Consultee.id)))


def invitations_of(consultee: Consultee, at: datetime) -> list[Invitation]:
    """Return the invitations of a consultee, newest first, without those revoked or to what was withdrawn."""
    query = (
        select(Invitation)
        .where(Invitation.consultee_id == consultee.id, Invitation.revoked_at.is_(None))
        .order_by(Invitation.id.desc())
        .limit(INVITATIONS)
    )
    invitations = db.session.scalars(query)
    return [invitation for invitation in invitations if invitation.consultation.state(at) is not State.WITHDRAWN]
