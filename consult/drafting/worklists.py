"""Worklists of staff: the consultations that an account may see, by state, and work that is waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from consult.accounts.models import Role, User
from consult.accounts.permissions import OWN_DIVISION_ONLY, Act, Actor, may, require
from consult.drafting import queries
from consult.drafting.models import Consultation, Grant, Stage, State, WorkGrant
from consult.store import db

PAGE = 30
MAX_UNFINISHED = 200
"""Maximum of unfinished consultations searched for waiting work."""
FINISHED = (Stage.PROMULGATED, Stage.WITHDRAWN)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition that an actor may see a consultation, equivalent to ``permissions.may``."""
    if actor.kind == "system" or (actor.role is not None and actor.role not in OWN_DIVISION_ONLY):
        return true()
    granted = Consultation.id.in_(_granted(actor))
    if actor.division_id is None:
        return granted
    return or_(Consultation.division_id == actor.division_id, granted)


def _granted(actor: Actor) -> Select[int]:
    """Return the query for the consultations of other divisions that an actor was given access to."""
    if actor.role is Role.MODERATOR:
        return select(Grant.consultation_id).where(Grant.user_id == actor.id)
    given = WorkGrant.user_id == actor.id
    if actor.division_id is not None:
        given = or_(given, WorkGrant.division_id == actor.division_id)
    return select(WorkGrant.consultation_id).where(given if actor.role is Role.DRAFTER else false())


def consultation_for(actor: Actor, slug: str, act: Act = Act.SEE_CONSULTATION) -> Consultation | None:
    """Return the consultation with this slug if the actor may see it, else None.

    Raises:
        NotAllowed: the actor may see it, but not do ``act`` on it.
    """
    consultation = queries.by_slug(slug)
    if consultation is None or not may(actor, Act.SEE_CONSULTATION, consultation):
        return None
    require(actor, act, consultation)
    return consultation


def in_state(state: State, at: datetime) -> ColumnElement[bool]:
    """Return the SQL condition that a consultation is in a state at ``at``, equivalent to ``Consultation.state``."""
    released = Consultation.stage == Stage.RELEASED
    if state is State.SCHEDULED:
        return and_(released, or_(Consultation.opens_at.is_(None), Consultation.opens_at > at))
    if state is State.OPEN:
        return and_(released, Consultation.opens_at <= at, Consultation.closes_at > at)
    if state is State.CLOSED:
        return and_(released, Consultation.closes_at <= at)
    return Consultation.stage == Stage(state.value)


def listing(
    actor: Actor, at: datetime, *, state: State | None = None, before: int = 0, limit: int | None = PAGE
) -> list[Consultation]:
    """Return the consultations that an actor may see, newest first, from below the id ``before``.

    Arguments:
        limit: the most that are returned; ``None`` for all.
    """
    query = select(Consultation).where(visible_to(actor)).options(joinedload(Consultation.division))
    if state is not None:
        query = query.where(in_state(state, at))
    if before:
        query = query.where(Consultation.id < before)
    return list(db.session.scalars(query.order_by(Consultation.id.desc()).limit(limit)))


def count_by_state(actor: Actor, at: datetime) -> dict[State, int]:
    """Return how many of the consultations that an actor may see are in each state, zeros included."""
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


def unfinished(actor: Actor) -> list[Consultation]:
    """Return the unfinished consultations that an actor may see, earliest end first."""
    query = (
        select(Consultation)
        .where(visible_to(actor), Consultation.stage.not_in(FINISHED))
        .options(
            joinedload(Consultation.division), joinedload(Consultation.grants), selectinload(Consultation.work_grants)
        )
        .order_by(Consultation.closes_at.is_(None), Consultation.closes_at, Consultation.id)
        .limit(MAX_UNFINISHED)
    )
    return list(db.session.scalars(query).unique())


def titles(ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return ``{id: (slug, title)}`` of consultations."""
    rows = db.session.execute(
        select(Consultation.id, Consultation.slug, Consultation.title).where(Consultation.id.in_(ids))
    )
    return {key: (slug, title) for key, slug, title in rows}


def grantable_moderators(consultation: Consultation) -> list[User]:
    """Return the moderators who can still be granted access to a consultation."""
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


def granted_moderators(consultation: Consultation) -> list[User]:
    """Return the moderators who were granted access to a consultation."""
    return list(db.session.scalars(select(User).where(User.id.in_(consultation.given_to)).order_by(User.name)))
