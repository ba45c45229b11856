"""Reads the days of a year out of lines as a holiday notice has them: single days and stretches."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

_NOTE = re.compile(r"\([^()]*\)")
_DAY = r"(?:(?P<year{0}>\d{{4}})\s*[-/.年]\s*)?(?:(?P<month{0}>\d{{1,2}})\s*[-/.月]\s*)?(?P<day{0}>\d{{1,2}})\s*日?"
_SINGLE = re.compile(_DAY.format("1"))
_STRETCH = re.compile(_DAY.format("1") + r"\s*(?:至|到|~|—+|–|-{2}|\s-\s)\s*" + _DAY.format("2"))
_SEPARATORS = re.compile(r"[\n,;、]+")
LONGEST = 31
"""Days of a stretch; a longer one is a slip."""


def read_days(text: str, year: int) -> tuple[tuple[date, ...], tuple[str, ...]]:
    """Return the days that lines name, in their order, and the parts that can't be read.

    A part is a day or a stretch: 2027-02-05, 2月5日至11日, 2月5日（除夕、星期五）至2月11日.

    Arguments:
        year: stands for one that isn't written.
    """
    days: list[date] = []
    unread: list[str] = []
    for part in _SEPARATORS.split(_NOTE.sub("", unicodedata.normalize("NFKC", text))):
        words = part.strip()
        if not words:
            continue
        read = _days(words, year)
        days += read
        if not read:
            unread.append(words)
    return tuple(days), tuple(unread)


def _days(words: str, year: int) -> list[date]:
    match = _SINGLE.fullmatch(words) or _STRETCH.fullmatch(words)
    if match is None:
        return []
    fields = match.groupdict()
    try:
        first = date(int(fields["year1"] or year), int(fields["month1"] or 0), int(fields["day1"]))
        if "day2" not in fields:
            return [first]
        last = date(int(fields["year2"] or first.year), int(fields["month2"] or first.month), int(fields["day2"]))
    except ValueError:
        return []
    length = (last - first).days
    return [first + timedelta(days=n) for n in range(length + 1)] if 0 <= length < LONGEST else []


def stretches(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each stretch of days that follow each other."""
    first = last = None
    for day in sorted(set(days)):
        if last is not None and first is not None and day - last != timedelta(days=1):
            yield first, last
            first = None
        first, last = first or day, day
    if first is not None and last is not None:
        yield first, last


def as_lines(days: Iterable[date]) -> str:
    """Return days as lines that ``read_days`` reads."""
    lines = (f"{first}" if first == last else f"{first} 至 {last}" for first, last in stretches(days))
    return "\n".join(lines)
