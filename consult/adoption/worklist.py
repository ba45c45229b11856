"""Worklists for deciding and reviewing: groups with their sizes, decisions to review, earlier decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.orm import joinedload

from consult.adoption.concentration import SENDER
from consult.adoption.group_outcomes import GroupOutcome, group_outcomes
from consult.adoption.models import Decision, DecisionState, Opinion, OpinionGroup, Outcome
from consult.adoption.queries import GroupDecision, OwnDecision, Progress, effective, not_adopted_for, with_decision
from consult.app_context import rules
from consult.intake.models import Submission
from consult.store import db

REASONS_LOOKED_AT = 300
"""Number of an author's newest decisions searched for different reasons."""


@dataclass(frozen=True)
class ProvisionProgress:
    """Progress of the decisions on one provision."""

    anchor: str
    progress: Progress


def progress_by_anchor(consultation_id: int) -> list[ProvisionProgress]:
    """Return the progress on every provision that has opinions."""
    state = effective("state")
    query = (
        with_decision(Opinion.anchor, state, func.count())
        .where(Opinion.consultation_id == consultation_id)
        .group_by(Opinion.anchor, state)
    )
    counts: dict[str, dict[DecisionState | None, int]] = {}
    for anchor, key, n in db.session.execute(query):
        counts.setdefault(anchor, {})[key] = int(n)
    return [ProvisionProgress(anchor, Progress.of(states)) for anchor, states in counts.items()]


@dataclass(frozen=True)
class GroupSummary:
    """A group with the numbers of its opinions and senders, its own decision, and what became of its members."""

    group: OpinionGroup
    opinions: int
    senders: int
    decision: Decision | None
    outcome: GroupOutcome


def group_summaries(
    consultation_id: int,
    *,
    anchors: Iterable[str] | None = None,
    group_id: int | None = None,
    concentrated: bool = False,
    state: DecisionState | None = None,
    undecided: bool = False,
    author_id: int | None = None,
    where: ColumnElement[bool] | None = None,
    skip: int = 0,
    limit: int = 200,
) -> list[GroupSummary]:
    """Return groups, largest first.

    Arguments:
        state, undecided, author_id: only those with a member whose effective decision is so.
        where: only those with a member of which this holds, in the terms of ``with_decision``.
    """
    asked: list[ColumnElement[bool]] = [OpinionGroup.consultation_id == consultation_id]
    if anchors is not None:
        asked.append(OpinionGroup.anchor.in_(list(anchors)))
    if group_id is not None:
        asked.append(OpinionGroup.id == group_id)
    if concentrated:
        asked.append(OpinionGroup.concentrated.is_(True))
    size = _sizes(consultation_id, asked)
    query = (
        select(OpinionGroup, size.c.opinions, size.c.senders, GroupDecision)
        .join(size, size.c.group_id == OpinionGroup.id)
        .outerjoin(GroupDecision, (GroupDecision.group_id == OpinionGroup.id) & GroupDecision.current.is_(True))
        .where(*asked)
    )
    if undecided or state is not None or where is not None:
        members = with_decision(Opinion.group_id).where(Opinion.consultation_id == consultation_id)
        if undecided or state is not None:
            members = members.where(effective("state").is_(None) if undecided else effective("state") == state)
        if where is not None:
            members = members.where(where)
        if author_id is not None:
            members = members.where(effective("author_id") == author_id)
        query = query.where(OpinionGroup.id.in_(members))
    rows = db.session.execute(query.order_by(size.c.opinions.desc(), OpinionGroup.id).offset(skip).limit(limit)).all()
    outcomes = group_outcomes([row[0].id for row in rows])
    return [
        GroupSummary(group, int(n), int(senders), decision, outcomes[group.id]) for group, n, senders, decision in rows
    ]


def _sizes(consultation_id: int, asked: Sequence[ColumnElement[bool]]) -> Subquery:
    """Return a subquery of the numbers of opinions and senders by group."""
    query = (
        select(Opinion.group_id, func.count().label("opinions"), func.count(SENDER.distinct()).label("senders"))
        .join(Submission, Submission.id == Opinion.submission_id)
        .where(Opinion.consultation_id == consultation_id, Opinion.group_id.is_not(None), Opinion.withdrawn.is_(False))
        .group_by(Opinion.group_id)
    )
    if len(asked) > 1:  # don't count the opinions of other groups
        query = query.where(Opinion.group_id.in_(select(OpinionGroup.id).where(*asked)))
    return query.subquery()


def count_own_decisions(group_id: int) -> int:
    """Return how many opinions of a group have a decision of their own, which takes precedence."""
    query = with_decision(func.count()).where(Opinion.group_id == group_id, OwnDecision.id.is_not(None))
    return db.session.scalar(query) or 0


def count_channels(group_id: int) -> dict[str, int]:
    """Return the numbers of a group's opinions by channel."""
    query = (
        select(Submission.channel, func.count())
        .join(Opinion, Opinion.submission_id == Submission.id)
        .where(Opinion.group_id == group_id, Opinion.withdrawn.is_(False))
        .group_by(Submission.channel)
        .order_by(func.count().desc())
    )
    return {channel.value: int(n) for channel, n in db.session.execute(query)}


def history(subject: Opinion | OpinionGroup) -> list[Decision]:
    """Return all decisions on an opinion or a group itself, newest first."""
    of = Decision.opinion_id if isinstance(subject, Opinion) else Decision.group_id
    query = select(Decision).where(of == subject.id).order_by(Decision.id.desc())
    return list(db.session.scalars(query.options(joinedload(Decision.author), joinedload(Decision.reviewer))))


def vague_reasons(consultation_id: int) -> list[str]:
    """Return the reasons in force that don't say why; they were given before the rule, or under another."""
    query = select(Decision.reason).where(
        Decision.consultation_id == consultation_id,
        Decision.current.is_(True),
        Decision.outcome != Outcome.ADOPTED,
    )
    says_something = rules().reason.says_something
    return sorted(reason for reason in db.session.scalars(query.distinct()) if not says_something(reason))


def count_vague(consultation_id: int) -> int:
    """Return how many opinions aren't wholly adopted for a reason that doesn't say why."""
    reasons = vague_reasons(consultation_id)
    if not reasons:
        return 0
    query = with_decision(func.count()).where(Opinion.consultation_id == consultation_id, not_adopted_for(reasons))
    return db.session.scalar(query) or 0


def recent_reasons(author_id: int | None, *, limit: int = 12) -> list[Decision]:
    """Return the newest decisions of an author with different reasons, to reuse."""
    newest = (
        select(Decision)
        .where(Decision.author_id == author_id, Decision.reason != "")
        .order_by(Decision.id.desc())
        .limit(REASONS_LOOKED_AT)
    )
    different: dict[tuple[Outcome, str], Decision] = {}
    says_something = rules().reason.says_something
    for decision in db.session.scalars(newest):
        if decision.outcome is not Outcome.ADOPTED and not says_something(decision.reason):
            continue
        different.setdefault((decision.outcome, decision.reason), decision)
    return list(different.values())[:limit]
