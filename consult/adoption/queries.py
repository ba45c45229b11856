"""Queries on opinions: the effective decision of each, progress, lists by provision."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import aliased

from consult.adoption.models import Decision, DecisionState, Opinion, OpinionGroup, Outcome
from consult.intake.models import Channel, SenderKind, Submission, SubmissionState
from consult.store import db
from consult.text.opinion_kinds import OpinionKind

OwnDecision = aliased(Decision, name="own")
GroupDecision = aliased(Decision, name="of_group")


def with_decision(*columns: Any) -> Select[Any]:
    """Return a query over opinions that aren't withdrawn, joined with their own and their group's current decision.

    The opinion's own decision takes precedence: use ``effective(column)``.
    """
    return (
        select(*columns)
        .select_from(Opinion)
        .outerjoin(OwnDecision, (OwnDecision.opinion_id == Opinion.id) & OwnDecision.current.is_(True))
        .outerjoin(GroupDecision, (GroupDecision.group_id == Opinion.group_id) & GroupDecision.current.is_(True))
        .where(Opinion.withdrawn.is_(False))
    )


def effective(column: str) -> ColumnElement[Any]:
    """Return a column of the effective decision of an opinion: its own, else its group's."""
    return case((OwnDecision.id.is_not(None), getattr(OwnDecision, column)), else_=getattr(GroupDecision, column))


UNDECIDED = "待处理"


def decision_words(outcome: Outcome | None, state: DecisionState | None) -> str:
    """Say what was decided on an opinion; unless another person confirmed it, it says so."""
    if outcome is None or state is None:
        return UNDECIDED
    words = outcome.label.words
    return words if state is DecisionState.REVIEWED else f"{words}（{state.label.words}）"


