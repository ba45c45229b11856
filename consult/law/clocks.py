"""The statutory clocks other than the comment period, each described in words with its legal basis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from consult.law.calendar import ONE_DAY, Calendar, DayKind, WorkingDays, weekday
from consult.law.months import add_months
from consult.law.periods import in_words
from consult.law.rule_rows import Bound, ClockRule, Direction, Unit
from consult.law.rules import MAJOR_DECISION, Rules


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline or a minimum duration that, counted from `start`, ends on `day`.

    `day` is None if the count reaches a year without a published calendar; `provisional` is the day then, with weekends
    and statutory holidays as rest. `advised` is `day`, or, for a count backward in natural days that ends on a day of
    rest, the working day before it.
    """

    rule: ClockRule
    start: date
    day: date | None
    advised: date | None
    arithmetic: str
    basis: str
    provisional: date | None = None

    def satisfied(self, done_on: date) -> bool | None:
        """Whether something done on this day is in time; None where `day` is.

        A minimum counted forward (time for a review) asks for `day` or later, anything else for `day` or earlier.
        """
        if self.day is None:
            return None
        if self.rule.direction is Direction.FORWARD and self.rule.bound is Bound.AT_LEAST:
            return done_on >= self.day
        return done_on <= self.day


def compute(rule: ClockRule, start: date, calendar: Calendar) -> Clock:
    """Compute a statutory clock from its start (not counted, 《民法典》第二百零一条)."""
    if rule.unit is Unit.WORKING_DAYS:
        return _in_working_days(rule, start, calendar)
    sign = 1 if rule.direction is Direction.FORWARD else -1
    if rule.unit is Unit.MONTHS:
        day = add_months(start, sign * rule.length)
        arithmetic = f"自{in_words(start)}起算{rule.length}个月，到期月的对应日为{in_words(day, start)}"
        if day.day != start.day:
            arithmetic += "（没有对应日，以月末日为准）"
        return Clock(rule, start, day, day, f"{arithmetic}。", rule.cited)
    return _in_days(rule, start, start + timedelta(days=sign * rule.length), calendar)


def legality_review(rules: Rules, kind: str | None, sent_on: date, paused_days: int, calendar: Calendar) -> Clock:
    """Compute the least time of a legality review from the day on which it was sent; it goes by kind of document.

    Arguments:
        paused_days: natural days of completion (补正), not counted.
    """
    rule = rules.clocks["legality-review" if kind == MAJOR_DECISION else "legality-review-normative"]
    return compute(rule, sent_on + timedelta(days=paused_days), calendar)


def _in_working_days(rule: ClockRule, start: date, calendar: Calendar) -> Clock:
    sign = 1 if rule.direction is Direction.FORWARD else -1
    answer = calendar.add_working_days(start, sign * rule.length)
    begins = in_words(start + sign * ONE_DAY, start)
    arithmetic = f"{_not_counted(rule, start)}，自{begins}起算{rule.length}个工作日，{_result(answer, calendar)}"
    provisional = None if answer.known else answer.presumed
    return Clock(rule, start, answer.day, answer.day, arithmetic, rule.cited, provisional)


def _not_counted(rule: ClockRule, start: date) -> str:
    return f"{rule.starts}（{in_words(start)}）不计入"


def _result(answer: WorkingDays, calendar: Calendar) -> str:
    if answer.day is None:
        return (
            f"只能数到第{answer.counted}个工作日：{answer.unknown_year}年放假安排尚未公布，暂按双休日和法定节日推算为"
            f"{in_words(answer.presumed, answer.start)}（{weekday(answer.presumed)}），"
            "待国务院办公厅放假通知公布后重新计算。"
        )
    skipped = _skipped(answer.start, answer.day, calendar)
    words = f"第{abs(answer.n)}个工作日为{in_words(answer.day, answer.start)}（{weekday(answer.day)}）"
    return f"{words}{skipped}。"


def _skipped(start: date, end: date, calendar: Calendar) -> str:
    """Name the holidays skipped and the make-up days counted on the way, in order."""
    low, high = min(start, end), max(start, end)
    days = [low + timedelta(days=n) for n in range((high - low).days + 1)]
    names = dict.fromkeys(calendar.rest[day] for day in days if day in calendar.rest)
    made_up = [in_words(day, start) for day in days if day in calendar.work and day != start]
    parts = [f"其间{'、'.join(names)}放假不计"] if names else []
    if made_up:
        parts.append(f"调休上班日{'、'.join(made_up)}计入")
    return f"（{'，'.join(parts)}）" if parts else ""


def _in_days(rule: ClockRule, start: date, day: date, calendar: Calendar) -> Clock:
    if rule.direction is Direction.FORWARD:
        arithmetic = f"{_not_counted(rule, start)}，自{in_words(start + ONE_DAY, start)}起算{rule.length}日，"
        arithmetic += f"第{rule.length}日为{in_words(day, start)}（{weekday(day)}）。"
        return Clock(rule, start, day, day, arithmetic, rule.cited)
    arithmetic = f"{_not_counted(rule, start)}，倒算{rule.length}日，"
    arithmetic += f"最迟应于{in_words(day, start)}（{weekday(day)}）完成"
    advised = day
    while calendar.is_rest(advised):
        advised -= ONE_DAY
    if advised != day:
        what = calendar.describe(day) if calendar.day_kind(day) is not DayKind.UNKNOWN else "休息日"
        arithmetic += f"；该日为{what}，宜提前至{in_words(advised, start)}（{weekday(advised)}）"
    return Clock(rule, start, day, advised, f"{arithmetic}。", rule.cited)
