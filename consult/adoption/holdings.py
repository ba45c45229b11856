"""The holders of a consultation's opinions: what was given to whom, and which opinions that covers.

An opinion is its group's holder's, where the group was given to somebody, else that of the unit of the draft it is on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, not_, or_, select
from sqlalchemy.orm import joinedload

from consult.accounts.permissions import Actor, is_outside
from consult.adoption.errors import NotGiven
from consult.adoption.models import Assignment, Opinion, OpinionGroup
from consult.adoption.queries import needs_decision
from consult.clock import local
from consult.drafting.models import Consultation
from consult.drafting.queries import draft_of
from consult.store import db

NOBODY = "nobody"
"""Stands for a holder where nobody was given the opinions."""
SOON_DAYS = 3
"""Work is due soon from this many days before its last day."""


@dataclass(frozen=True)
class Work:
    """What is given: a unit of the draft (empty anchor: the whole), or a group."""

    anchor: str | None = None
    group_id: int | None = None

    @classmethod
    def of(cls, assignment: Assignment) -> Work:
        """Return what an assignment is of."""
        return cls(assignment.anchor, assignment.group_id)

    @classmethod
    def from_key(cls, key: str) -> Work | None:
        """Return the work that a key of ``key`` names; None where it names none."""
        kind, _, name = key.partition(":")
        if kind == "group" and name.isascii() and name.isdecimal() and len(name) < 19:
            return cls(group_id=int(name))
        return cls(anchor=name) if kind == "anchor" and len(name) <= 80 else None

    @property
    def key(self) -> str:
        """Its name in forms: ``group:12``, ``anchor:art-3``."""
        return f"group:{self.group_id}" if self.group_id is not None else f"anchor:{self.anchor}"


def in_force(consultation_id: int) -> dict[Work, Assignment]:
    """Return what of a consultation is given to somebody."""
    query = select(Assignment).where(Assignment.consultation_id == consultation_id, Assignment.ended_at.is_(None))
    query = query.options(joinedload(Assignment.user), joinedload(Assignment.division)).order_by(Assignment.id)
    return {Work.of(each): each for each in db.session.scalars(query)}


def is_holder(actor: Actor, assignment: Assignment | None) -> bool:
    """Whether work was given to somebody, or to their division and no person."""
    if assignment is None or actor.kind != "user":
        return False
    of_division = assignment.division_id is not None and assignment.division_id == actor.division_id
    return of_division or (assignment.user_id is not None and assignment.user_id == actor.id)


def consultations_held(actor: Actor, ids: Collection[int]) -> set[int]:
    """Return the consultations, of these ids, in which an actor holds something."""
    holds = Assignment.user_id == actor.id
    if actor.division_id is not None:
        holds = or_(holds, Assignment.division_id == actor.division_id)
    query = select(Assignment.consultation_id).where(Assignment.ended_at.is_(None), holds)
    return set(db.session.scalars(query.where(Assignment.consultation_id.in_(ids))))


def is_overdue(assignment: Assignment, at: datetime) -> bool:
    """Whether its last day is over."""
    return assignment.due_on is not None and assignment.due_on < local(at).date()


def is_due_soon(assignment: Assignment, at: datetime) -> bool:
    """Whether its last day is over, or at most ``SOON_DAYS`` away."""
    return assignment.due_on is not None and assignment.due_on <= local(at).date() + timedelta(days=SOON_DAYS)


class Holdings:
    """What of one consultation is given to whom, at one moment."""

    def __init__(self, consultation: Consultation) -> None:
        self.given = in_force(consultation.id)
        self.units = {anchor: block.anchors for block in draft_of(consultation).blocks for anchor in block.anchors}

    def unit(self, anchor: str) -> str:
        """Return the anchor of the unit that a provision belongs to; its own where the draft has no such provision."""
        return self.units.get(anchor, (anchor,))[0]

    def of(self, subject: Opinion | OpinionGroup) -> Assignment | None:
        """Return the assignment that covers an opinion or a group."""
        group_id = subject.id if isinstance(subject, OpinionGroup) else subject.group_id
        of_group = self.given.get(Work(group_id=group_id)) if group_id is not None else None
        return of_group or self.given.get(Work(anchor=self.unit(subject.anchor)))

    def covered(self, assignments: Collection[Assignment]) -> ColumnElement[bool]:
        """Return the condition that an opinion is covered by one of these assignments."""
        groups = [each.group_id for each in self.given.values() if each.group_id is not None]
        own_groups = [each.group_id for each in assignments if each.group_id is not None]
        units = [each.anchor for each in assignments if each.anchor is not None]
        anchors = sorted({anchor for unit in units for anchor in self.units.get(unit, (unit,))})
        on_units = Opinion.anchor.in_(anchors) & or_(Opinion.group_id.is_(None), Opinion.group_id.not_in(groups))
        return or_(false(), Opinion.group_id.in_(own_groups), on_units)

    def condition(
        self,
        *,
        held_by: Actor | None = None,
        due_at: datetime | None = None,
        is_open: bool = False,
        holder: str = "",
    ) -> ColumnElement[bool] | None:
        """Return the condition on opinions that all of what is asked for holds; None where nothing is.

        Arguments:
            held_by: they are this actor's, or the actor's division's.
            due_at: they are overdue or due soon at this moment.
            is_open: they need a decision.
            holder: ``Assignment.holder_key`` of their holder, or ``NOBODY``.
        """
        given = list(self.given.values())
        conditions: list[ColumnElement[bool]] = []
        if held_by is not None:
            conditions.append(self.covered(self.held_by(held_by)))
        if due_at is not None:
            conditions.append(self.covered([each for each in given if is_due_soon(each, due_at)]))
        if is_open:
            conditions.append(needs_decision())
        if holder == NOBODY:
            conditions.append(not_(self.covered(given)))
        elif holder:
            conditions.append(self.covered([each for each in given if each.holder_key == holder]))
        return and_(*conditions) if conditions else None

    def held_by(self, actor: Actor) -> list[Assignment]:
        """Return what an actor holds, themselves or with their division."""
        return [each for each in self.given.values() if is_holder(actor, each)]


def expect_given(
    actor: Actor,
    consultation: Consultation,
    subjects: Sequence[Opinion | OpinionGroup],
    holdings: Holdings | None = None,
) -> None:
    """Check that a drafter of another division was given all that they are about to decide on.

    Raises:
        NotGiven: one of them wasn't given to them or their division.
    """
    if not is_outside(actor, consultation):
        return
    holdings = holdings or Holdings(consultation)
    for subject in subjects:
        if not is_holder(actor, holdings.of(subject)):
            what = f"归并意见“{subject.title}”" if isinstance(subject, OpinionGroup) else f"第 {subject.id} 号意见"
            raise NotGiven(f"{what}未交办给本人或者本处室，不能处理。请联系起草处室。")
