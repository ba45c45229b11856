"""The comment period, counted as the Civil Code counts (《民法典》第二百条至第二百零三条).

The day of publication is not counted. Where the last day is a day of rest, the day after that rest is the
last one. The last day ends at 24:00 in Asia/Shanghai.

A year without a published calendar: weekends, and the holidays that the law itself fixes to a calendar date
(《全国年节及纪念日放假办法》第二条: 1 January, 1–2 May, 1–3 October), are taken as rest, so that nobody is
given less time than those leave; the answer is marked provisional (`calendar_known` is false) and says that
it must be computed again when the State Council's notice is out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from consult.law.calendar import ONE_DAY, SATURDAY, Calendar, DayKind, published, weekday
from consult.law.rows import Basis, PeriodRule, cite

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONGEST_PERIOD = 3650
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
CIVIL_CODE = (Basis("民法典", "第二百零一条"), Basis("民法典", "第二百零三条"))


class PeriodError(ValueError):
    """A period is not lawful or makes no sense; the message (Chinese) says why and what to do."""


class BelowMinimum(PeriodError):
    """The period is shorter than the law allows for this document, whatever the reason."""


class ReasonMissing(PeriodError):
    """The period may be shorter, but only with a published reason, and none is given."""


@dataclass(frozen=True, slots=True)
class Period:
    """A comment period in calendar days of Asia/Shanghai.

    `nominal_last_day` is where the count ends, `last_day` where the rest after it ends; they differ when
    `rolled`. `closes_at` (aware, UTC) is the first moment that is too late. `calendar_known` is false where
    the last day falls in a year without a published holiday notice: the last day is then provisional.
    `arithmetic` tells the count in Chinese, `basis` cites the articles.
    """

    published: date
    begins: date
    nominal_last_day: date
    last_day: date
    days: int
    closes_at: datetime
    rolled: bool
    calendar_known: bool
    arithmetic: str
    basis: str

    def has_ended(self, moment: datetime) -> bool:
        """Say whether an aware moment is after the last one in time."""
        return moment >= self.closes_at

    def days_left(self, moment: datetime) -> int:
        """Give the days left at an aware moment, today counted; 0 when the period has ended."""
        return max(0, (self.last_day - local_date(moment)).days + 1)


def local_date(moment: datetime) -> date:
    """Give the calendar day of an aware moment in Asia/Shanghai."""
    if moment.tzinfo is None:
        raise ValueError("时间缺少时区")
    return moment.astimezone(SHANGHAI).date()


def end_of_day(day: date) -> datetime:
    """Give 24:00 of a day in Asia/Shanghai, as an aware UTC moment."""
    return datetime.combine(day + ONE_DAY, time(0), SHANGHAI).astimezone(UTC)


def period(
    published_on: date, days: int, *, rule: PeriodRule | None = None, calendar: Calendar | None = None
) -> Period:
    """Count a period of natural days from the day of publication.

    `rule` adds its legal basis; it is not enforced here (`check_minimum` does that). Raises PeriodError when
    days is not between 1 and 3650.
    """
    if not 1 <= days <= LONGEST_PERIOD:
        raise PeriodError(f"征求意见期限应当在1日和{LONGEST_PERIOD}日之间，现在是{days}日")
    calendar = calendar or published()
    nominal = published_on + timedelta(days=days)
    last, known = _roll(nominal, calendar)
    return Period(
        published=published_on,
        begins=published_on + ONE_DAY,
        nominal_last_day=nominal,
        last_day=last,
        days=days,
        closes_at=end_of_day(last),
        rolled=last != nominal,
        calendar_known=known,
        arithmetic=_period_in_words(published_on, days, nominal, last, calendar),
        basis=cite((*(rule.basis if rule else ()), *CIVIL_CODE)),
    )


def _roll(day: date, calendar: Calendar) -> tuple[date, bool]:
    """Move a last day past the rest it falls on; say too whether the calendar of those days is known."""
    known = True
    while True:
        kind = calendar.day_kind(day)
        known = known and kind is not DayKind.UNKNOWN
        if not is_rest(day, calendar):
            return day, known
        day += ONE_DAY


def is_rest(day: date, calendar: Calendar) -> bool:
    """Say whether a day is one of rest; where its year has no calendar yet, whether it is taken as one."""
    kind = calendar.day_kind(day)
    return kind is DayKind.REST or (kind is DayKind.UNKNOWN and presumed_rest(day))


def presumed_rest(day: date) -> bool:
    """Say whether a day without a calendar is taken as rest: a weekend or a holiday of fixed date."""
    return day.weekday() >= SATURDAY or (day.month, day.day) in FIXED_HOLIDAYS


def in_words(day: date, near: date | None = None) -> str:
    """Write a day in Chinese, without the year where it is that of `near`."""
    year = "" if near is not None and near.year == day.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def _period_in_words(start: date, days: int, nominal: date, last: date, calendar: Calendar) -> str:
    begins = start + ONE_DAY
    told = (
        f"公布日{in_words(start)}不计入，自{in_words(begins, start)}起算{days}日，"
        f"第{days}日为{in_words(nominal, start)}（{weekday(nominal)}，{_nature(nominal, calendar)}）"
    )
    if last == nominal:
        told += "，即为最后一日"
    else:
        told += f"；最后一日为休息日的，顺延至休息日结束的次日，即{in_words(last, start)}（{weekday(last)}）"
    told += "，当日24时截止。"
    unknown = sorted({day.year for day in (nominal, last) if calendar.day_kind(day) is DayKind.UNKNOWN})
    if unknown:
        told += (
            f"{unknown[0]}年放假安排尚未公布，以上最后一日暂按双休日和固定日期的法定节日推算，"
            "待国务院办公厅放假通知公布后重新计算。"
        )
    return told


def rest_in_words(day: date, calendar: Calendar) -> str:
    """Say that a last day is one of rest, and what day follows the rest; nothing of a working day."""
    if not is_rest(day, calendar):
        return ""
    after, _known = _roll(day, calendar)
    return (
        f"{in_words(day)}（{weekday(day)}，{_nature(day, calendar)}），"
        f"休息日结束的次日是{in_words(after, day)}（{weekday(after)}）"
    )


def _nature(day: date, calendar: Calendar) -> str:
    if calendar.day_kind(day) is not DayKind.UNKNOWN:
        return calendar.describe(day)
    return "暂按休息日" if presumed_rest(day) else "暂按工作日"


def check_minimum(rule: PeriodRule, days: int, reason: str | None = None) -> None:
    """Check a period's length (natural days) against the rule.

    Raises BelowMinimum where so few days are never lawful, ReasonMissing where they are lawful only with a
    reason that the notice publishes and none is given.
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
    told = f"“{rule.name}”征求意见期限不少于{rule.minimum_days}日，现在是{days}日"
    told += f"，说明理由也不得少于{floor}日" if rule.may_shorten else "，不得缩短"
    return f"{told}。请改为{floor}日以上。依据：{rule.cited}"
