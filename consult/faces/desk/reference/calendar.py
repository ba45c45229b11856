"""The calendar of each year: the State Council's notice, what it moves, and the extensions that follow."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, TextAreaField

from consult import clock
from consult.accounts.permissions import Act
from consult.calendars import in_force
from consult.calendars import service as calendars
from consult.calendars.service import YEARS, YearNotice
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.form_fields import DayField, PlainField
from consult.faces.row_ids import row_id
from consult.postponement import service
from consult.postponement.service import Entered
from consult.text.day_lists import as_lines, read_days, stretches

DAYS_CHARACTERS = 8000


class CalendarForm(FlaskForm):
    """The notice of a year: its days, and where they come from."""

    basis = PlainField("通知名称和文号")
    issued_on = DayField("发布日期")
    url = PlainField("网址")
    rest = TextAreaField("放假日")
    work = TextAreaField("调休上班日")
    seen = HiddenField()
    """The notice that was in force when the form was opened."""

    def notice(self, year: int) -> YearNotice | None:
        """Return what was typed; None, with errors at the fields, where days can't be read."""
        read = {}
        for field in (self.rest, self.work):
            typed = field.data or ""
            days, unread = read_days(typed[:DAYS_CHARACTERS], year)
            if len(typed) > DAYS_CHARACTERS:
                field.errors = [*field.errors, f"超过 {DAYS_CHARACTERS} 字，不是一年的放假安排，请核对。"]
            elif unread:
                words = "、".join(f"“{part[:30]}”" for part in unread[:5])
                field.errors = [*field.errors, f"不是日期：{words}。每行写一天，或者起止两天。"]
            read[field.name] = days
        if self.issued_on.data is None and not self.issued_on.errors:
            self.issued_on.errors = [*self.issued_on.errors, "请填写通知的发布日期。"]
        if self.errors:
            return None
        return YearNotice(
            year, read["rest"], read["work"], self.basis.data or "", self.issued_on.data, self.url.data or ""
        )


@desk.get("/calendar")
@allowed_to(Act.SEE_CONSULTATION)
def calendar() -> str:
    """List the years, newest first: known by which notice, or still to come."""
    this_year, known = clock.local(clock.now()).year, in_force.calendar()
    years = sorted({*known.years, this_year, this_year + 1}, reverse=True)
    rows = [(year, known.source(year) if year in known.years else "") for year in years]
    return render_template("desk/reference/calendars.html", rows=rows)


@desk.get("/calendar/<int:year>")
@allowed_to(Act.SEE_CONSULTATION)
def calendar_year(year: int) -> str:
    """Show the calendar of a year, what waits to be extended by it, and the form of its notice."""
    _expect(year)
    return _page(year, _blank(year))


@desk.post("/calendar/<int:year>/<any('check', 'set'):verb>")
@allowed_to(Act.SET_CALENDAR)
def calendar_set(year: int, verb: str) -> str | Response | tuple[str, int]:
    """Check a notice and show what it would move, or enter it."""
    _expect(year)
    form = CalendarForm()
    form.validate()
    notice = form.notice(year)
    if notice is None:
        return _page(year, form, refused=True), 400
    entered: Entered | None = None
    with refusals_to(form) as tried:
        if verb == "check":
            entered = service.try_year(current_actor(), notice, at=clock.now())
        else:
            service.set_year(current_actor(), notice, at=clock.now(), seen=row_id(form.seen.data or ""))
    if not tried.ok:
        return _page(year, form, refused=True), 400
    if entered is not None:
        return _page(year, form, entered=entered, tried=notice)
    flash(f"已登记 {year} 年放假安排。", "success")
    return redirect(url_for("desk.calendar_year", year=year), 303)


@desk.post("/calendar/<int:year>/apply")
@allowed_to(Act.APPLY_CALENDAR)
def calendar_apply(year: int) -> Response:
    """Extend what the notice of the year moves."""
    _expect(year)
    with refusals_to_flash() as tried:
        moved = service.apply(current_actor(), year, at=clock.now())
    if tried.ok:
        flash(f"已顺延 {len(moved)} 项期限，理由在公众页面显示。" if moved else "没有待顺延的期限。", "success")
    return redirect(url_for("desk.calendar_year", year=year), 303)


def _expect(year: int) -> None:
    if year not in YEARS:
        abort(404)


def _blank(year: int) -> CalendarForm:
    """Return the form with what is known of a year: the calendar in force, or the statutory holidays."""
    known, entered = in_force.calendar(), in_force.notice_of(year)
    rest = [day for day in known.rest if day.year == year] if year in known.years else list(known.statutory(year))
    return CalendarForm(
        formdata=None,
        basis=entered.basis if entered is not None else f"国务院办公厅关于{year}年部分节假日安排的通知",
        issued_on=entered.issued_on if entered is not None else None,
        url=entered.url if entered is not None else "",
        rest=as_lines(rest),
        work=as_lines(day for day in known.work if day.year == year),
        seen=str(entered.id if entered is not None else 0),
    )


def _page(year: int, form: CalendarForm, **more: Any) -> str:
    now, known = clock.now(), in_force.calendar()
    tried: YearNotice | None = more.get("tried")
    by = known if tried is None else calendars.preview(tried)
    return render_template(
        "desk/reference/calendar.html",
        year=year,
        form=form,
        known=year in known.years,
        calendar=known,
        entered_notice=in_force.notice_of(year),
        history=in_force.notices(year),
        rest=[(first, last, by.rest[first]) for first, last in _rest(by, year)],
        work=sorted(day for day in by.work if day.year == year),
        statutory=known.statutory(year),
        pending=service.pending(now, year),
        stands=service.standing(now, year),
        provisional=[] if year in known.years else service.provisional(now, year),
        **more,
    )


def _rest(by: Any, year: int) -> list[tuple[Any, Any]]:
    return list(stretches(day for day in by.rest if day.year == year))
