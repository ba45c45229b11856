"""Every number of a report: a query with a name, defined once, whose rows a page can list.

What came late is counted apart: every figure but ``late`` and ``opinions_late`` is about what came in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from consult.adoption.models import DecisionState, Opinion, OpinionGroup, Outcome
from consult.adoption.queries import holds, with_decision
from consult.adoption.service import OUTCOME_NAMES
from consult.intake.models import Channel, SenderKind, Submission, SubmissionState
from consult.moderation.models import Screening
from consult.store import db
from consult.text.sentences import sentence

CHANNEL_NAMES = {
    Channel.WEB: "网站",
    Channel.MAILBOX: "征集信箱",
    Channel.PORTAL: "企业端",
    Channel.LETTER: "信函",
    Channel.PHONE: "电话",
    Channel.HOTLINE: "12345热线",
    Channel.NEW_MEDIA: "政务新媒体",
    Channel.MEETING: "座谈会、听证会",
}
SENDER_NAMES = {
    SenderKind.PERSON: sentence("个人"),
    SenderKind.ENTERPRISE: sentence("企业"),
    SenderKind.ASSOCIATION: sentence("行业协会商会"),
    SenderKind.ORGANISATION: sentence("其他单位"),
}
STATE_NAMES = {
    SubmissionState.ACCEPTED: "审核通过",
    SubmissionState.REJECTED: "不予公开",
    SubmissionState.DUPLICATE: "重复",
}
WAITING = (SubmissionState.RECEIVED, SubmissionState.SCREENING)


@dataclass(frozen=True)
class Figure:
    """A named number: what it counts in words, and the query whose rows it counts (ids)."""

    name: str
    label: str
    kind: str
    """``submission``, ``opinion`` or ``group``: what the ids are of."""
    rows: Callable[[int], Select[Any]]
    """From a consultation's id to a query of ids."""

    def count(self, consultation_id: int) -> int:
        """Return the number."""
        return db.session.scalar(select(func.count()).select_from(self.rows(consultation_id).subquery())) or 0

    def ids(self, consultation_id: int, *, after: int = 0, limit: int = 50) -> list[int]:
        """Return the ids that the number counts, by key, from beyond ``after``."""
        rows = self.rows(consultation_id).subquery()
        key = next(iter(rows.c))
        return list(db.session.scalars(select(key).where(key > after).order_by(key).limit(limit)))


def _submissions(*conditions: ColumnElement[bool]) -> Callable[[int], Select[Any]]:
    def rows(consultation_id: int) -> Select[Any]:
        return select(Submission.id).where(Submission.consultation_id == consultation_id, *conditions)

    return rows


def _opinions(*conditions: ColumnElement[bool], late: bool = False) -> Callable[[int], Select[Any]]:
    def rows(consultation_id: int) -> Select[Any]:
        return (
            with_decision(Opinion.id)
            .join(Submission, Submission.id == Opinion.submission_id)
            .where(Opinion.consultation_id == consultation_id, Submission.late.is_(late), *conditions)
        )

    return rows


def _in_time(*conditions: ColumnElement[bool]) -> Callable[[int], Select[Any]]:
    return _submissions(Submission.late.is_(False), *conditions)


def _outcome(outcome: Outcome) -> Callable[[int], Select[Any]]:
    return _opinions(holds("state") == DecisionState.REVIEWED, holds("outcome") == outcome)


def _groups(*conditions: ColumnElement[bool]) -> Callable[[int], Select[Any]]:
    def rows(consultation_id: int) -> Select[Any]:
        standing = exists().where(Opinion.group_id == OpinionGroup.id, Opinion.withdrawn.is_(False))
        return select(OpinionGroup.id).where(OpinionGroup.consultation_id == consultation_id, standing, *conditions)

    return rows


def _all() -> Iterator[Figure]:
    yield Figure("received", "件来件", "submission", _in_time())
    yield Figure("late", "件逾期来件", "submission", _submissions(Submission.late.is_(True)))
    for channel, name in CHANNEL_NAMES.items():
        yield Figure(f"channel.{channel.value}", name, "submission", _in_time(Submission.channel == channel))
    for kind, name in SENDER_NAMES.items():
        yield Figure(f"sender.{kind.value}", name, "submission", _in_time(Submission.sender_kind == kind))
    yield Figure("waiting", "待审核", "submission", _in_time(Submission.state.in_(WAITING)))
    for state, name in STATE_NAMES.items():
        yield Figure(f"state.{state.value}", name, "submission", _in_time(Submission.state == state))
    yield Figure("opinions", "条意见", "opinion", _opinions())
    yield Figure("opinions_late", "条逾期意见", "opinion", _opinions(late=True))
    for outcome, name in OUTCOME_NAMES.items():
        yield Figure(f"outcome.{outcome.value}", name, "opinion", _outcome(outcome))
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
