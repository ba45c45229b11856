"""Parses dates and times in common notations: 2019/4/25 9:32:09, 2019年4月25日, 2019-04-25T09:32, 43580.4."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from consult.text.numerals import read_number

_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?"
    r"(?:[\sT,]*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?\s*"
    r"(?P<half>凌晨|早上|上午|中午|下午|晚上|AM|PM)?\s*"
    r"(?P<hour>\d{1,2})\s*[:时点]\s*(?:(?P<minute>\d{1,2})\s*分?)?\s*(?::?\s*(?P<second>\d{1,2})(?:[.,]\d+)?\s*秒?)?"
    r"\s*(?P<after>AM|PM)?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_COMPACT: Final = re.compile(
    r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[T_ ]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?"
)
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?")
_EPOCH_SECONDS: Final = re.compile(r"(1\d{9})(\d{3})?")
_FIRST_SERIAL, _LAST_SERIAL = 25_569, 73_050  # 1970 to 2099, as spreadsheet serial days since 1899-12-30
_NOON: Final = 12
_DAY: Final = re.compile(r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)")
_CHINESE_DAY: Final = re.compile(
    r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
_CHINESE_YEAR: Final = re.compile(r"[〇○零一二三四五六七八九]{4}(?=年)")
_CHINESE_PART: Final = re.compile(r"[〇零一二三四五六七八九十廿]{1,3}(?=[月日号时点分秒])")
_CLOCK: Final = r"\d{1,2}\s*(?:[:时点]\s*\d{0,2}\s*分?(?:\s*:?\s*\d{1,2}\s*秒?)?)"
_DAY_OF_WEEK: Final = re.compile(r"[\s,]*\(?(?:星期|周|礼拜)[一二三四五六日天]\)?\s*")
_HALF_ALONE: Final = re.compile(r"(?<=[日号\d])\s*(?:凌晨|早上|上午|中午|下午|晚上|全天|左右)$")
_SPAN: Final = re.compile(rf"^(.*{_CLOCK})\s*(?:至|到|[-~—–]+)\s*(?:凌晨|早上|上午|中午|下午|晚上)?\s*{_CLOCK}$")
"""A span of time within one day: 2026-11-20 09:05 至 09:30."""
_TIME: Final = (
    r"(?P<half>凌晨|早上|上午|中午|下午|晚上|AM|PM)?\s*"
    r"(?P<hour>\d{1,2})\s*[:时点]\s*(?:(?P<minute>\d{1,2})\s*分?)?\s*(?::?\s*(?P<second>\d{1,2})\s*秒?)?"
)
_WEEKDAY: Final = r"(?:[\s,]*\(?(?:星期|周)[一二三四五六日天]\)?)?"
_PARTIAL: Final = tuple(
    re.compile(rf"{day}(?:{_WEEKDAY}\s*{_TIME})?", re.IGNORECASE)
    for day in (
        r"(?P<a>\d{1,2})\s*[-/.年]\s*(?P<b>\d{1,2})\s*[-/.月]\s*(?P<c>\d{4}|\d{1,2})\s*[日号]?",
        r"(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]?",
        r"(?P<a>\d{1,2})\s*[-/.]\s*(?P<b>\d{1,2})",
        r"(?P<day>\d{1,2})\s*[日号]",
        r"",
    )
)
"""Dates written in part, or so that their parts may mean one thing or another."""
_CENTURY: Final = 1000
_DIGITS: Final = {**{character: n for n, character in enumerate("零一二三四五六七八九")}, "〇": 0, "○": 0}


@dataclass(frozen=True, slots=True)
class Moment:
    """A parsed, aware datetime; with ``whole_day``, only the date was given and ``at`` is its midnight."""

    at: datetime
    whole_day: bool = False


@lru_cache(maxsize=4096)
def parse_datetime(words: str, zone: tzinfo) -> Moment | None:
    """Parse a date or a datetime; ``zone`` applies if none is written.

    Returns None for a date that doesn't exist (二月三十日) or is ambiguous (4/5/2019).
    """
    plain = unicodedata.normalize("NFKC", words).strip()
    try:
        match = _WRITTEN.fullmatch(plain) or _COMPACT.fullmatch(plain)
        if match:
            return _from_fields({**dict.fromkeys(("half", "after", "zone")), **match.groupdict()}, zone)
        return _from_number(plain, zone)
    except (ValueError, OverflowError):
        return None


def read_datetime(words: str, zone: tzinfo) -> Moment | None:
    """Parse a date as ``parse_datetime`` does, in Chinese numerals too, and of a span within a day its beginning."""
    return parse_datetime(words, zone) or parse_datetime(_in_figures(words), zone)


def complete_datetime(words: str, zone: tzinfo, first: date, last: date) -> Moment | None:
    """Complete a date that is written in part or ambiguously (11月10日, 26-11-20, 10日, 09:05) from a period.

    Returns None unless exactly one day of the period (``first`` to ``last``, both included) fits.
    """
    plain = _in_figures(words)
    for pattern in _PARTIAL:
        match = pattern.fullmatch(plain)
        if match is None:
            continue
        fields = {**dict.fromkeys(("a", "b", "c", "month", "day")), **match.groupdict()}
        days = {day for day in _days(fields, first, last) if first <= day <= last}
        if len(days) != 1:
            return None
        (day,) = days
        known = {"year": str(day.year), "month": str(day.month), "day": str(day.day)}
        try:
            return _from_fields({**dict.fromkeys(("half", "after", "zone")), **fields, **known}, zone)
        except (ValueError, OverflowError):
            return None
    return None


def _days(fields: dict[str, str | None], first: date, last: date) -> Iterator[date]:
    """Yield the days that the parts of a date may mean, as far as the period's years and months go."""
    a, b, c, month, day = (int(value) if value else None for value in map(fields.get, ("a", "b", "c", "month", "day")))
    years = range(first.year, last.year + 1)
    written: list[tuple[int, int, int]] = []
    if a is not None and b is not None and c is not None:
        written = [(_century(a), b, c), (_century(c), a, b), (_century(c), b, a)]
    elif a is not None and b is not None:
        written = [(year, *pair) for year in years for pair in ((a, b), (b, a))]
    elif month is not None and day is not None:
        written = [(year, month, day) for year in years]
    elif day is not None:
        written = [(year, n, day) for year in years for n in range(1, 13)]
    else:
        yield from (first + timedelta(days=n) for n in range(min(2, (last - first).days + 1)))
    for parts in written:
        with contextlib.suppress(ValueError):
            yield date(*parts)


