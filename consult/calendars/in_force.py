"""The calendar in force: the published notices, those of the rule file, and over them those that were entered.

Every stage asks here, never the rules alone, so that a notice counts in every process as soon as it is entered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from flask import current_app, g
from sqlalchemy import select

from consult.app_context import rules
from consult.calendars.models import CalendarNotice
from consult.law.calendar import Calendar
from consult.law.periods import in_words
from consult.law.rule_rows import Basis, CalendarYear
from consult.law.rules import Rules
from consult.store import db

KEPT = "consult.calendar"
"""Key in the application's extensions: the calendar, with what it was made from."""
ASKED = "consult_calendar"
"""Name in ``g``: the calendar, looked up once for each request, command or job."""


def calendar() -> Calendar:
    """Return the calendar in force."""
    if ASKED not in g:
        setattr(g, ASKED, _calendar())
    return cast(Calendar, getattr(g, ASKED))


def rules_in_force() -> Rules:
    """Return the rules with the notices that were entered among their calendars."""
    return replace(rules(), calendars={**rules().calendars, **_entered()})


def forget() -> None:
    """Look the calendar up again: a notice was entered."""
    g.pop(ASKED, None)


def notice_of(year: int) -> CalendarNotice | None:
    """Return the notice of a year that is in force, of those that were entered."""
    query = select(CalendarNotice).where(CalendarNotice.year == year).order_by(CalendarNotice.id.desc()).limit(1)
    return db.session.scalar(query)


def notices(year: int) -> list[CalendarNotice]:
    """Return every notice that was entered for a year, the newest first."""
    query = select(CalendarNotice).where(CalendarNotice.year == year).order_by(CalendarNotice.id.desc())
    return list(db.session.scalars(query))


def _calendar() -> Calendar:
    newest = db.session.execute(
        select(CalendarNotice.id, CalendarNotice.at).order_by(CalendarNotice.id.desc()).limit(1)
    ).one_or_none()
    made_from = (rules(), tuple(newest) if newest is not None else None)
    kept = current_app.extensions.get(KEPT)
    if kept is None or kept[0][0] is not made_from[0] or kept[0][1] != made_from[1]:
        kept = current_app.extensions[KEPT] = (made_from, rules_in_force().calendar)
    return cast(Calendar, kept[1])


def _entered() -> dict[str, CalendarYear]:
    rows = db.session.scalars(select(CalendarNotice).order_by(CalendarNotice.id))
    return {str(row.year): as_year(row) for row in rows}


def as_year(row: CalendarNotice) -> CalendarYear:
    """Return a notice as the row of a rule file that it would be."""
    issued = f"（{in_words(row.issued_on)}发布）" if row.issued_on is not None else ""
    return CalendarYear(str(row.year), (Basis(note=row.basis + issued),), row.rest_days, row.work_days)
