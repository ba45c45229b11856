"""What staff ask about consultations: those that an account may see, by state, by key, and what waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import joinedload

from consult.accounts.models import Role, User
from consult.accounts.permissions import OWN_DIVISION_ONLY, Actor
from consult.drafting.models import Consultation, Grant, Stage, State
from consult.store import db

PAGE = 30
ON_HAND = 200
"""Unfinished consultations that are looked at for what waits."""
FINISHED = (Stage.PROMULGATED, Stage.WITHDRAWN)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that an actor may see a consultation: what ``permissions.may`` says, as SQL."""
    if actor.kind == "system" or (actor.role is not None and actor.role not in OWN_DIVISION_ONLY):
        return true()
    given = Consultation.id.in_(select(Grant.consultation_id).where(Grant.user_id == actor.id))
    if actor.division_id is None:
        return given
    return or_(Consultation.division_id == actor.division_id, given)


def in_state(state: State, at: datetime) -> ColumnElement[bool]:
    """Return the condition that a consultation is in a state at ``at``: what ``Consultation.state`` says, as SQL."""
    released = Consultation.stage == Stage.RELEASED
    if state is State.SCHEDULED:
        return and_(released, or_(Consultation.opens_at.is_(None), Consultation.opens_at > at))
    if state is State.OPEN:
        return and_(released, Consultation.opens_at <= at, Consultation.closes_at > at)
    if state is State.CLOSED:
        return and_(released, Consultation.closes_at <= at)
    return Consultation.stage == Stage(state.value)


def listing(
    actor: Actor, at: datetime, *, state: State | None = None, before: int = 0, limit: int = PAGE
) -> list[Consultation]:
    """Return the consultations that an actor may see, newest first, from below the id ``before``."""
    query = select(Consultation).where(visible_to(actor)).options(joinedload(Consultation.division))
    if state is not None:
        query = query.where(in_state(state, at))
    if before:
        query = query.where(Consultation.id < before)
    return list(db.session.scalars(query.order_by(Consultation.id.desc()).limit(limit)))


def count_by_state(actor: Actor, at: datetime) -> dict[State, int]:
    """Return how many of the consultations that an actor may see are in each state, none left out."""
    by_stage = dict(
        db.session.execute(
            select(Consultation.stage, func.count()).where(visible_to(actor)).group_by(Consultation.stage)
        ).all()
    )
    counts = {state: by_stage.get(Stage(state.value), 0) for state in State if state.value in set(Stage)}
    for state in (State.SCHEDULED, State.OPEN, State.CLOSED):
        query = select(func.count()).select_from(Consultation).where(visible_to(actor), in_state(state, at))
        counts[state] = db.session.scalar(query) or 0
    return {state: counts[state] for state in State}


def on_hand(actor: Actor) -> list[Consultation]:
    """Return the unfinished consultations that an actor may see, those that end first in front."""
    query = (
        select(Consultation)
        .where(visible_to(actor), Consultation.stage.not_in(FINISHED))
        .options(joinedload(Consultation.division), joinedload(Consultation.grants))
        .order_by(Consultation.closes_at.is_(None), Consultation.closes_at, Consultation.id)
        .limit(ON_HAND)
    )
    return list(db.session.scalars(query).unique())


def titles(ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return ``{id: (slug, title)}`` of consultations."""
    rows = db.session.execute(
        select(Consultation.id, Consultation.slug, Consultation.title).where(Consultation.id.in_(ids))
    )
    return {key: (slug, title) for key, slug, title in rows}


def moderators_to_give_to(consultation: Consultation) -> list[User]:
    """Return the moderators that a consultation can still be given to."""
    query = (
        select(User)
        .where(
            User.role == Role.MODERATOR,
            User.active.is_(True),
            or_(User.division_id.is_(None), User.division_id != consultation.division_id),
            User.id.not_in(consultation.given_to),
        )
        .order_by(User.division_id, User.name)
    )
    return list(db.session.scalars(query))


def given_moderators(consultation: Consultation) -> list[User]:
    """Return the moderators that a consultation was given to."""
    return list(db.session.scalars(select(User).where(User.id.in_(consultation.given_to)).order_by(User.name)))
