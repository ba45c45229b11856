"""The register of instruments that drafts are checked against: read by key, brought up to date by a spreadsheet."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from consult import clock
from consult.accounts.permissions import Act, require
from consult.drafting import instruments as register
from consult.faces.desk.blueprint import current_actor, desk, refusals_to
from consult.faces.desk.forms.drafting import RegisterForm

REFUSED_SHOWN = 200


@desk.get("/instruments")
def instruments() -> str:
    """Show the register, by key, and the form that takes a table."""
    require(current_actor(), Act.MANAGE_INSTRUMENTS)
    return _page(RegisterForm(formdata=None))


@desk.post("/instruments")
def instruments_take() -> tuple[str, int] | str:
    """Take a table of instruments, and say of every row what became of it."""
    require(current_actor(), Act.MANAGE_INSTRUMENTS)
    form = RegisterForm()
    if form.validate():
        with refusals_to(form) as tried:
            name = form.file.data.filename or "表格"
            taken = register.take(current_actor(), name, form.file.data.read(), at=clock.now())
        if tried.ok:
            return _page(RegisterForm(formdata=None), taken=taken)
    return _page(form), 400


def _page(form: RegisterForm, **more: Any) -> str:
    words, after = request.args.get("q", "").strip()[:60], request.args.get("after", "")
    rows = register.page(
        words=words,
        after=int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else 0,
        limit=register.PAGE + 1,
    )
    shown = rows[: register.PAGE]
    return render_template(
        "desk/instruments.html",
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
