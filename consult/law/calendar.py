"""The official working-day calendar: working days, days of rest, and days not yet announced.

The State Council's office publishes each year's holidays and make-up working days (调休) late in the year
before. The days of a year without such a notice are `unknown`; what they are presumed to be follows from weekends and
the statutory holidays. The package `chinesecalendar` contains the notices; a later notice is entered at the desk or by
command (`consult.calendars`), or stands in the department's rule file (`[[calendar]]`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from consult.law.holidays import nearest_name, statutory_days
from consult.law.rule_rows import CalendarYear, HolidayRule

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
    and `counted` says how many working days could be counted before it. `presumed` is the day with the rest presumed.
    """

    start: date
    n: int
    day: date | None
    counted: int
    presumed: date
    unknown_year: int | None = None

    @property
    def known(self) -> bool:
        """Whether the day could be computed."""
        return self.day is not None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Published holiday notices: days off by Chinese name, weekend days worked, the years covered.

    `holidays` are the statutory ones, by which days of other years are presumed to be rest; `sources` cites the notice
    of a year where it was entered here.
    """

    rest: Mapping[date, str] = field(repr=False)
    work: frozenset[date] = field(repr=False)
    years: frozenset[int]
    holidays: tuple[HolidayRule, ...] = field(default=(), repr=False)
    sources: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def day_kind(self, day: date) -> DayKind:
        """Return whether a day is a working day, a day of rest, or in a year without a published notice."""
        if day.year not in self.years:
            return DayKind.UNKNOWN
        if day in self.work:
            return DayKind.WORKING
        if day in self.rest or day.weekday() >= SATURDAY:
            return DayKind.REST
        return DayKind.WORKING

    def statutory(self, year: int) -> Mapping[date, str]:
        """Return the statutory holidays of a year with their names."""
        return statutory_days(self.holidays, year)

    def is_rest(self, day: date) -> bool:
        """Whether a day is a day of rest, or presumed to be one if its year has no notice yet."""
        kind = self.day_kind(day)
        return kind is DayKind.REST or (kind is DayKind.UNKNOWN and self.presumes_rest(day))

    def presumes_rest(self, day: date) -> bool:
        """Whether a day of a year without a notice is presumed rest: a weekend or a statutory holiday."""
        return day.weekday() >= SATURDAY or day in self.statutory(day.year)

    def after_rest(self, day: date) -> date:
        """Return the day, or the first after the rest that it belongs to (《民法典》第二百零三条第一款)."""
        while self.is_rest(day):
            day += ONE_DAY
        return day

    def source(self, year: int) -> str:
        """Cite the State Council's notice of a year."""
        return self.sources.get(year) or f"国务院办公厅关于{year}年部分节假日安排的通知"

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
        unknown: tuple[int, int] | None = None
        while counted < abs(n):
            day += step
            if unknown is None and self.day_kind(day) is DayKind.UNKNOWN:
                unknown = day.year, counted
            counted += not self.is_rest(day)
        if unknown is not None:
            return WorkingDays(start, n, None, unknown[1], day, unknown[0])
        return WorkingDays(start, n, day, counted, day)

    def extended(self, years: Mapping[str, CalendarYear]) -> Calendar:
        """Return the calendar with the notices of a rule file or the desk, which replace those of the same years here.

        A statutory holiday is a day of rest, listed or not.
        """
        if not years:
            return self
        replaced = {int(key) for key in years}
        rest = {day: name for day, name in self.rest.items() if day.year not in replaced}
        work = {day for day in self.work if day.year not in replaced}
        for key, year in years.items():
            statutory = self.statutory(int(key))
            rest.update({day: nearest_name(statutory, day) for day in year.rest} | dict(statutory))
            work.update(year.work)
            for day in year.work:
                rest.pop(day, None)
        sources = {**self.sources, **{int(key): year.cited for key, year in years.items()}}
        return replace(
            self,
            rest=MappingProxyType(rest),
            work=frozenset(work),
            years=self.years | replaced,
            sources=MappingProxyType(sources),
        )


@cache
def published() -> Calendar:
    """Return the calendar of all notices in `chinesecalendar`."""
    from chinese_calendar.constants import holidays, workdays

    rest = {day: HOLIDAY_NAMES.get(name, "法定节日") for day, name in holidays.items()}
    return Calendar(MappingProxyType(rest), frozenset(workdays), frozenset(day.year for day in rest))


def weekday(day: date) -> str:
    """Return the weekday in Chinese: 星期三."""
    return f"星期{WEEKDAYS[day.weekday()]}"
