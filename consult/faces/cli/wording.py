"""How commands write days and moments, as the pages do."""

from __future__ import annotations

from datetime import datetime, timedelta

from consult.clock import local


def moment_words(moment: datetime | None) -> str:
    """Return a moment in local time, ``2026-11-24 15:04``; nothing for nothing."""
    return f"{local(moment):%Y-%m-%d %H:%M}" if moment is not None else ""


def end_words(closes_at: datetime | None) -> str:
    """Return the end of a period as people say it: its last day and 24时."""
    if closes_at is None:
        return ""
    last = local(closes_at) - timedelta(microseconds=1)
    return f"{last:%Y-%m-%d} 24时" if local(closes_at).hour == 0 else moment_words(closes_at)


def local_iso(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 with the local offset."""
    return local(moment).isoformat(timespec="seconds") if moment is not None else None
