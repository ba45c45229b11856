"""Requests about personal data, decided with a reason; terms; holds."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act
from consult.drafting import queries as drafting
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to_flash
from consult.privacy import holds, requests, retention
from consult.privacy.terms import terms

SHOWN = 50
RUNS_SHOWN = 10


@desk.get("/privacy")
@allowed_to(Act.DECIDE_PRIVACY_REQUEST)
def privacy() -> str:
    """Show what waits for a decision, what was decided, what is on hold, and the terms."""
    actor = current_actor()
    return render_template(
        "desk/privacy/requests.html",
        waiting=requests.undecided(actor),
        decided=requests.decided(actor, SHOWN),
        today=clock.local(clock.now()).date(),
        held=holds.in_force_everywhere(),
        terms=list(terms().values()),
        runs=retention.last_runs(RUNS_SHOWN),
        reason=request.args.get("reason", ""),
    )


@desk.post("/privacy/<int:identifier>/<any('grant', 'confirm', 'refuse'):verb>")
@allowed_to(Act.DECIDE_PRIVACY_REQUEST)
def privacy_decide(identifier: int, verb: str) -> Response:
    """Decide on a request."""
    asked = requests.by_id(identifier) or abort(404)
    actor, reason, at = current_actor(), request.form.get("reason", ""), clock.now()
    with refusals_to_flash() as tried:
        if verb == "confirm":
            requests.confirm(actor, asked, at=at)
        else:
            (requests.grant if verb == "grant" else requests.refuse)(actor, asked, reason, at=at)
    if tried.ok:
        flash("已办理。" if asked.state not in requests.OPEN else "已同意，待另一人复核后删除。", "success")
    return redirect(url_for(".privacy", reason=None if tried.ok else reason), 303)


@desk.post("/privacy/holds/<any('place', 'lift'):verb>")
@allowed_to(Act.HOLD_PERSONAL_DATA)
def privacy_hold(verb: str) -> Response:
    """Stop deletion for a consultation, or let it go on."""
    consultation = drafting.by_slug(request.form.get("slug", "").strip())
    if consultation is None:
        flash("没有这个编号的征求意见。", "error")
        return redirect(url_for(".privacy"), 303)
    with refusals_to_flash() as tried:
        (holds.place if verb == "place" else holds.lift)(
            current_actor(), consultation, request.form.get("reason", ""), at=clock.now()
        )
    if tried.ok:
        flash("已暂停删除。" if verb == "place" else "已恢复到期删除。", "success")
    return redirect(url_for(".privacy"), 303)
