"""Enters a year's notice with what it moves, and extends at one confirmation what has to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.calendars import in_force
from consult.calendars import service as calendars
from consult.calendars.errors import CalendarRefused
from consult.calendars.models import CalendarNotice
from consult.calendars.service import YearNotice
from consult.clock import local
from consult.consultees import deadlines, extensions
from consult.consultees.models import Invitation, Listed
from consult.drafting import publication
from consult.drafting.models import Consultation
from consult.law.calendar import Calendar
from consult.ledger.service import record
from consult.postponement import moves
from consult.postponement.moves import Effect, Move
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_rows

ASKED_FROM_MONTH = 11
"""Month from which the notice of the next year is asked for: it comes out in November (the earliest was 25 October)."""


@dataclass(frozen=True)
class Entered:
    """What became of a notice: what is unusual in it, what it moves, what stands all the same.

    ``notice`` is None where it was only tried.
    """

    notice: CalendarNotice | None
    warnings: tuple[str, ...]
    moved: list[Move]
    stands: list[Move]


def try_year(actor: Actor, notice: YearNotice, *, at: datetime) -> Entered:
    """Check a notice and return what it would move, without entering it.

    Raises:
        CalendarRefused: see ``calendars.service.checked``.
    """
    require(actor, Act.SET_CALENDAR)
    warnings = calendars.checked(notice, at=at)
    return _entered(None, warnings, in_force.calendar(), calendars.preview(notice), notice.year, at)


def set_year(actor: Actor, notice: YearNotice, *, at: datetime, seen: int | None = None) -> Entered:
    """Enter the notice of a year, and return what it moves; see ``calendars.service.set_year``."""
    require(actor, Act.SET_CALENDAR)
    before = in_force.calendar()
    warnings = calendars.checked(notice, at=at)
    row = calendars.set_year(actor, notice, at=at, seen=seen)
    return _entered(row, warnings, before, in_force.calendar(), notice.year, at)


def _entered(
    row: CalendarNotice | None, warnings: tuple[str, ...], before: Calendar, after: Calendar, year: int, at: datetime
) -> Entered:
    every = [*moves.of_periods(after, at), *moves.of_invitations(after, at), *moves.of_clocks(before, after, at)]
    here = [move for move in every if move.touches(year)]
    return Entered(
        row,
        warnings,
        [move for move in here if move.effect is not Effect.STANDS],
        [move for move in here if move.effect is Effect.STANDS],
    )


def pending(at: datetime, year: int | None = None) -> list[Move]:
    """Return the last days that wait to be extended by the calendar in force, those of one year or all."""
    return [move for move in _of_known_years(at) if move.effect is Effect.POSTPONED and _is_of(move, year)]


def standing(at: datetime, year: int) -> list[Move]:
    """Return the last days of a year that the calendar in force counts differently, and that don't move."""
    return [move for move in _of_known_years(at) if move.effect is Effect.STANDS and _is_of(move, year)]


def _of_known_years(at: datetime) -> list[Move]:
    by = in_force.calendar()
    every = [*moves.of_periods(by, at), *moves.of_invitations(by, at)]
    return [move for move in every if move.before.year in by.years]


def _is_of(move: Move, year: int | None) -> bool:
    return year is None or move.before.year == year


def proposed(actor: Actor, year: int, *, at: datetime) -> list[Move]:
    """Return what ``apply`` would extend; raises as it does."""
    require(actor, Act.APPLY_CALENDAR)
    if year not in in_force.calendar().years:
        raise CalendarRefused(f"{year}年放假安排尚未登记，不能顺延。请先登记国务院办公厅的通知。", "year")
    return pending(at, year)


def apply(actor: Actor, year: int, *, at: datetime) -> list[Move]:
    """Extend every period and deadline that the notice of a year moves, all or none; return what was extended.

    Raises:
        NotAllowed: the actor doesn't publish.
        CalendarRefused: the notice of the year isn't known.
    """
    waiting = proposed(actor, year, at=at)
    with transaction():
        advisory_lock("calendar")
        lock_rows(Consultation, sorted({move.consultation.id for move in waiting}))
        lock_rows(Listed, _places(waiting))
        done = pending(at, year)  # as of the locks: somebody may have extended or withdrawn one
        for move in done:
            _extend(actor, move, at)
        if done:
            record(
                actor,
                Act.APPLY_CALENDAR,
                f"calendar:{year}",
                at=at,
                year=year,
                moved=[
                    {
                        "slug": move.slug,
                        "what": move.what,
                        "from": move.before.isoformat(),
                        "to": move.after.isoformat(),
                    }
                    for move in done
                ],
            )
    return done


def _places(waiting: list[Move]) -> list[int]:
    """Return the ids of the rows of lists whose invitations wait, in the order of locks."""
    invitations = [move.key for move in waiting if move.what != moves.PERIOD]
    query = select(Listed.id).join(
        Invitation,
        (Invitation.consultation_id == Listed.consultation_id) & (Invitation.consultee_id == Listed.consultee_id),
    )
    return list(db.session.scalars(query.where(Invitation.id.in_(invitations)).order_by(Listed.id)))


def _extend(actor: Actor, move: Move, at: datetime) -> None:
    if move.what == moves.PERIOD:
        reason = publication.postponement_reason(move.before, move.after)
        publication.extend_period(actor, move.consultation, last_day=move.after, reason=reason, at=at)
        return
    invitation = db.session.get_one(Invitation, move.key)
    day, words = deadlines.recount(invitation, in_force.calendar())
    extensions.postpone(actor, invitation, day, words, at=at)


class Wanted(NamedTuple):
    """The notice of a year that somebody has to enter, and how many last days are provisional until then."""

    year: int
    provisional: int


def wanted(at: datetime) -> list[Wanted]:
    """Return the years whose notice is asked for: this one, and from November on the next."""
    today = local(at).date()
    years: Sequence[int] = (today.year, today.year + 1) if today.month >= ASKED_FROM_MONTH else (today.year,)
    known = in_force.calendar().years
    return [Wanted(year, len(provisional(at, year))) for year in years if year not in known]


def provisional(at: datetime, year: int) -> list[tuple[Consultation, date]]:
    """Return the released periods whose last day, not over yet, is in a year, with that day."""
    rows = moves.running(at)
    return [(each, each.last_day) for each in rows if each.last_day is not None and each.last_day.year == year]
