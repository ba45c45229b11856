"""How pages write dates, numbers and deadlines in their language: the template filters that all faces share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from babel.dates import format_date
from flask import Flask

from consult.clock import local
from consult.faces import citations
from consult.faces.i18n import gettext
from consult.faces.languages import ENGLISH, language
from consult.law.calendar import weekday
from consult.law.rule_rows import Unit
from consult.privacy import terms
from consult.text.percentages import shares

INSTANT = timedelta(microseconds=1)


def day(moment: datetime | date | None) -> str:
    """Return the local day, ``2026年11月26日`` or ``26 November 2026``; nothing for nothing."""
    if moment is None:
        return ""
    there = _local_day(moment)
    if language() is ENGLISH:
        return format_date(there, "d MMMM y", ENGLISH.locale)
    return f"{there.year}年{there.month}月{there.day}日"


def short_day(moment: datetime | date | None, near: datetime | date | None = None) -> str:
    """Return the local day without its year, ``11月26日`` or ``26 November``; with it where ``near`` has another."""
    if moment is None:
        return ""
    there = _local_day(moment)
    if near is not None and _local_day(near).year != there.year:
        return day(there)
    if language() is ENGLISH:
        return format_date(there, "d MMMM", ENGLISH.locale)
    return f"{there.month}月{there.day}日"


def _local_day(moment: datetime | date) -> date:
    return local(moment).date() if isinstance(moment, datetime) else moment


def moment(at: datetime | None) -> str:
    """Return the local day and minute, ``2026年11月26日 15:04``."""
    return gettext("%(day)s %(clock)s", day=day(at), clock=f"{local(at):%H:%M}") if at is not None else ""


def last_moment(closes_at: datetime | None, near: datetime | date | None = None) -> str:
    """Return the end of a period as people say it; ``closes_at`` is the first moment after it.

    Midnight is the 24:00 of the day before (Civil Code, article 203): ``2026年11月26日 24:00``, ``24:00 on 26 November
    2026``. The year is left out where it is that of ``near``, which stands for the day on which the period begins.
    """
    if closes_at is None:
        return ""
    clock = f"{local(closes_at):%H:%M}"
    ends = closes_at
    if local(closes_at).strftime("%H:%M:%S") == "00:00:00":
        ends, clock = closes_at - INSTANT, "24:00"
    day_ = day(ends) if near is None else short_day(ends, near)
    return gettext("%(day)s %(clock)s", day=day_, clock=clock)


def last_day(closes_at: datetime) -> date:
    """Return the local day on which a period ends; ``closes_at`` is the first moment after it."""
    return local(closes_at - INSTANT).date()


def days_left(closes_at: datetime | None, now: datetime) -> int | None:
    """Return the local days left, today counted: 1 on the last day; None once the period is over."""
    if closes_at is None or now >= closes_at:
        return None
    return (last_day(closes_at) - local(now).date()).days + 1


def percentages(counts: Mapping[str, int], total: int) -> dict[str, str]:
    """Return the share of each count in ``total`` as ``62.5%``; with what is missing from it they sum to 100 %."""
    rest = max(0, total - sum(counts.values()))
    return dict(zip(counts, (share.replace(".0%", "%") for share in shares([*counts.values(), rest])), strict=False))


def thousands(n: int) -> str:
    """Return a number with commas: ``1,284``."""
    return f"{n:,}"


def file_size(n: int) -> str:
    """Return a size in bytes as people read it: ``812 KB``, ``3.4 MB``."""
    if n < 1024 * 1024:
        return f"{max(1, round(n / 1024))} KB"
    return f"{n / (1024 * 1024):.1f} MB".replace(".0 MB", " MB")


def sender_data_term() -> str:
    """Return how long name and contact of a sender are kept after a consultation's end: ``3 年``."""
    rule = terms.terms()[terms.SENDER]
    if rule.unit is not Unit.MONTHS:
        return gettext("%(n)s 天", n=rule.length)
    years, months = divmod(rule.length, 12)
    return gettext("%(n)s 个月", n=rule.length) if months else gettext("%(n)s 年", n=years)


def register(app: Flask) -> None:
    """Give every template these filters, and the settings as ``settings``; leave no blank lines where tags stood."""
    for filter_ in (day, weekday, short_day, moment, last_moment, days_left, thousands, file_size, percentages):
        app.add_template_filter(filter_)
    citations.register(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["settings"] = app.config["SETTINGS"]
    app.jinja_env.globals["sender_data_term"] = sender_data_term
