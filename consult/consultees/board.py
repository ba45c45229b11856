"""The board of one consultation: the consultees on its list with their standings, paged by id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from consult.consultees.models import Consultee, DeadlineExtension, Invitation, Listed, Response
from consult.consultees.register_history import fields_of
from consult.consultees.register_wording import Difference, differences
from consult.consultees.response_kinds import ResponseStanding
from consult.consultees.status import HEARD, UNINVITED, WAITED_FOR, Standing, at_moment, values_of
from consult.drafting.models import Consultation
from consult.store import db

AT_ONCE = 500
WAITING_FOR_TIME = "asked"
"""Filter: open requests for more time."""
TO_CONFIRM = "to_confirm"
"""Filter: responses to confirm."""


@dataclass(frozen=True)
class Place:
    """A consultee on the list, its newest invitation and standing (None: not invited)."""

    listed: Listed
    invitation: Invitation | None
    standing: Standing | None

    @property
    def consultee(self) -> Consultee:
        """The consultee."""
        return self.listed.consultee

    @property
    def changed_since_heard(self) -> tuple[Difference, ...]:
        """Where the register says something else today than what who was heard counts as; shown, never counted."""
        if self.standing not in HEARD or not self.listed.counted:
            return ()
        return differences(values_of(self.listed.counted), fields_of(self.consultee))


def page(consultation: Consultation, at: datetime, *, only: str = "", after: int = 0, limit: int) -> list[Place]:
    """Return rows of the list with ids above ``after``, in order.

    Arguments:
        only: value of a standing, ``none`` (not invited), ``asked`` (more time requested), ``to_confirm`` (a response
            to confirm).
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
    if only == TO_CONFIRM:
        return [Listed.consultee_id.in_(_to_confirm())]
    if only == Standing.SILENT.value:
        return [Listed.standing.in_(WAITED_FOR), Listed.answer_by <= at]
    if only in WAITED_FOR:
        return [Listed.standing == only, Listed.answer_by > at]
    return [Listed.standing == only] if only else []


def _asking() -> Select[int]:
    """EXISTS-subquery: the outer row has an open request for more time."""
    return (
        select(Invitation.consultee_id)
        .join(DeadlineExtension, DeadlineExtension.invitation_id == Invitation.id)
        .where(
            Invitation.consultation_id == Listed.consultation_id,
            DeadlineExtension.granted_at.is_(None),
            DeadlineExtension.refused_why == "",
        )
    )


def _to_confirm() -> Select[int]:
    """EXISTS-subquery: the outer row has a response to confirm."""
    return (
        select(Invitation.consultee_id)
        .join(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.consultation_id == Listed.consultation_id, Response.standing == ResponseStanding.PROPOSED)
    )


def _newest(consultation: Consultation, ids: list[int]) -> dict[int, Invitation]:
    newest = (
        select(func.max(Invitation.id))
        .where(Invitation.consultation_id == consultation.id, Invitation.consultee_id.in_(ids))
        .group_by(Invitation.consultee_id)
    )
    query = select(Invitation).where(Invitation.id.in_(newest)).options(selectinload(Invitation.responses))
    return {invitation.consultee_id: invitation for invitation in db.session.scalars(query)}


def all_places(consultation: Consultation, at: datetime, *, only: str = "") -> Iterator[Place]:
    """Yield the whole list, read in batches."""
    after = 0
    while places := page(consultation, at, only=only, after=after, limit=AT_ONCE):
        yield from places
        after = places[-1].listed.id


def requests_for_time(consultation: Consultation) -> int:
    """Count the open requests for more time."""
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
