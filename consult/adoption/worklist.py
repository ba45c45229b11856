"""What the people who decide and review ask: groups with their sizes, decisions that wait, what was decided before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Subquery, exists, func, or_, select
from sqlalchemy.orm import joinedload

from consult.adoption.groups import SENDER
from consult.adoption.models import Decision, DecisionState, Opinion, OpinionGroup, Outcome
from consult.adoption.queries import OfGroup, Own, Progress, holds, with_decision
from consult.intake.models import Submission
from consult.store import db

REASONS_LOOKED_AT = 300
"""An author's newest decisions among which different reasons are looked for."""


@dataclass(frozen=True)
class AtProvision:
    """How many opinions stand on one anchor, and how far their decisions are."""

    anchor: str
    progress: Progress


def progress_by_anchor(consultation_id: int) -> list[AtProvision]:
    """Return how far the decisions are on every anchor that has opinions."""
    state = holds("state")
    query = (
        with_decision(Opinion.anchor, state, func.count())
        .where(Opinion.consultation_id == consultation_id)
        .group_by(Opinion.anchor, state)
    )
    counts: dict[str, dict[DecisionState | None, int]] = {}
    for anchor, key, n in db.session.execute(query):
        counts.setdefault(anchor, {})[key] = int(n)
    return [AtProvision(anchor, Progress.of(states)) for anchor, states in counts.items()]


@dataclass(frozen=True)
class GroupLine:
    """A group with how many opinions and senders it stands for, and the decision on it."""

    group: OpinionGroup
    opinions: int
    senders: int
    decision: Decision | None


def group_lines(
    consultation_id: int,
    *,
    anchors: Iterable[str] | None = None,
    group_id: int | None = None,
    concentrated: bool = False,
    state: DecisionState | None = None,
    undecided: bool = False,
    author_id: int | None = None,
    limit: int = 200,
) -> list[GroupLine]:
    """Return groups, those with most opinions first."""
    asked: list[ColumnElement[bool]] = [OpinionGroup.consultation_id == consultation_id]
    if anchors is not None:
        asked.append(OpinionGroup.anchor.in_(list(anchors)))
    if group_id is not None:
        asked.append(OpinionGroup.id == group_id)
    if concentrated:
        asked.append(OpinionGroup.concentrated.is_(True))
    size = _sizes(consultation_id, asked)
    query = (
        select(OpinionGroup, size.c.opinions, size.c.senders, OfGroup)
        .join(size, size.c.group_id == OpinionGroup.id)
        .outerjoin(OfGroup, (OfGroup.group_id == OpinionGroup.id) & OfGroup.current.is_(True))
        .where(*asked)
    )
    if undecided:
        query = query.where(OfGroup.id.is_(None))
    elif state is not None:
        query = query.where(OfGroup.state == state)
    if author_id is not None:
        query = query.where(OfGroup.author_id == author_id)
    rows = db.session.execute(query.order_by(size.c.opinions.desc(), OpinionGroup.id).limit(limit))
    return [GroupLine(group, int(n), int(senders), decision) for group, n, senders, decision in rows]


def _sizes(consultation_id: int, asked: Sequence[ColumnElement[bool]]) -> Subquery:
    """Return how many opinions and senders stand behind each of the groups asked for."""
    query = (
        select(Opinion.group_id, func.count().label("opinions"), func.count(SENDER.distinct()).label("senders"))
        .join(Submission, Submission.id == Opinion.submission_id)
        .where(Opinion.consultation_id == consultation_id, Opinion.group_id.is_not(None), Opinion.withdrawn.is_(False))
        .group_by(Opinion.group_id)
    )
    if len(asked) > 1:  # some of the consultation's: the opinions of the others needn't be counted
        query = query.where(Opinion.group_id.in_(select(OpinionGroup.id).where(*asked)))
    return query.subquery()


def own_decisions_in(group_id: int) -> int:
    """Return how many standing members of a group have a decision of their own, which the group's doesn't touch."""
    query = with_decision(func.count()).where(Opinion.group_id == group_id, Own.id.is_not(None))
    return db.session.scalar(query) or 0


def channels_in(group_id: int) -> dict[str, int]:
    """Return how many of a group's standing opinions came through each channel."""
    query = (
        select(Submission.channel, func.count())
        .join(Opinion, Opinion.submission_id == Submission.id)
        .where(Opinion.group_id == group_id, Opinion.withdrawn.is_(False))
        .group_by(Submission.channel)
        .order_by(func.count().desc())
    )
    return {channel.value: int(n) for channel, n in db.session.execute(query)}


def waiting_for(reviewer_id: int | None, consultation_id: int, *, after: int = 0, limit: int = 50) -> list[Decision]:
    """Return the proposed decisions that a reviewer may confirm, by key: all but the reviewer's own."""
    stands = Opinion.withdrawn.is_(False)
    standing = or_(
        exists().where(Opinion.id == Decision.opinion_id, stands),
        exists().where(Opinion.group_id == Decision.group_id, stands),
    )
    query = (
        select(Decision)
        .where(
            Decision.consultation_id == consultation_id,
            Decision.current.is_(True),
            Decision.state == DecisionState.PROPOSED,
            Decision.id > after,
            standing,
        )
        .options(joinedload(Decision.author), joinedload(Decision.opinion), joinedload(Decision.group))
        .order_by(Decision.id)
        .limit(limit)
    )
    if reviewer_id is not None:
        query = query.where(or_(Decision.author_id.is_(None), Decision.author_id != reviewer_id))
    return list(db.session.scalars(query))


def history(subject: Opinion | OpinionGroup) -> list[Decision]:
    """Return every decision ever made on an opinion or a group itself, newest first."""
    of = Decision.opinion_id if isinstance(subject, Opinion) else Decision.group_id
    query = select(Decision).where(of == subject.id).order_by(Decision.id.desc())
    return list(db.session.scalars(query.options(joinedload(Decision.author), joinedload(Decision.reviewer))))


def reasons_of(author_id: int | None, *, limit: int = 12) -> list[Decision]:
    """Return the newest decisions of an author with different reasons: a library to choose from."""
    newest = (
        select(Decision)
        .where(Decision.author_id == author_id, Decision.reason != "")
        .order_by(Decision.id.desc())
        .limit(REASONS_LOOKED_AT)
    )
    different: dict[tuple[Outcome, str], Decision] = {}
    for decision in db.session.scalars(newest):
        different.setdefault((decision.outcome, decision.reason), decision)
    return list(different.values())[:limit]
