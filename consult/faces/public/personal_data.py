"""The page on which the holder of a receipt looks up, copies, corrects and deletes personal data."""

from __future__ import annotations

import json

from flask import Response as FlaskResponse
from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.errors import Refused
from consult.app_context import rules
from consult.faces.guards import limiter
from consult.faces.i18n import gettext
from consult.faces.public.blueprint import blueprint
from consult.faces.public.receipts import submission_with_pass, uncached
from consult.intake.models import Submission
from consult.privacy import requests
from consult.privacy.models import CLOCK, RequestKind

ASKS = "30 per hour"


@blueprint.get("/receipts/<number>/personal-data")
def personal_data(number: str) -> Response:
    """Show what is kept of a sender, how long, and what was asked about it."""
    submission = submission_with_pass(number)
    if submission is None:
        return redirect(url_for(".receipt", number=number), 303)
    return _page(submission)


@blueprint.get("/receipts/<number>/personal-data.json")
@limiter.limit(ASKS)
def personal_data_copy(number: str) -> FlaskResponse:
    """Give a copy for machines."""
    submission = submission_with_pass(number) or abort(403)
    document = requests.copy_of(submission, at=clock.now())
    response = FlaskResponse(json.dumps(document, ensure_ascii=False, indent=2), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{submission.number}.json"'
    uncached(response)
    return response


@blueprint.post("/receipts/<number>/personal-data")
@limiter.limit(ASKS)
def ask_about_personal_data(number: str) -> Response:
    """Ask for a correction or deletion, or take back what was asked."""
    submission = submission_with_pass(number) or abort(403)
    verb, at = request.form.get("verb", ""), clock.now()
    try:
        if verb == "take-back":
            asked = requests.by_id(request.form.get("request", 0, type=int)) or abort(404)
            requests.take_back(submission, asked, at=at)
            flash(gettext("已撤回申请。"), "success")
        elif verb in list(RequestKind):
            requests.ask(
                submission,
                RequestKind(verb),
                request.form.get("words", ""),
                at=at,
                name=request.form.get("name", ""),
                contact=request.form.get("contact", ""),
            )
            flash(gettext("已收到申请。办理结果和理由显示在这一页。"), "success")
        else:
            abort(400)
    except Refused as refusal:
        return _page(submission, str(refusal), 409)
    return uncached(redirect(url_for(".personal_data", number=number), 303))


def _page(submission: Submission, refusal: str = "", status: int = 200) -> Response:
    page = render_template(
        "public/personal_data.html",
        submission=submission,
        asked=requests.of(submission),
        open_states=requests.OPEN,
        days=rules().clocks[CLOCK].length,
        refusal=refusal,
        erased=submission.raw.erased_digest is not None,
        typed=request.form,
    )
    return uncached(make_response(page, status))
