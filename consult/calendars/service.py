"""Enters the State Council's notice of a year: checked, cited, and never changed but by another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.calendars import in_force
from consult.calendars.errors import CalendarRefused
from consult.calendars.models import CalendarNotice
from consult.clock import local
from consult.law import year_notices
from consult.law.calendar import Calendar
from consult.law.rule_rows import Basis, CalendarYear
from consult.ledger.service import digest, record
from consult.store import db, transaction
from consult.store.locking import advisory_lock

YEARS = range(2000, 2100)
"""Years that have the present form of notice, and a lunar table."""
BASIS_CHARACTERS = 300
_NAMED_YEAR = re.compile(r"(\d{4})年部分节假日")
URL_CHARACTERS = 500


@dataclass(frozen=True)
class YearNotice:
    """The notice of a year as it was typed or read from a file, unchecked; days in the order given, doubles too."""

    year: int
    rest: tuple[date, ...]
    work: tuple[date, ...]
    basis: str
    issued_on: date | None = None
    url: str = ""


def checked(notice: YearNotice, *, at: datetime) -> tuple[str, ...]:
    """Return what is unusual in a notice, to look at again.

    Raises:
        CalendarRefused: its days, its year or its source can't be right; the message names all that is wrong.
    """
    if notice.year not in YEARS:
        raise CalendarRefused(f"年份应当在{YEARS[0]}年和{YEARS[-1]}年之间，现在是{notice.year}年。", "year")
    notice_check = year_notices.check(notice.year, notice.rest, notice.work, in_force.calendar())
    if notice_check.faults:
        raise CalendarRefused(f"{notice.year}年放假安排不能登记：{'；'.join(notice_check.faults)}。", "rest")
    _check_source(notice, local(at).date())
    early = notice.year > local(at).year + 1
    return (
        *notice_check.warnings,
        *([f"{notice.year}年的放假通知通常到{notice.year - 1}年年底才公布，请核对年份"] * early),
    )


def _check_source(notice: YearNotice, today: date) -> None:
    if sum(character.isalnum() for character in notice.basis) < 4:
        raise CalendarRefused("请写明依据：国务院办公厅通知的名称和文号。", "basis")
    if len(notice.basis) > BASIS_CHARACTERS:
        raise CalendarRefused(f"依据有{len(notice.basis)}字，最多{BASIS_CHARACTERS}字，请缩短。", "basis")
    named = _NAMED_YEAR.search(notice.basis)
    if named is not None and int(named[1]) != notice.year:
        raise CalendarRefused(f"依据写的是{named[1]}年的通知，不能登记为{notice.year}年，请核对。", "basis")
    if notice.issued_on is not None and notice.issued_on > today:
        raise CalendarRefused(f"通知的发布日期{notice.issued_on.isoformat()}还没有到，请核对。", "issued_on")
    if notice.issued_on is not None and notice.issued_on.year < notice.year - 1:
        raise CalendarRefused(
            f"通知的发布日期{notice.issued_on.isoformat()}早于{notice.year - 1}年，请核对是否为{notice.year}年的通知。",
            "issued_on",
        )
    if notice.url and (not notice.url.startswith(("https://", "http://")) or len(notice.url) > URL_CHARACTERS):
        raise CalendarRefused("网址应当以 https:// 或者 http:// 开头，最多500字。", "url")


def preview(notice: YearNotice) -> Calendar:
    """Return the calendar as it would be with a notice."""
    row = CalendarYear(str(notice.year), (Basis(note=notice.basis),), notice.rest, notice.work)
    return in_force.calendar().extended({row.id: row})


def set_year(actor: Actor, notice: YearNotice, *, at: datetime, seen: int | None = None) -> CalendarNotice:
    """Enter the notice of a year; one that was entered before stays in the record and is replaced.

    Arguments:
        seen: the id of the notice that was in force when the form was opened, 0 for none; another one is not
            replaced unseen. None: whatever is there is replaced.

    Raises:
        CalendarRefused: see ``checked``; or somebody entered one meanwhile, or it is the same as the one in force.
    """
    require(actor, Act.SET_CALENDAR)
    checked(notice, at=at)
    with transaction() as session:
        advisory_lock("calendar")
        before = session.scalar(
            select(CalendarNotice).where(CalendarNotice.year == notice.year).order_by(CalendarNotice.id.desc()).limit(1)
        )
        if seen is not None and seen != (before.id if before is not None else 0):
            raise CalendarRefused(f"他人已登记{notice.year}年的放假安排，请刷新页面核对后再登记。", "year")
        row = CalendarNotice(
            year=notice.year,
            rest=[day.isoformat() for day in sorted(notice.rest)],
            work=[day.isoformat() for day in sorted(notice.work)],
            basis=notice.basis.strip(),
            issued_on=notice.issued_on,
            url=notice.url.strip(),
            at=at,
            by_id=actor.id,
        )
        if before is not None and _content(before) == _content(row):
            raise CalendarRefused(f"与已登记的{notice.year}年放假安排相同，无需重复登记。", "rest")
        session.add(row)
        session.flush()
        record(
            actor,
            Act.SET_CALENDAR,
            f"calendar:{notice.year}",
            at=at,
            content_digest=digest(_content(row)),
            year=notice.year,
            rest=len(row.rest),
            work=len(row.work),
            basis=row.basis,
            replaces=before.id if before is not None else None,
        )
    in_force.forget()
    return db.session.get_one(CalendarNotice, row.id)


def _content(row: CalendarNotice) -> dict[str, object]:
    issued = row.issued_on.isoformat() if row.issued_on is not None else None
    return {
        "year": row.year,
        "rest": row.rest,
        "work": row.work,
        "basis": row.basis,
        "issued_on": issued,
        "url": row.url,
    }
