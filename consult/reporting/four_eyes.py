"""Who may review and publish a report: the accounts that may at all, without those that already had a hand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import select

from consult.accounts.models import Role, User
from consult.accounts.permissions import ALLOWED, Act, Actor, may
from consult.drafting.models import Consultation
from consult.ledger.two_persons import NOT_TWO, are_one
from consult.reporting.errors import SameReporter
from consult.reporting.models import FeedbackReport, ReportState
from consult.store import db


@dataclass(frozen=True)
class Hands:
    """Who compiled a report and who reviewed it, by the ids of their accounts."""

    compiled_by: int | None
    reviewed_by: int | None = None

    @classmethod
    def of(cls, report: FeedbackReport) -> Hands:
        """Return who has had a hand in a report."""
        return cls(report.compiled_by_id, report.reviewed_by_id)


def check(act: Act, actor: Actor, hands: Hands, consultation: Consultation) -> None:
    """Refuse an actor who had a hand in the report, or who counts as one person with somebody who had.

    Raises:
        SameReporter: with the rule that stands against it.
    """
    before, words = {
        Act.REVIEW_REPORT: (hands.compiled_by, "审核人不能是编制人，请由另一位同事审核。"),
        Act.PUBLISH_REPORT: (hands.reviewed_by, "公布人不能是审核人，请由另一位信息发布员公布。"),
    }[act]
    if actor.id is not None and actor.id == before:
        raise SameReporter(words)
    others = [hands.compiled_by] if act is Act.REVIEW_REPORT else [hands.reviewed_by, hands.compiled_by]
    if are_one(actor, others, consultation.created_at):
        raise SameReporter(NOT_TWO)


@dataclass(frozen=True)
class Steps:
    """Who may take the steps that a report has before it, and what to do where nobody is left."""

    reviewers: Sequence[User]
    publishers: Sequence[User]
    advice: str = ""


def steps(consultation: Consultation, actor: Actor, report: FeedbackReport | None) -> Steps:
    """Return who may review and publish a version; where none is under way, one that the actor would compile.

    Only those are named whose step leaves another person for the other one.
    """
    publishers = _may(Act.PUBLISH_REPORT, consultation)
    if report is not None and report.state is ReportState.REVIEWED:
        left = [user for user in publishers if _fits(Act.PUBLISH_REPORT, user, Hands.of(report), consultation)]
        return Steps([], left, "" if left else _advice(Act.PUBLISH_REPORT))
    under_way = report is not None and report.state in (ReportState.COMPILED, ReportState.IN_REVIEW)
    compiler = report.compiled_by_id if report is not None and under_way else actor.id
    may_review = _may(Act.REVIEW_REPORT, consultation)
    fit = [user for user in may_review if _fits(Act.REVIEW_REPORT, user, Hands(compiler), consultation)]
    if not fit:
        return Steps([], [], _advice(Act.REVIEW_REPORT))

    @cache
    def after(reviewer: User, publisher: User) -> bool:
        return _fits(Act.PUBLISH_REPORT, publisher, Hands(compiler, reviewer.id), consultation)

    reviewers = [user for user in fit if any(after(user, publisher) for publisher in publishers)]
    left = [user for user in publishers if any(after(reviewer, user) for reviewer in reviewers)]
    return Steps(reviewers, left, "" if left else _advice(Act.PUBLISH_REPORT))


def _may(act: Act, consultation: Consultation) -> list[User]:
    query = select(User).where(User.active.is_(True), User.role.in_(ALLOWED[act])).order_by(User.id)
    return [user for user in db.session.scalars(query) if may(Actor.of(user), act, consultation)]


def _fits(act: Act, user: User, hands: Hands, consultation: Consultation) -> bool:
    try:
        check(act, Actor.of(user), hands, consultation)
    except SameReporter:
        return False
    return True


def _advice(act: Act) -> str:
    roles = "、".join(role.label.words for role in Role if role in ALLOWED[act])
    step, rest = {
        Act.REVIEW_REPORT: ("审核", "审核人不能是编制人"),
        Act.PUBLISH_REPORT: ("公布", "公布人不能是审核人"),
    }[act]
    return (
        f"没有可以{step}本版反馈的账号：{rest}，密码由编制、审核人员设置的账号也不计入。"
        f"请管理员增设账号（{roles}），或者由其他人员重新编制、审核。"
    )
