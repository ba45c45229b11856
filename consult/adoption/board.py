"""The holders of a consultation's opinions, with how much of it is done: by unit of the draft, then by group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, null, select

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.holdings import Holdings, Work, consultations_held, is_due_soon, is_holder, is_overdue
from consult.adoption.models import Assignment, DecisionState, Opinion, OpinionGroup
from consult.adoption.queries import Progress, effective, with_decision
from consult.drafting.models import Consultation
from consult.drafting.queries import draft_of
from consult.store import db


@dataclass(frozen=True)
class WorkLine:
    """A unit or a group with its holder; a unit's numbers are without the groups that were given separately."""

    work: Work
    label: str
    title: str
    """Of a group; empty for a unit."""
    assignment: Assignment | None
    progress: Progress

    def is_overdue(self, at: datetime) -> bool:
        """Whether its last day is over, and something is still to be decided."""
        return self.assignment is not None and self.progress.open > 0 and is_overdue(self.assignment, at)

    def is_due_soon(self, at: datetime) -> bool:
        """Whether something is still to be decided, and its last day is over or near."""
        return self.assignment is not None and self.progress.open > 0 and is_due_soon(self.assignment, at)


def board(actor: Actor, consultation: Consultation, holdings: Holdings | None = None) -> list[WorkLine]:
    """Return the units that have opinions or a holder, in document order, then the groups given or concentrated."""
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    holdings = holdings or Holdings(consultation)
    groups = _groups(consultation.id, holdings)
    counts: dict[Work, dict[DecisionState | None, int]] = defaultdict(lambda: defaultdict(int))
    for anchor, group_id, state, n in _counts(consultation.id, groups):
        if group_id is not None:
            counts[Work(group_id=group_id)][state] += n
        if group_id is None or Work(group_id=group_id) not in holdings.given:
            counts[Work(anchor=holdings.unit(anchor))][state] += n
    return [*_units(consultation, holdings, counts), *_group_lines(consultation, holdings, counts, groups)]


@dataclass
class OwnWork:
    """Opinions of one consultation that need a decision of an actor: how many, and how many past their last day."""

    open: int = 0
    overdue: int = 0


def own_work(actor: Actor, consultations: Sequence[Consultation], at: datetime) -> dict[int, OwnWork]:
    """Return what waits for an actor in each of these consultations in which the actor holds something."""
    ids = [consultation.id for consultation in consultations]
    held = consultations_held(actor, ids)
    work: dict[int, OwnWork] = {}
    for consultation in consultations:
        if consultation.id in held:
            lines = own_lines(actor, consultation)
            work[consultation.id] = OwnWork(
                sum(line.progress.open for line in lines),
                sum(line.progress.open for line in lines if line.is_overdue(at)),
            )
    return work


def own_lines(actor: Actor, consultation: Consultation) -> list[WorkLine]:
    """Return what an actor holds in a consultation, themselves or with their division."""
    holdings = Holdings(consultation)
    if not holdings.held_by(actor):
        return []
    return [line for line in board(actor, consultation, holdings) if is_holder(actor, line.assignment)]


def _groups(consultation_id: int, holdings: Holdings) -> dict[int, OpinionGroup]:
    given = [work.group_id for work in holdings.given if work.group_id is not None]
    query = select(OpinionGroup).where(
        OpinionGroup.consultation_id == consultation_id,
        OpinionGroup.concentrated.is_(True) | OpinionGroup.id.in_(given),
    )
    return {group.id: group for group in db.session.scalars(query.order_by(OpinionGroup.anchor, OpinionGroup.id))}


def _counts(
    consultation_id: int, groups: dict[int, OpinionGroup]
) -> Iterator[tuple[str, int | None, DecisionState | None, int]]:
    listed = case((Opinion.group_id.in_(list(groups)), Opinion.group_id), else_=null()).label("listed_group")
    state = effective("state").label("found_state")
    query = with_decision(Opinion.anchor, listed, state, func.count().label("n"))
    query = query.where(Opinion.consultation_id == consultation_id).group_by(
        Opinion.anchor, "listed_group", "found_state"
    )
    for anchor, group_id, decision_state, n in db.session.execute(query):
        yield anchor, group_id, decision_state, int(n)


def _units(
    consultation: Consultation, holdings: Holdings, counts: dict[Work, dict[DecisionState | None, int]]
) -> Iterator[WorkLine]:
    draft = draft_of(consultation)
    places = [("", "整个草案"), *((block.anchor, block.label) for block in draft.blocks)]
    known = {anchor for anchor, _ in places}
    others = {work.anchor for work in (*counts, *holdings.given) if work.anchor is not None} - known
    for anchor, label in (*places, *((anchor, draft.label_of(anchor)) for anchor in sorted(others))):
        work = Work(anchor=anchor)
        if work in counts or work in holdings.given:
            yield WorkLine(work, label, "", holdings.given.get(work), Progress.of(counts.get(work, {})))


def _group_lines(
    consultation: Consultation,
    holdings: Holdings,
    counts: dict[Work, dict[DecisionState | None, int]],
    groups: dict[int, OpinionGroup],
) -> Iterator[WorkLine]:
    label = draft_of(consultation).label_of
    for group in groups.values():
        work = Work(group_id=group.id)
        if work in counts or work in holdings.given:
            progress = Progress.of(counts.get(work, {}))
            yield WorkLine(work, label(group.anchor), group.title, holdings.given.get(work), progress)