def not_adopted_for(reasons: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that an opinion isn't wholly adopted, for exactly one of these reasons."""
    return (effective("outcome") != Outcome.ADOPTED) & effective("reason").in_(reasons)


def needs_decision() -> ColumnElement[bool]:
    """Return the condition that an opinion has no decision in force, or one that was returned."""
    return or_(effective("state").is_(None), effective("state") == DecisionState.RETURNED)


@dataclass(frozen=True)
class Progress:
    """Progress of the decisions of a consultation, in opinions."""

    total: int = 0
    undecided: int = 0
    proposed: int = 0
    returned: int = 0
    reviewed: int = 0

    @classmethod
    def of(cls, counts: Mapping[DecisionState | None, int]) -> Progress:
        """Return the progress from counts by state; None is for opinions without a decision."""
        return cls(
            total=sum(counts.values()),
            undecided=counts.get(None, 0),
            proposed=counts.get(DecisionState.PROPOSED, 0),
            returned=counts.get(DecisionState.RETURNED, 0),
            reviewed=counts.get(DecisionState.REVIEWED, 0),
        )

    def __add__(self, other: Progress) -> Progress:
        """Return the sum of both."""
        return Progress(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def open(self) -> int:
        """How many still need a decision: none yet, or returned."""
        return self.undecided + self.returned

    @property
    def done(self) -> bool:
        """Whether every opinion is decided and reviewed."""
        return self.reviewed == self.total


def progress(consultation_id: int) -> Progress:
    """Return how many opinions are undecided, proposed, returned and reviewed."""
    state = effective("state")
    query = with_decision(state, func.count()).where(Opinion.consultation_id == consultation_id).group_by(state)
    return Progress.of({key: int(n) for key, n in db.session.execute(query)})


@dataclass(frozen=True)
class DecidedOpinion:
    """An opinion with its effective decision, if any."""

    opinion: Opinion
    decision: Decision | None

    @property
    def from_group(self) -> bool:
        """Whether the decision is the group's."""
        return self.decision is not None and self.decision.group_id is not None


def with_decisions(
    consultation_id: int,
    *,
    anchor: str | None = None,
    anchors: Iterable[str] | None = None,
    submission_ids: Iterable[int] | None = None,
    group_id: int | None = None,
    ungrouped: bool = False,
    organisations: bool = False,
    concentrated: bool = False,
    state: DecisionState | None = None,
    undecided: bool = False,
    author_id: int | None = None,
    reasons: Collection[str] | None = None,
    channel: Channel | None = None,
    sender_kind: SenderKind | None = None,
    outcome: Outcome | None = None,
    kind: OpinionKind | None = None,
    where: ColumnElement[bool] | None = None,
    after: int = 0,
    limit: int | None = 50,
) -> list[DecidedOpinion]:
    """Return opinions that aren't withdrawn, by id, with their effective decision.

    Arguments:
        anchor, anchors: only those on these provisions.
        ungrouped: only those in no group, or with a decision of their own.
        concentrated: only those in a concentrated group.
        organisations: only those of enterprises, associations and other organisations.
        state, undecided: only those whose effective decision is in this state, or that have none.
        author_id: only those whose effective decision is this user's.
        reasons: only those not wholly adopted, for exactly one of these reasons.
        channel, sender_kind: only those that came so, of such a sender.
        outcome: only those whose effective decision says so.
        kind: only those of this kind, proposed or confirmed.
        where: a further condition on ``Opinion`` and its decisions.
    """
    query = with_decision(Opinion, OwnDecision, GroupDecision).where(Opinion.id > after)
    if submission_ids is None:
        query = query.where(Opinion.consultation_id == consultation_id)
    else:  # "+ 0": SQLite without statistics would read all opinions of the consultation for those of a few submissions
        few = Opinion.submission_id.in_(list(submission_ids))
        query = query.where(Opinion.consultation_id + 0 == consultation_id, few)
    if anchor is not None:
        query = query.where(Opinion.anchor == anchor)
    if anchors is not None:
        query = query.where(Opinion.anchor.in_(list(anchors)))
    if group_id is not None:
        query = query.where(Opinion.group_id == group_id)
    if ungrouped:
        query = query.where(or_(Opinion.group_id.is_(None), OwnDecision.id.is_not(None)))
    of_submission = [
        *([Submission.sender_kind != SenderKind.PERSON] if organisations else []),
        *([Submission.channel == channel] if channel is not None else []),
        *([Submission.sender_kind == sender_kind] if sender_kind is not None else []),
    ]
    if of_submission:
        query = query.join(Submission, Submission.id == Opinion.submission_id).where(*of_submission)
    if outcome is not None:
        query = query.where(effective("outcome") == outcome)
    if kind is not None:
        query = query.where(Opinion.kind == kind)
    if concentrated:
        groups = select(OpinionGroup.id).where(
            OpinionGroup.consultation_id == consultation_id, OpinionGroup.concentrated.is_(True)
        )
        query = query.where(Opinion.group_id.in_(groups))
    if author_id is not None:
        query = query.where(effective("author_id") == author_id)
    if reasons is not None:
        query = query.where(not_adopted_for(reasons))
    if where is not None:
        query = query.where(where)
    if undecided:
        query = query.where(effective("state").is_(None))
    elif state is not None:
        query = query.where(effective("state") == state)
    rows = db.session.execute(query.order_by(Opinion.id).limit(limit))
    return [DecidedOpinion(opinion, decision or of_group) for opinion, decision, of_group in rows]


@dataclass(frozen=True)
class PublicOpinion:
    """An opinion of an accepted submission as it is published."""

    id: int
    anchor: str
    content: str
    sender: str
    channel: Channel
    received_at: datetime
    late: bool


def public_opinions(
    consultation_id: int, anchors: Iterable[str], *, before: int = 0, limit: int = 50
) -> list[PublicOpinion]:
    """Return the public opinions on any of ``anchors`` with an id below ``before``, newest first.

    Those that the sender asked to keep private are left out; the sender is named only with consent.
    """
    rows: list[tuple[Opinion, Submission]] = []
    for anchor in dict.fromkeys(anchors):  # a short index range each
        query = (
            select(Opinion, Submission)
            .join(Submission, Submission.id == Opinion.submission_id)
            .where(
                Opinion.consultation_id == consultation_id,
                Opinion.anchor == anchor,
                Opinion.withdrawn.is_(False),
                Submission.keep_private.is_(False),
                Submission.state == SubmissionState.ACCEPTED,
            )
            .order_by(Opinion.id.desc())
            .limit(limit)
        )
        if before:
            query = query.where(Opinion.id < before)
        rows += [(opinion, submission) for opinion, submission in db.session.execute(query)]
    rows.sort(key=lambda pair: pair[0].id, reverse=True)
    return [_as_public(opinion, submission) for opinion, submission in rows[:limit]]


def _as_public(opinion: Opinion, submission: Submission) -> PublicOpinion:
    named = submission.publish_name and submission.name
    return PublicOpinion(
        id=opinion.id,
        anchor=opinion.anchor,
        content=opinion.content,
        sender=submission.name if named else submission.sender_kind.label.unnamed,
        channel=submission.channel,
        received_at=submission.received_at,
        late=submission.late,
    )


@dataclass
class OpenWork:
    """Numbers of opinions of one consultation that need work."""

    undecided: int = 0
    returned: int = 0
    to_confirm: int = 0


def open_work(consultation_ids: Collection[int], reviewer_id: int | None) -> dict[int, OpenWork]:
    """Return the open work of each consultation; a reviewer can't confirm their own decisions."""
    state = effective("state")
    query = (
        with_decision(Opinion.consultation_id, state, func.count())
        .where(
            Opinion.consultation_id.in_(consultation_ids),
            or_(
                state.is_(None),
                state == DecisionState.RETURNED,
                (state == DecisionState.PROPOSED)
                & or_(effective("author_id").is_(None), effective("author_id") != (reviewer_id or 0)),
            ),
        )
        .group_by(Opinion.consultation_id, state)
    )
    work = {key: OpenWork() for key in consultation_ids}
    for key, decision_state, n in db.session.execute(query):
        if decision_state is None:
            work[key].undecided = int(n)
        elif decision_state == DecisionState.RETURNED:
            work[key].returned = int(n)
        else:
            work[key].to_confirm = int(n)
    return work
