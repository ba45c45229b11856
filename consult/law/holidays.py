"""The statutory holidays of a year (《全国年节及纪念日放假办法》第二条), of fixed date, lunar and by solar term.

Which days they are is known for every year; which days around them are off or worked instead (调休), only from the
State Council's notice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import cast

from consult.law.rule_rows import HolidayRule

COMPUTED = range(1901, 2100)
"""Years of the lunar table; in others only holidays of fixed date are known."""
SOLAR_TERM, NEW_YEARS_EVE = "清明", "除夕"
_FIXED = re.compile(r"(\d{1,2})月(\d{1,2})日")
_LUNAR = re.compile(
    r"(正|[二三四五六七八九十])月(初[一二三四五六七八九十]|十[一二三四五六七八九]|二十|廿[一二三四五六七八九]|三十)"
)
_NUMERALS = "一二三四五六七八九十"
_AROUND = timedelta(days=8)


@lru_cache(maxsize=256)
def statutory_days(rules: tuple[HolidayRule, ...], year: int) -> Mapping[date, str]:
    """Return the statutory holidays of a year with their names; two on one day have both (中秋节、国庆节)."""
    days: dict[date, str] = {}
    for rule in rules:
        for words in rule.days if rule.since <= year <= rule.until else ():
            day = day_of(words, year)
            if day is not None:
                days[day] = f"{days[day]}、{rule.name}" if day in days else rule.name
    return MappingProxyType(dict(sorted(days.items())))


def day_of(words: str, year: int) -> date | None:
    """Return the day of a year that the words name (10月1日, 五月初五, 除夕, 清明); None outside the lunar table.

    Raises:
        ValueError: they name no day.
    """
    if match := _FIXED.fullmatch(words):
        return date(year, int(match[1]), int(match[2]))
    lunar = _LUNAR.fullmatch(words)
    if words not in (SOLAR_TERM, NEW_YEARS_EVE) and lunar is None:
        raise ValueError(f"no day of a year: {words}")
    if year not in COMPUTED:
        return None
    from borax.calendars.lunardate import LunarDate, TermUtils  # needed for few years, and by few commands

    if words == SOLAR_TERM:
        return cast(date, TermUtils.nth_term_day(year, term_name=SOLAR_TERM))
    if lunar is None:
        return cast(date, LunarDate(year, 1, 1).to_solar_date()) - timedelta(days=1)
    month = 1 if lunar[1] == "正" else _NUMERALS.index(lunar[1]) + 1
    return cast(date, LunarDate(year, month, _day_of_month(lunar[2])).to_solar_date())


def _day_of_month(words: str) -> int:
    tens = {"初": 0, "十": 10, "廿": 20}
    if words in ("二十", "三十"):
        return 20 if words == "二十" else 30
    return tens[words[0]] + _NUMERALS.index(words[1]) + 1


def nearest_name(days: Mapping[date, str], day: date) -> str:
    """Return the name of the statutory holiday that a day off belongs to, the nearest; or 法定节日."""
    near = min(days, key=lambda known: abs(known - day), default=None)
    return days[near] if near is not None and abs(near - day) <= _AROUND else "法定节日"
