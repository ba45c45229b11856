"""Publication: the comment period, publishing, extending."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import rules
from consult.calendars.in_force import calendar
from consult.clock import local, midnight
from consult.drafting.audit import record_act
from consult.drafting.errors import FieldMissing, PeriodRefused, SamePerson, WrongState
from consult.drafting.models import Consultation, PeriodExtension, Stage, State
from consult.law import periods
from consult.law.calendar import DayKind
from consult.law.periods import in_words
from consult.law.rules import PeriodRule
from consult.ledger.models import LedgerEntry
from consult.ledger.two_persons import NOT_TWO, are_one
from consult.store import db, transaction
from consult.store.locking import lock_row

DAYS_AHEAD = 36_525
"""Limit of dates of publication and end, in natural days from now: beyond a century the year is mistyped."""
WRITING = (Act.CREATE_CONSULTATION, Act.EDIT_CONSULTATION, Act.ADD_VERSION, Act.SUBMIT_FOR_REVIEW)
"""Acts that make somebody an author of a consultation."""


def period_rule(consultation: Consultation) -> PeriodRule:
    """Return the rule for a consultation's period."""
    return rules().period(consultation.kind, enterprise_related=consultation.enterprise_related)


def proposed_period(
    consultation: Consultation, published: date, days: int | None = None, reason: str = ""
) -> periods.Period:
    """Return the period of a publication on ``published`` (local date).

    Arguments:
        days: natural days; by default the rule's minimum.

    Raises:
        PeriodRefused: below the minimum without a rule that allows it, or without a reason.
    """
    rule = period_rule(consultation)
    wanted = rule.minimum_days if days is None else days
    try:
        periods.check_minimum(rule, wanted, reason)
        return periods.period(published, wanted, rule=rule, calendar=calendar())
    except periods.ReasonMissing as error:
        raise PeriodRefused(str(error), "reason") from error
    except periods.PeriodError as error:
        raise PeriodRefused(str(error), "days") from error


def last_day_of(rule: PeriodRule, published: date) -> date:
    """Return the last day of the shortest period of a rule for a publication on a local day."""
    return periods.period(published, rule.minimum_days, rule=rule, calendar=calendar()).last_day


def rest_day_note(day: date) -> str:
    """Return in Chinese that a last day isn't a working day, and which day is the next; empty for a working day."""
    return periods.rest_day_note(day, calendar())


def count_in_words(consultation: Consultation) -> str:
    """Return the count of a released period in words, as far as its years' notices are out by now."""
    return periods.as_of_now(consultation.period_words, calendar())


def is_provisional(consultation: Consultation) -> bool:
    """Whether the last day falls in a year whose holidays aren't announced yet, so that it may come later."""
    last = consultation.last_day
    return last is not None and calendar().day_kind(last) is DayKind.UNKNOWN


def has_explanation(consultation: Consultation) -> bool:
    """Whether the consultation has a drafting explanation."""
    return any(character.isalnum() for character in re.sub(r"<[^>]*>", "", consultation.explanation_html))


def is_author(actor: Actor, consultation: Consultation) -> bool:
    """Whether an actor created, edited or submitted a consultation, or uploaded its draft."""
    return actor.id is not None and actor.kind == "user" and actor.id in authors(consultation)


def authors(consultation: Consultation) -> frozenset[int]:
    """Return the accounts that created, edited or submitted a consultation, or uploaded its draft."""
    writers = select(LedgerEntry.actor_id).where(
        LedgerEntry.consultation_id == consultation.id,
        LedgerEntry.actor_kind == "user",
        LedgerEntry.actor_id.is_not(None),
        LedgerEntry.act.in_([act.value for act in WRITING]),
    )
    known = {consultation.author_id, *db.session.scalars(writers.distinct())}
    return frozenset(id_ for id_ in known if id_ is not None)