def _century(year: int) -> int:
    return year if year >= _CENTURY else 2000 + year


def _in_figures(words: str) -> str:
    """Return a date in one notation: Chinese numerals as figures, of a span within a day its beginning."""
    plain = unicodedata.normalize("NFKC", words).strip()
    plain = _CHINESE_YEAR.sub(lambda match: "".join(str(_DIGITS[digit]) for digit in match[0]), plain)
    plain = _CHINESE_PART.sub(lambda match: str(read_number(match[0].replace("廿", "二十")) or match[0]), plain)
    plain = _HALF_ALONE.sub("", _DAY_OF_WEEK.sub(" ", plain)).strip()
    return _SPAN.sub(r"\1", plain)


def _from_fields(fields: dict[str, str | None], zone: tzinfo) -> Moment:
    day = datetime(int(fields["year"] or 0), int(fields["month"] or 0), int(fields["day"] or 0), tzinfo=zone)
    if fields["hour"] is None:
        return Moment(day, whole_day=True)
    hour = int(fields["hour"])
    half = (fields["half"] or fields["after"] or "").upper()
    if half in ("PM", "下午", "晚上") and hour < _NOON:
        hour += _NOON
    elif half in ("AM", "凌晨") and hour == _NOON:
        hour = 0
    days, hour = divmod(hour, 24) if hour == 24 else (0, hour)
    at = day.replace(hour=hour, minute=int(fields["minute"] or 0), second=int(fields["second"] or 0))
    return Moment(at.replace(tzinfo=_zone(fields["zone"], zone)) + timedelta(days=days))


def _zone(written: str | None, zone: tzinfo) -> tzinfo:
    if not written:
        return zone
    if written.upper() in ("Z", "UTC"):
        return UTC
    digits = written[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if written[0] == "-" else offset)


def _from_number(plain: str, zone: tzinfo) -> Moment | None:
    """Parse a spreadsheet's serial day, or seconds or milliseconds since 1970."""
    if _SERIAL.fullmatch(plain) and _FIRST_SERIAL <= float(plain) <= _LAST_SERIAL:
        seconds = round(float(plain) * 86_400)
        at = datetime(1899, 12, 30) + timedelta(seconds=seconds)  # noqa: DTZ001 - the time zone is added below
        return Moment(at.replace(tzinfo=zone), whole_day="." not in plain)
    since_epoch = _EPOCH_SECONDS.fullmatch(plain)
    return Moment(datetime.fromtimestamp(int(since_epoch[1]), UTC)) if since_epoch else None


def find_dates(text: str) -> set[date]:
    """Return all dates in a text that have a year, also in Chinese numerals (二〇二六年十月三十日)."""
    plain = unicodedata.normalize("NFKC", text)
    written = [match.groups() for match in _DAY.finditer(plain)]
    written += [
        (str(int("".join(str(_DIGITS[digit]) for digit in year))), str(read_number(month)), str(read_number(day)))
        for year, month, day in _CHINESE_DAY.findall(plain)
    ]
    dates = set()
    for year, month, day in written:
        with contextlib.suppress(ValueError):
            dates.add(date(int(year), int(month), int(day)))
    return dates
