"""The register of instruments that drafts are checked against: read by key, brought up to date by a spreadsheet."""

from __future__ import annotations

import json
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act
from consult.app_context import settings
from consult.drafting import instruments as register
from consult.faces import jobs
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to_flash
from consult.faces.desk.consultation.forms import RegisterForm
from consult.faces.desk.upload_progress import READ, progress_page
from consult.faces.jobs import uploads
from consult.faces.row_ids import row_id
from consult.intake import staff_uploads
from consult.intake.models import Purpose

REFUSED_SHOWN = 200


@desk.get("/instruments")
@allowed_to(Act.MANAGE_INSTRUMENTS)
def instruments() -> str | Response:
    """Show the register, by key, and the form that takes a table; with ``taken``, what became of the rows of one."""
    number = request.args.get("taken")
    if number is None:
        return _page(RegisterForm(formdata=None))
    with refusals_to_flash() as tried:
        staff_upload = staff_uploads.find(current_actor(), Purpose.INSTRUMENTS, row_id(number), at=clock.now())
    if not tried.ok:
        return redirect(url_for(".instruments"), 303)
    if staff_upload.stage not in READ:
        return progress_page(staff_upload, "文件库", url_for(".instruments"))
    return _page(RegisterForm(formdata=None), taken=json.loads(staff_uploads.result_of(staff_upload)))


@desk.post("/instruments")
@allowed_to(Act.MANAGE_INSTRUMENTS)
def instruments_take() -> tuple[str, int] | Response:
    """Keep a table of instruments and have it imported."""
    form = RegisterForm()
    if not form.validate():
        return _page(form), 400
    made = staff_uploads.upload(
        current_actor(), Act.MANAGE_INSTRUMENTS, Purpose.INSTRUMENTS, form.file.data.filename, form.file.data.stream,
        limit=settings().request_bytes, at=clock.now(), previewed=False,
    )  # fmt: skip
    jobs.ask(uploads.NAME)
    return redirect(url_for(".instruments", taken=made.id), 303)


def _page(form: RegisterForm, **more: Any) -> str:
    words, after = request.args.get("q", "").strip()[:60], request.args.get("after", "")
    rows = register.page(
        words=words,
        after=row_id(after),
        limit=register.PAGE + 1,
    )
    shown = rows[: register.PAGE]
    return render_template(
        "desk/reference/instruments.html",
        form=form,
        rows=shown,
        words=words,
        known=register.count(),
        columns=register.COLUMNS,
        refused_shown=REFUSED_SHOWN,
        first=url_for(".instruments", q=words or None) if after else None,
        next=url_for(".instruments", q=words or None, after=shown[-1].id) if len(rows) > register.PAGE else None,
        **more,
    )
