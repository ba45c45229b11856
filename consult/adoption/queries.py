"""What adoption is asked: the decision that holds for an opinion, progress in figures, lists by provision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import aliased

from consult.adoption.models import Decision, DecisionState, Opinion, Outcome
from consult.intake.models import Channel, SenderKind, Submission, SubmissionState
from consult.store import db

UNNAMED = {
    SenderKind.PERSON: "一位公众",
    SenderKind.ENTERPRISE: "一家企业",
    SenderKind.ASSOCIATION: "一家行业协会商会",
    SenderKind.ORGANISATION: "一家单位",
}
"""What stands for a sender who didn't consent to be named."""

Own = aliased(Decision, name="own")
OfGroup = aliased(Decision, name="of_group")


def with_decision(*columns: Any) -> Select[Any]:
    """Return a query over standing opinions joined with their own and their group's current decision.

    The one that holds is the opinion's own, else the group's: use ``holds(column)``.
    """
    return (
        select(*columns)
        .select_from(Opinion)
        .outerjoin(Own, (Own.opinion_id == Opinion.id) & Own.current.is_(True))
        .outerjoin(OfGroup, (OfGroup.group_id == Opinion.group_id) & OfGroup.current.is_(True))
        .where(Opinion.withdrawn.is_(False))
    )


def holds(column: str) -> ColumnElement[Any]:
    """Return a column of the decision that holds for an opinion."""
    return case((Own.id.is_not(None), getattr(Own, column)), else_=getattr(OfGroup, column))


@dataclass(frozen=True)
class Progress:
    """How far the decisions of a consultation are, in opinions."""

    total: int = 0
    undecided: int = 0
    proposed: int = 0
    returned: int = 0
    reviewed: int = 0

    @classmethod
    def of(cls, counts: Mapping[DecisionState | None, int]) -> Progress:
        """Return the progress that counts by state make; None is for opinions without a decision."""
        return cls(
            total=sum(counts.values()),
            undecided=counts.get(None, 0),
            proposed=counts.get(DecisionState.PROPOSED, 0),
            returned=counts.get(DecisionState.RETURNED, 0),
            reviewed=counts.get(DecisionState.REVIEWED, 0),
        )

    def __add__(self, other: Progress) -> Progress:
        """Return the progress of both together."""
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
    state = holds("state")
    query = with_decision(state, func.count()).where(Opinion.consultation_id == consultation_id).group_by(state)
    return Progress.of({key: int(n) for key, n in db.session.execute(query)})


def outcomes(consultation_id: int) -> dict[Outcome, int]:
    """Return how many opinions have each outcome, reviewed decisions only."""
    outcome = holds("outcome")
    query = (
        with_decision(outcome, func.count())
        .where(Opinion.consultation_id == consultation_id, holds("state") == DecisionState.REVIEWED)
        .group_by(outcome)
    )
    return {Outcome(key): int(n) for key, n in db.session.execute(query)}


def by_provision(consultation_id: int) -> list[tuple[str, int, int]]:
    """Return ``(anchor, open, all)`` for each anchor that has opinions; open means not yet reviewed."""
    is_open = case((holds("state") == DecisionState.REVIEWED, 0), else_=1)
    query = (
        with_decision(Opinion.anchor, func.sum(is_open), func.count())
        .where(Opinion.consultation_id == consultation_id)
        .group_by(Opinion.anchor)
    )
    return [(anchor, int(open_), int(n)) for anchor, open_, n in db.session.execute(query)]


@dataclass(frozen=True)
class Decided:
    """An opinion with the decision that holds for it, if any."""

    opinion: Opinion
    decision: Decision | None

    @property
    def from_group(self) -> bool:
        """Whether the decision is the group's."""
        return self.decision is not None and self.decision.group_id is not None


def decided(
    consultation_id: int,
    *,
    anchor: str | None = None,
    anchors: Iterable[str] | None = None,
    submission_ids: Iterable[int] | None = None,
    group_id: int | None = None,
    by_themselves: bool = False,
    organisations: bool = False,
    state: DecisionState | None = None,
    undecided: bool = False,
    author_id: int | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[Decided]:
    """Return standing opinions by key with the decision that holds.

    Arguments:
        anchor, anchors: only those on these provisions.
        by_themselves: only those that no group speaks for: in none, or with a decision of their own.
        organisations: only those of enterprises, associations and other organisations.
        state, undecided: only those whose holding decision is in this state, or that have none.
        author_id: only those whose holding decision is this user's.
    """
    query = with_decision(Opinion, Own, OfGroup).where(Opinion.consultation_id == consultation_id, Opinion.id > after)
    if anchor is not None:
        query = query.where(Opinion.anchor == anchor)
    if anchors is not None:
        query = query.where(Opinion.anchor.in_(list(anchors)))
    if group_id is not None:
        query = query.where(Opinion.group_id == group_id)
    if by_themselves:
        query = query.where(or_(Opinion.group_id.is_(None), Own.id.is_not(None)))
    if organisations:
        query = query.join(Submission, Submission.id == Opinion.submission_id).where(
            Submission.sender_kind != SenderKind.PERSON
        )
    if author_id is not None:
        query = query.where(holds("author_id") == author_id)
    if submission_ids is not None:
        query = query.where(Opinion.submission_id.in_(list(submission_ids)))
    if undecided:
        query = query.where(holds("state").is_(None))
    elif state is not None:
        query = query.where(holds("state") == state)
    rows = db.session.execute(query.order_by(Opinion.id).limit(limit))
    return [Decided(opinion, own or of_group) for opinion, own, of_group in rows]


@dataclass(frozen=True)
class Released:
    """An opinion that moderation let pass, as everybody may read it."""

    id: int
    anchor: str
    content: str
    sender: str
    channel: Channel
    received_at: datetime
    late: bool


def released(consultation_id: int, anchors: Iterable[str], *, before: int = 0, limit: int = 50) -> list[Released]:
    """Return standing opinions on any of ``anchors`` that may be printed, newest first, from below the id ``before``.

    What its sender asked to keep private stays out; the name is printed only with the sender's own consent.
    """
    found: list[tuple[Opinion, Submission]] = []
    for anchor in dict.fromkeys(anchors):  # one short range of the index each, however many opinions there are
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
        found += [(opinion, submission) for opinion, submission in db.session.execute(query)]
    found.sort(key=lambda pair: pair[0].id, reverse=True)
    return [_as_released(opinion, submission) for opinion, submission in found[:limit]]


def _as_released(opinion: Opinion, submission: Submission) -> Released:
    named = submission.publish_name and submission.name
    return Released(
        id=opinion.id,
        anchor=opinion.anchor,
        content=opinion.content,
        sender=submission.name if named else UNNAMED[submission.sender_kind],
        channel=submission.channel,
        received_at=submission.received_at,
        late=submission.late,
    )
