"""The register of instruments that drafts are checked against: read by key, brought up to date by a spreadsheet."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from consult import clock
from consult.accounts.permissions import Act
from consult.drafting import instruments as register
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to
from consult.faces.desk.consultation.forms import RegisterForm
from consult.faces.row_ids import row_id
from consult.faces.uploads import table_of

REFUSED_SHOWN = 200


@desk.get("/instruments")
@allowed_to(Act.MANAGE_INSTRUMENTS)
def instruments() -> str:
    """Show the register, by key, and the form that takes a table."""
    return _page(RegisterForm(formdata=None))


@desk.post("/instruments")
@allowed_to(Act.MANAGE_INSTRUMENTS)
def instruments_take() -> tuple[str, int] | str:
    """Import a table of instruments, and report the result of every row."""
    form = RegisterForm()
    if form.validate():
        with refusals_to(form) as tried:
            taken = register.import_register(current_actor(), table_of(form.file.data), at=clock.now())
        if tried.ok:
            return _page(RegisterForm(formdata=None), taken=taken)
    return _page(form), 400


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
