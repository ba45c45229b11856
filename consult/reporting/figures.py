"""The figures of a report: named queries, whose rows a page can list.

All but ``late`` and ``opinions_late`` count only submissions in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from consult.adoption.models import DecisionState, Opinion, OpinionGroup, Outcome
from consult.adoption.queries import effective, with_decision
from consult.intake.models import Channel, SenderKind, Submission, SubmissionState
from consult.moderation.models import Screening
from consult.moderation.service import SCREENED
from consult.store import db

WAITING = (SubmissionState.RECEIVED, SubmissionState.SCREENING)


@dataclass(frozen=True)
class Figure:
    """A named number: its label in Chinese, and the query of the ids that it counts."""

    name: str
    label: str
    kind: str
    """What the ids belong to: ``submission``, ``opinion`` or ``group``."""
    rows: Callable[[int], Select[Any]]
    """From a consultation's id to a query of ids."""

    def count(self, consultation_id: int) -> int:
        """Return the number."""
        return db.session.scalar(select(func.count()).select_from(self.rows(consultation_id).subquery())) or 0

    def ids(self, consultation_id: int, *, after: int = 0, limit: int = 50) -> list[int]:
        """Return the counted ids above ``after``, in order."""
        rows = self.rows(consultation_id).subquery()
        key = next(iter(rows.c))
        return list(db.session.scalars(select(key).where(key > after).order_by(key).limit(limit)))


MODELS = {"submission": Submission, "opinion": Opinion, "group": OpinionGroup}


def page(figure: Figure, consultation_id: int, *, after: int = 0, limit: int = 50) -> list[Any]:
    """Return the submissions, opinions or groups that a figure counts, with ids above ``after``, in order."""
    kind: Any = MODELS[figure.kind]
    ids = figure.ids(consultation_id, after=after, limit=limit)
    return list(db.session.scalars(select(kind).where(kind.id.in_(ids)).order_by(kind.id)))


def _submissions(*conditions: ColumnElement[bool]) -> Callable[[int], Select[Any]]:
    def rows(consultation_id: int) -> Select[Any]:
        return select(Submission.id).where(Submission.consultation_id == consultation_id, *conditions)

    return rows


def opinions(*conditions: ColumnElement[bool], late: bool = False) -> Callable[[int], Select[Any]]:
    """Return the query of the opinions of a consultation's submissions in time, or late, that meet conditions."""

    def rows(consultation_id: int) -> Select[Any]:
        return (
            with_decision(Opinion.id)
            .join(Submission, Submission.id == Opinion.submission_id)
            .where(Opinion.consultation_id == consultation_id, Submission.late.is_(late), *conditions)
        )

    return rows


def in_time(*conditions: ColumnElement[bool]) -> Callable[[int], Select[Any]]:
    """Return the query of a consultation's submissions in time that meet conditions."""
    return _submissions(Submission.late.is_(False), *conditions)


def _outcome(outcome: Outcome) -> Callable[[int], Select[Any]]:
    return opinions(effective("state") == DecisionState.REVIEWED, effective("outcome") == outcome)


def _groups(*conditions: ColumnElement[bool]) -> Callable[[int], Select[Any]]:
    def rows(consultation_id: int) -> Select[Any]:
        standing = exists().where(Opinion.group_id == OpinionGroup.id, Opinion.withdrawn.is_(False))
        return select(OpinionGroup.id).where(OpinionGroup.consultation_id == consultation_id, standing, *conditions)

    return rows


def _all() -> Iterator[Figure]:
    yield Figure("received", "件来件", "submission", in_time())
    yield Figure("late", "件逾期来件", "submission", _submissions(Submission.late.is_(True)))
    for channel in Channel:
        yield Figure(
            f"channel.{channel.value}", channel.label.words, "submission", in_time(Submission.channel == channel)
        )
    for kind in SenderKind:
        yield Figure(f"sender.{kind.value}", kind.label.words, "submission", in_time(Submission.sender_kind == kind))
    yield Figure("waiting", "待审核", "submission", in_time(Submission.state.in_(WAITING)))
    for state in SCREENED:
        yield Figure(f"state.{state.value}", state.label.words, "submission", in_time(Submission.state == state))
    yield Figure("opinions", "条意见", "opinion", opinions())
    yield Figure("opinions_late", "条逾期意见", "opinion", opinions(late=True))
    for outcome in Outcome:
        yield Figure(f"outcome.{outcome.value}", outcome.label.words, "opinion", _outcome(outcome))
    yield Figure("grouped", "条归并的意见", "opinion", opinions(Opinion.group_id.is_not(None)))
    yield Figure("groups", "类意见", "group", _groups())
    yield Figure("concentrated", "类较为集中的意见", "group", _groups(OpinionGroup.concentrated.is_(True)))


FIGURES: dict[str, Figure] = {figure.name: figure for figure in _all()}


def counts(consultation_id: int) -> dict[str, int]:
    """Return every figure of a consultation by name."""
    return {name: figure.count(consultation_id) for name, figure in FIGURES.items()}


def rejections(consultation_id: int) -> dict[str, int]:
    """Return how many submissions in time are rejected, by the id of the reason in the rules."""
    query = (
        select(Screening.reason_id, func.count())
        .join(Submission, Submission.id == Screening.submission_id)
        .where(
            Submission.consultation_id == consultation_id,
            Submission.late.is_(False),
            Submission.state == SubmissionState.REJECTED,
            Screening.state_after == SubmissionState.REJECTED,
            Screening.undone_by_id.is_(None),
        )
        .group_by(Screening.reason_id)
    )
    return {reason: int(n) for reason, n in db.session.execute(query)}
