"""The comment period, counted by the Civil Code (《民法典》第二百条至第二百零三条).

The day of publication is not counted. If the last day is a day of rest, the period ends on the day after that rest.
The last day ends at 24:00 in Asia/Shanghai.

In a year without a published calendar, weekends and the statutory holidays (`consult.law.holidays`) count as rest; the
result is provisional (`calendar_known` is false) until the State Council's notice is published.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consult.clock import midnight
from consult.law.calendar import ONE_DAY, Calendar, DayKind, weekday
from consult.law.rule_rows import Basis, PeriodRule, cite

LONGEST_PERIOD = 3650
PROVISIONAL = "{}年放假安排尚未公布，以上最后一日暂按双休日和法定节日推算，待国务院办公厅放假通知公布后重新计算。"
WAS_PROVISIONAL = "（当时{}年放假安排尚未公布，以上最后一日系按双休日和法定节日推算。）"
_PROVISIONAL = re.compile(
    r"(\d{4})年放假安排尚未公布，以上最后一日暂按双休日和(?:固定日期的)?法定节日推算，待国务院办公厅放假通知公布后重新计算。"
)
CIVIL_CODE = (Basis("民法典", "第二百零一条"), Basis("民法典", "第二百零三条"))


class PeriodError(ValueError):
    """A period is unlawful or invalid; the message (Chinese) says why and what to do."""


class BelowMinimum(PeriodError):
    """The period is shorter than the law allows for this document, whatever the reason."""


class ReasonMissing(PeriodError):
    """The period may be shorter, but only with a published reason, and none is given."""


@dataclass(frozen=True, slots=True)
class Period:
    """A comment period in calendar days of Asia/Shanghai.

    `nominal_last_day` is the last day counted, `last_day` the one after moving it past days of rest. `closes_at` (UTC)
    is the end, exclusive. `calendar_known` is false where the last day is provisional: its year has no published
    holiday notice. `arithmetic` describes the count in Chinese, `basis` cites the articles.
    """

    published: date
    nominal_last_day: date
    last_day: date
    days: int
    closes_at: datetime
    calendar_known: bool
    arithmetic: str
    basis: str


def period(published_on: date, days: int, *, calendar: Calendar, rule: PeriodRule | None = None) -> Period:
    """Count a period of natural days from the day of publication.

    `rule` adds its legal basis; it is not enforced here (`check_minimum` does that). Raises PeriodError when
    days is not between 1 and 3650.
    """
    if not 1 <= days <= LONGEST_PERIOD:
        raise PeriodError(f"征求意见期限应当在1日和{LONGEST_PERIOD}日之间，现在是{days}日")
    nominal = published_on + timedelta(days=days)
    last, known = _roll(nominal, calendar)
    return Period(
        published=published_on,
        nominal_last_day=nominal,
        last_day=last,
        days=days,
        closes_at=midnight(last + ONE_DAY),
        calendar_known=known,
        arithmetic=_period_in_words(published_on, days, nominal, last, calendar),
        basis=cite((*(rule.basis if rule else ()), *CIVIL_CODE)),
    )


def _roll(day: date, calendar: Calendar) -> tuple[date, bool]:
    """Move a last day past days of rest; also return whether the calendar of those days is published."""
    last = calendar.after_rest(day)
    return last, DayKind.UNKNOWN not in (calendar.day_kind(day), calendar.day_kind(last))


def in_words(day: date, near: date | None = None) -> str:
    """Write a day in Chinese, without the year if it is that of `near`."""
    year = "" if near is not None and near.year == day.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def _period_in_words(start: date, days: int, nominal: date, last: date, calendar: Calendar) -> str:
    begins = start + ONE_DAY
    words = (
        f"公布日{in_words(start)}不计入，自{in_words(begins, start)}起算{days}日，"
        f"第{days}日为{in_words(nominal, start)}（{weekday(nominal)}，{_describe(nominal, calendar)}）"
    )
    if last == nominal:
        words += "，即为最后一日"
    else:
        words += f"；最后一日为休息日的，顺延至休息日结束的次日，即{in_words(last, start)}（{weekday(last)}）"
    words += "，当日24时截止。"
    unknown = sorted({day.year for day in (nominal, last) if calendar.day_kind(day) is DayKind.UNKNOWN})
    if unknown:
        words += PROVISIONAL.format(unknown[0])
    return words


def as_of_now(words: str, calendar: Calendar) -> str:
    """Return the stored count of a period, with what it says of an unknown year in the past tense once it is known.

    Both wordings that periods were stored with are known.
    """

    def past(match: re.Match[str]) -> str:
        year = int(match[1])
        return WAS_PROVISIONAL.format(year) if year in calendar.years else match[0]

    return _PROVISIONAL.sub(past, words)


def rest_day_note(day: date, calendar: Calendar) -> str:
    """Say in Chinese that a day is a day of rest, and which day follows it; empty for a working day."""
    if not calendar.is_rest(day):
        return ""
    after, _known = _roll(day, calendar)
    return (
        f"{in_words(day)}（{weekday(day)}，{_describe(day, calendar)}），"
        f"休息日结束的次日是{in_words(after, day)}（{weekday(after)}）"
    )


def _describe(day: date, calendar: Calendar) -> str:
    if calendar.day_kind(day) is not DayKind.UNKNOWN:
        return calendar.describe(day)
    return "暂按休息日" if calendar.presumes_rest(day) else "暂按工作日"


def check_minimum(rule: PeriodRule, days: int, reason: str | None = None) -> None:
    """Check a period's length (natural days) against the rule.

    Raises BelowMinimum for fewer days than any reason allows, ReasonMissing without a reason where one is needed.
    """
    if days >= rule.minimum_days:
        return
    floor = rule.minimum_with_reason
    if days < floor:
        raise BelowMinimum(_below(rule, days, floor))
    if not any(character.isalnum() for character in reason or ""):
        raise ReasonMissing(
            f"“{rule.name}”征求意见期限不少于{rule.minimum_days}日，现在是{days}日；{rule.shortening}。"
            f"请填写缩短期限的理由，理由将随公告公布。依据：{rule.cited}"
        )


def _below(rule: PeriodRule, days: int, floor: int) -> str:
    words = f"“{rule.name}”征求意见期限不少于{rule.minimum_days}日，现在是{days}日"
    words += f"，说明理由也不得少于{floor}日" if rule.may_shorten else "，不得缩短"
    return f"{words}。请改为{floor}日以上。依据：{rule.cited}"
