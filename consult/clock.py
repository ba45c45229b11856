"""The clock: the one place that asks what time it is, and the local time that pages show."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """Return an aware moment as Asia/Shanghai shows it."""
    return moment.astimezone(LOCAL)


def midnight(day: date) -> datetime:
    """Return the first moment of a local day, in UTC."""
    return datetime.combine(day, time.min, LOCAL).astimezone(UTC)
