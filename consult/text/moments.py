"""Days and moments as people and programs write them: 2019/4/25 9:32:09, 2019年4月25日, 2019-04-25T09:32, 43580.4."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

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
_FIRST_SERIAL, _LAST_SERIAL = 25_569, 73_050  # 1970 to 2099, in a spreadsheet's days since 1899-12-30
_NOON: Final = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that somebody wrote (aware); ``whole_day`` when only the day was given, its first moment then."""

    at: datetime
    whole_day: bool = False


@lru_cache(maxsize=4096)
def read_moment(words: str, zone: tzinfo) -> Moment | None:
    """Read a day or a moment; ``zone`` is the local time that is meant where none is written.

    Returns None for what is no day that there is (二月三十日), or can be read in two ways (4/5/2019).
    """
    plain = unicodedata.normalize("NFKC", words).strip()
    try:
        found = _WRITTEN.fullmatch(plain) or _COMPACT.fullmatch(plain)
        if found:
            return _from_fields({**dict.fromkeys(("half", "after", "zone")), **found.groupdict()}, zone)
        return _from_number(plain, zone)
    except (ValueError, OverflowError):
        return None


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
    """Read a spreadsheet's day number, or seconds or milliseconds since 1970."""
    if _SERIAL.fullmatch(plain) and _FIRST_SERIAL <= float(plain) <= _LAST_SERIAL:
        seconds = round(float(plain) * 86_400)
        at = datetime(1899, 12, 30) + timedelta(seconds=seconds)  # noqa: DTZ001 - local time is put on below
        return Moment(at.replace(tzinfo=zone), whole_day="." not in plain)
    since_epoch = _EPOCH_SECONDS.fullmatch(plain)
    return Moment(datetime.fromtimestamp(int(since_epoch[1]), UTC)) if since_epoch else None
