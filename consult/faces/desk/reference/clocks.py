"""What-if for every statutory clock: from a day, until when, counted in words, on what legal basis."""

from __future__ import annotations

from flask import render_template, request

from consult import clock
from consult.accounts.permissions import Act
from consult.app_context import rules
from consult.calendars.in_force import calendar
from consult.faces.desk.blueprint import allowed_to, desk
from consult.faces.desk.consultation.forms import ClockForm
from consult.law import clocks as law


@desk.get("/clocks")
@allowed_to(Act.SEE_CONSULTATION)
def clocks() -> tuple[str, int] | str:
    """Run every clock from the day asked for, by default today."""
    form = ClockForm(request.args)
    valid = form.validate()
    start = form.start.data or clock.local(clock.now()).date()
    if valid:
        form.start.data = start
    counted, too_far = [], False
    try:
        counted = [law.compute(rule, start, calendar()) for rule in rules().clocks.values()] if valid else []
    except (OverflowError, ValueError):
        too_far = True
    if too_far:
        form.start.errors = [*form.start.errors, f"{start.isoformat()} 太早或者太远，请核对年份。"]
    page = render_template(
        "desk/reference/clocks.html", form=form, counted=counted, counting=list(rules().counting.values())
    )
    return page if valid and not too_far else (page, 400)