def publish(
    actor: Actor,
    consultation: Consultation,
    *,
    at: datetime,
    opens: date | None = None,
    days: int | None = None,
    reason: str = "",
    seen: datetime | None = None,
    explanation_required: bool = False,
) -> periods.Period:
    """Review and release a consultation: it opens now, or at the start of a local day.

    Arguments:
        opens: local date in the future; ``None`` or today means now.
        days: natural days of the period; by default the rule's minimum.
        reason: reason for a period below the minimum; published in the notice.
        seen: ``changed_at`` of the state that the publisher reviewed; later changes are not published unseen.
        explanation_required: refuse a draft without a drafting explanation, as the desk does.

    Raises:
        FieldMissing: the explanation is missing and required.
        SamePerson: the publisher is one of its authors.
        PeriodRefused: see ``proposed_period``; or the date is past or too far ahead.
        WrongState: it isn't in review, or was changed since ``seen``.
    """
    require(actor, Act.PUBLISH_CONSULTATION, consultation)
    today = local(at).date()
    opens = opens or today
    _check_opening(opens, today)
    with transaction():
        lock_row(consultation)
        if consultation.stage is not Stage.IN_REVIEW:
            raise WrongState("只有送审中的征求意见可以发布。")
        if seen is not None and seen != consultation.changed_at:
            raise WrongState("起草处室已作修改，请重新核对后发布。")
        if is_author(actor, consultation):
            raise SamePerson("发布人不能是起草、修改或者送审的人，请由另一位信息发布员审核发布。")
        if are_one(actor, authors(consultation), consultation.created_at):
            raise SamePerson(NOT_TWO)
        if explanation_required and not has_explanation(consultation):
            raise FieldMissing(
                "还没有起草说明，不能发布：公布草案应当同时公布起草说明"
                "（《重大行政决策程序暂行条例》第十五条第一款）。请退回起草处室补充。",
                "explanation_html",
            )
        period = proposed_period(consultation, opens, days, reason)
        shortened = period.days < period_rule(consultation).minimum_days
        consultation.stage = Stage.RELEASED
        consultation.reviewer_id = actor.id
        consultation.opens_at = at if opens == today else midnight(opens)
        consultation.closes_at = period.closes_at
        consultation.period_days = period.days
        consultation.period_words = period.arithmetic
        consultation.period_basis = period.basis
        consultation.shortened_reason = reason.strip() if shortened else ""
        consultation.changed_at = at
        record_act(
            actor,
            Act.PUBLISH_CONSULTATION,
            consultation,
            at,
            opens=consultation.opens_at.isoformat(),
            closes=period.closes_at.isoformat(),
            days=period.days,
            shortened_reason=consultation.shortened_reason,
        )
    return period


def _check_opening(opens: date, today: date) -> None:
    if opens < today:
        raise PeriodRefused(f"公布日期 {opens.isoformat()} 已经过去，请选今天或者以后的日期。", "opens")
    if opens > today + timedelta(days=DAYS_AHEAD):
        raise PeriodRefused(f"公布日期 {opens.isoformat()} 太远，请核对年份。", "opens")


POSTPONED = "依照《民法典》第二百零三条第一款，顺延至休息日结束的次日"
"""In the reason of an extension that a year's calendar asked for."""


def postponement_reason(last: date, to: date) -> str:
    """Return the reason of an extension past the rest that a last day falls in, by the notice of its year."""
    by = calendar()
    why = f"根据{by.source(last.year)}，原截止日{in_words(last)}为{by.describe(last)}"
    return f"{why}，{POSTPONED}{in_words(to, last)}。"


def extend_period(
    actor: Actor, consultation: Consultation, *, last_day: date, reason: str, at: datetime
) -> PeriodExtension:
    """Extend a period that hasn't ended to ``last_day`` (local date).

    Raises:
        FieldMissing: no reason.
        PeriodRefused: the day isn't later than the present last day, is too far ahead, or isn't a working day
            (《民法典》第二百零三条第一款 applies to every last day of the period).
        WrongState: the period has ended or isn't released.
    """
    require(actor, Act.EXTEND_PERIOD, consultation)
    reason = reason.strip()
    if not reason:
        raise FieldMissing("请写明延长的理由，向公众公开。", "reason")
    with transaction() as session:
        lock_row(consultation)
        before, opens_at = consultation.closes_at, consultation.opens_at
        if consultation.state(at) not in (State.OPEN, State.SCHEDULED) or before is None or opens_at is None:
            raise WrongState("只有正在征求意见或者已定期公布的才能延长期限；已经截止的不能再延长。")
        if (last_day - local(opens_at).date()).days > DAYS_AHEAD:
            raise PeriodRefused(f"截止日 {last_day.isoformat()} 太远，请核对年份。", "last_day")
        closes_after = midnight(last_day + timedelta(days=1))
        if closes_after <= before:
            raise PeriodRefused("延长后的截止日必须晚于现在的截止日。", "last_day")
        rest = rest_day_note(last_day)
        if rest:
            raise PeriodRefused(
                f"延长后的截止日不能是休息日：{rest}，请改为该日（《民法典》第二百零三条第一款）。", "last_day"
            )
        extension = PeriodExtension(
            consultation_id=consultation.id,
            at=at,
            by_id=actor.id,
            closes_before=before,
            closes_after=closes_after,
            reason=reason,
        )
        session.add(extension)
        consultation.closes_at = closes_after
        consultation.period_words += f"后经延长，最后一日为{in_words(last_day)}，当日24时截止。"
        consultation.changed_at = at
        record_act(actor, Act.EXTEND_PERIOD, consultation, at, closes=closes_after.isoformat(), reason=reason)
    return extension
