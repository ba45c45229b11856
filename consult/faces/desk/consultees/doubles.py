"""Entries of the register whose names are alike: each pair is merged or marked as different."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act
from consult.consultees import doubles, register
from consult.consultees.models import SuspectedDouble
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to_flash
from consult.faces.row_ids import row_id
from consult.store import db

PAGE = 50


@desk.get("/register/doubles")
@allowed_to(Act.MANAGE_CONSULTEES)
def register_doubles() -> str:
    """Show a page of the pairs that are neither merged nor marked as different."""
    pairs = doubles.page(after=row_id(request.args.get("after", "")), limit=PAGE + 1)
    return render_template(
        "desk/consultees/doubles.html",
        pairs=pairs[:PAGE],
        next=url_for(".register_doubles", after=pairs[PAGE - 1].id) if len(pairs) > PAGE else None,
        first=url_for(".register_doubles") if "after" in request.args else None,
    )


@desk.post("/register/doubles/<int:identifier>/<any('merge', 'tell_apart'):verb>")
@allowed_to(Act.MANAGE_CONSULTEES)
def register_doubles_act(identifier: int, verb: str) -> Response:
    """Merge a pair into the one that is kept, or say that they are two."""
    double = db.session.get(SuspectedDouble, identifier) or abort(404)
    actor, at = current_actor(), clock.now()
    with refusals_to_flash() as tried:
        if verb == "merge":
            keeps_second = row_id(request.form.get("keep", "")) == double.second_id
            kept, merged = (double.second, double.first) if keeps_second else (double.first, double.second)
            register.merge(actor, kept, merged, at=at)
        else:
            doubles.mark_distinct(actor, double, request.form.get("reason", "")[:1000], at=at)
    if tried.ok:
        flash("已合并。" if verb == "merge" else "已登记为两家单位。", "success")
    return redirect(url_for(".register_doubles"), 303)
