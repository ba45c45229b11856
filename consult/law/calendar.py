"""The official working-day calendar: working days, days of rest, and days not yet announced.

The State Council's office publishes each year's holidays and make-up working days (调休) late in the year
before. The days of a year without such a notice are `unknown`. The package `chinesecalendar`
contains the notices; a later notice goes into the department's rule file (`[[calendar]]`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from consult.law.rule_rows import CalendarYear

ONE_DAY = timedelta(days=1)
MOST_WORKING_DAYS = 10_000
SATURDAY = 5
WEEKDAYS = "一二三四五六日"

HOLIDAY_NAMES = MappingProxyType(
    {
        "New Year's Day": "元旦",
        "Spring Festival": "春节",
        "Tomb-sweeping Day": "清明节",
        "Labour Day": "劳动节",
        "Dragon Boat Festival": "端午节",
        "National Day": "国庆节",
        "Mid-autumn Festival": "中秋节",
        "Anti-Fascist 70th Day": "抗战胜利纪念日",
    }
)


class DayKind(StrEnum):
    """The kind of a day in the official calendar."""

    WORKING = "working"
    REST = "rest"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The answer to "n working days after start".

    `day` is None if the count reaches a year without a published calendar; then `unknown_year` is that year
    and `counted` says how many working days could be counted before it.
    """

    start: date
    n: int
    day: date | None
    counted: int
    unknown_year: int | None = None

    @property
    def known(self) -> bool:
        """Whether the day could be computed."""
        return self.day is not None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Published holiday notices: days off by Chinese name, weekend days worked, the years covered."""

    rest: Mapping[date, str] = field(repr=False)
    work: frozenset[date] = field(repr=False)
    years: frozenset[int]

    def day_kind(self, day: date) -> DayKind:
        """Return whether a day is a working day, a day of rest, or in a year without a published notice."""
        if day.year not in self.years:
            return DayKind.UNKNOWN
        if day in self.work:
            return DayKind.WORKING
        if day in self.rest or day.weekday() >= SATURDAY:
            return DayKind.REST
        return DayKind.WORKING

    def describe(self, day: date) -> str:
        """Describe a day in Chinese: 国庆节假期, 星期六, 调休上班日, 工作日, 放假安排未公布."""
        kind = self.day_kind(day)
        if kind is DayKind.UNKNOWN:
            return f"{day.year}年放假安排尚未公布"
        if kind is DayKind.WORKING:
            return "调休上班日" if day in self.work else "工作日"
        name = self.rest.get(day)
        return f"{name}假期" if name else "休息日"

    def add_working_days(self, start: date, n: int) -> WorkingDays:
        """Count n working days from start, the start itself not counted; a negative n counts back.

        With n = 0 the day is the start. Raises ValueError beyond 10,000 days either way.
        """
        if abs(n) > MOST_WORKING_DAYS:
            raise ValueError(f"工作日数不能超过{MOST_WORKING_DAYS}")
        step = ONE_DAY if n > 0 else -ONE_DAY
        day, counted = start, 0
        while counted < abs(n):
            day += step
            kind = self.day_kind(day)
            if kind is DayKind.UNKNOWN:
                return WorkingDays(start, n, None, counted, day.year)
            counted += kind is DayKind.WORKING
        return WorkingDays(start, n, day, counted)

    def extended(self, years: Mapping[str, CalendarYear]) -> Calendar:
        """Return the calendar with the holiday notices of a rule file, which replace the same years here."""
        if not years:
            return self
        replaced = {int(key) for key in years}
        rest = {day: name for day, name in self.rest.items() if day.year not in replaced}
        work = {day for day in self.work if day.year not in replaced}
        for year in years.values():
            rest.update(dict.fromkeys(year.rest, "法定节日"))
            work.update(year.work)
            for day in year.work:
                rest.pop(day, None)
        return Calendar(MappingProxyType(rest), frozenset(work), self.years | replaced)


@cache
def published() -> Calendar:
    """Return the calendar of all notices in `chinesecalendar`."""
    from chinese_calendar.constants import holidays, workdays

    rest = {day: HOLIDAY_NAMES.get(name, "法定节日") for day, name in holidays.items()}
    return Calendar(MappingProxyType(rest), frozenset(workdays), frozenset(day.year for day in rest))


def weekday(day: date) -> str:
    """Return the weekday in Chinese: 星期三."""
    return f"星期{WEEKDAYS[day.weekday()]}"
