"""The board of one consultation: who is on the list and where each stands, paged by key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from consult.consultees.models import Consultee, DeadlineExtension, Invitation, Listed
from consult.consultees.standing import UNINVITED, WAITED_FOR, Standing, at_moment
from consult.drafting.models import Consultation
from consult.store import db

AT_ONCE = 500
WAITING_FOR_TIME = "asked"
"""Filter of the board: who asked for more time and has no answer yet."""


@dataclass(frozen=True)
class Place:
    """One consultee on the list, its newest invitation and where it stands (None: not invited)."""

    listed: Listed
    invitation: Invitation | None
    standing: Standing | None

    @property
    def consultee(self) -> Consultee:
        """Who it is."""
        return self.listed.consultee


def page(consultation: Consultation, at: datetime, *, only: str = "", after: int = 0, limit: int) -> list[Place]:
    """Return the list from behind the row ``after`` on, in the order in which they were put on it.

    Arguments:
        only: value of a standing, ``none`` for who isn't invited, ``asked`` for who asked for more time.
    """
    query = (
        select(Listed)
        .where(Listed.consultation_id == consultation.id, Listed.removed_at.is_(None), Listed.id > after)
        .options(joinedload(Listed.consultee))
        .order_by(Listed.id)
        .limit(limit)
    )
    rows = list(db.session.scalars(query.where(*_only(only, at))))
    newest = _newest(consultation, [row.consultee_id for row in rows])
    return [Place(row, newest.get(row.consultee_id), _now(row, at)) for row in rows]


def _now(row: Listed, at: datetime) -> Standing | None:
    return None if row.standing == UNINVITED else at_moment(Standing(row.standing), row.answer_by, at)


def _only(only: str, at: datetime) -> list[ColumnElement[bool]]:
    if only == WAITING_FOR_TIME:
        return [Listed.consultee_id.in_(_asking())]
    if only == Standing.SILENT.value:
        return [Listed.standing.in_(WAITED_FOR), Listed.answer_by <= at]
    if only in WAITED_FOR:
        return [Listed.standing == only, Listed.answer_by > at]
    return [Listed.standing == only] if only else []


def _asking() -> Select[int]:
    """Who asked for more time and has no answer yet, on the list of the outer query."""
    return (
        select(Invitation.consultee_id)
        .join(DeadlineExtension, DeadlineExtension.invitation_id == Invitation.id)
        .where(
            Invitation.consultation_id == Listed.consultation_id,
            DeadlineExtension.granted_at.is_(None),
            DeadlineExtension.refused_why == "",
        )
    )


def _newest(consultation: Consultation, ids: list[int]) -> dict[int, Invitation]:
    newest = (
        select(func.max(Invitation.id))
        .where(Invitation.consultation_id == consultation.id, Invitation.consultee_id.in_(ids))
        .group_by(Invitation.consultee_id)
    )
    query = select(Invitation).where(Invitation.id.in_(newest)).options(selectinload(Invitation.responses))
    return {one.consultee_id: one for one in db.session.scalars(query)}


def every(consultation: Consultation, at: datetime, *, only: str = "") -> Iterator[Place]:
    """Yield the whole list, so many rows at once."""
    after = 0
    while places := page(consultation, at, only=only, after=after, limit=AT_ONCE):
        yield from places
        after = places[-1].listed.id


def requests_for_time(consultation: Consultation) -> int:
    """Count who asked for more time and has no answer yet."""
    query = (
        select(func.count(func.distinct(Invitation.consultee_id)))
        .select_from(DeadlineExtension)
        .join(Invitation, Invitation.id == DeadlineExtension.invitation_id)
        .where(
            Invitation.consultation_id == consultation.id,
            DeadlineExtension.granted_at.is_(None),
            DeadlineExtension.refused_why == "",
        )
    )
    return db.session.scalar(query) or 0
