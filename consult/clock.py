"""The clock: the one place that asks what time it is, and the local time that pages show."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
YEARS = range(1900, 3000)
"""Years that a typed day may be in: its first moment, and that of the day after, have to be ones in UTC, too."""


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """Return an aware moment as Asia/Shanghai shows it."""
    return moment.astimezone(LOCAL)


def midnight(day: date) -> datetime:
    """Return the first moment of a local day, in UTC."""
    return datetime.combine(day, time.min, LOCAL).astimezone(UTC)


def usable_day(day: date) -> date:
    """Return a day that was typed.

    Raises:
        ValueError: its year is none that anybody means.
    """
    if day.year not in YEARS:
        raise ValueError(f"no usable year: {day.year}")
    return day
