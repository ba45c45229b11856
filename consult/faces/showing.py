"""How pages write dates, numbers and deadlines: the template filters that all faces share."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Flask

from consult.clock import local
from consult.text.anchors import in_words

INSTANT = timedelta(microseconds=1)


def day(moment: datetime | date | None) -> str:
    """Return the local day, ``2026年11月26日``; nothing for nothing."""
    if moment is None:
        return ""
    there = local(moment).date() if isinstance(moment, datetime) else moment
    return f"{there.year}年{there.month}月{there.day}日"


def short_day(moment: datetime | date | None) -> str:
    """Return the local day without its year, ``11月26日``."""
    return day(moment).partition("年")[2]


def moment(at: datetime | None) -> str:
    """Return the local day and minute, ``2026年11月26日 15:04``."""
    return f"{day(at)} {local(at):%H:%M}" if at is not None else ""


def last_moment(closes_at: datetime | None) -> str:
    """Return the end of a period as people say it; ``closes_at`` is the first moment after it.

    Midnight is the 24:00 of the day before (Civil Code, article 203): ``11月26日 24:00``.
    """
    if closes_at is None:
        return ""
    if local(closes_at).strftime("%H:%M:%S") == "00:00:00":
        return f"{short_day(closes_at - INSTANT)} 24:00"
    return f"{short_day(closes_at)} {local(closes_at):%H:%M}"


def last_day(closes_at: datetime) -> date:
    """Return the local day on which a period ends; ``closes_at`` is the first moment after it."""
    return local(closes_at - INSTANT).date()


def days_left(closes_at: datetime | None, now: datetime) -> int | None:
    """Return the local days left, today counted: 1 on the last day; None once the period is over."""
    if closes_at is None or now >= closes_at:
        return None
    return (last_day(closes_at) - local(now).date()).days + 1


def thousands(n: int) -> str:
    """Return a number with commas: ``1,284``."""
    return f"{n:,}"


def file_size(n: int) -> str:
    """Return a size in bytes as people read it: ``812 KB``, ``3.4 MB``."""
    if n < 1024 * 1024:
        return f"{max(1, round(n / 1024))} KB"
    return f"{n / (1024 * 1024):.1f} MB".replace(".0 MB", " MB")


def provision_words(anchor: str) -> str:
    """Return an anchor as a citation: 第十二条第二款; what is no anchor, as it is."""
    try:
        return in_words(anchor)
    except ValueError:
        return anchor


def register(app: Flask) -> None:
    """Give every template these filters, and the settings as ``settings``; leave no blank lines where tags stood."""
    for filter_ in (day, short_day, moment, last_moment, days_left, thousands, file_size, provision_words):
        app.add_template_filter(filter_)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["settings"] = app.config["SETTINGS"]
