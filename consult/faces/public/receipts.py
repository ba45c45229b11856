"""Receipts: look one up, see the state and the decisions, print it. The key never stays in an address.

A link with the key is traded for a short-lived signed cookie and redirected, so that the key is in no log line, history
entry or Referer of a later page.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import segno
from flask import Response as FlaskResponse
from flask import abort, flash, make_response, redirect, render_template, request, url_for
from itsdangerous import BadSignature, TimestampSigner
from werkzeug.wrappers import Response

from consult import clock, keys
from consult.adoption import referrals
from consult.app_context import settings
from consult.drafting import queries, version_comparison
from consult.drafting.models import DraftVersion, State, VersionKind
from consult.faces import cookies
from consult.faces.guards import keep_address_secret, limiter
from consult.faces.i18n import gettext
from consult.faces.public.blueprint import blueprint
from consult.faces.public.feeds import full_address
from consult.faces.public.forms import ReceiptForm
from consult.faces.public.private_data import MOST_SHOWN
from consult.intake import attachment_opening, receipts
from consult.intake import queries as submissions
from consult.intake.consent import withdraw_consent as take_back
from consult.intake.errors import ReceiptNotFound
from consult.intake.ledger_statement import is_provable
from consult.intake.models import Submission
from consult.moderation import private_data
from consult.reporting import queries as reports
from consult.text.comparison.versions import NewAnchor
from consult.text.sentences import sentence

COOKIE = "receipt"
FRESH = ":fresh"
"""Ends a pass that was given for sending; no receipt number has a colon."""
SECONDS = 30 * 60
FEEDBACK_IS_OUT = (State.FEEDBACK_PUBLISHED, State.SUBMITTED_TO_MEETING, State.PROMULGATED)
NOT_FOUND = sentence("没有查到这张回执。请核对编号和查询码：查询码是四组字母和数字，大小写都可以。")


def _signer() -> TimestampSigner:
    return _signer_with(keys.of_sessions())


@lru_cache(maxsize=8)
def _signer_with(secret: bytes) -> TimestampSigner:
    return TimestampSigner(secret, salt="receipt-cookie")


def set_receipt_cookie(response: Response, number: str, *, fresh: bool = False) -> Response:
    """Set a signed cookie that opens one receipt for half an hour."""
    cookies.keep(
        response,
        COOKIE,
        _signer().sign(f"{number}{FRESH if fresh else ''}").decode(),
        seconds=SECONDS,
        path="/receipts",
    )
    return uncached(response)


def uncached(response: Response) -> Response:
    """Keep a response out of caches and search engines, and its address out of every Referer."""
    keep_address_secret()
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@dataclass(frozen=True)
class Pass:
    """That a browser may see one receipt; ``fresh`` when it has just sent the submission."""

    number: str
    fresh: bool


def _pass_for(number: str) -> Pass | None:
    try:
        held = _signer().unsign(cookies.read(COOKIE), max_age=SECONDS).decode()
    except BadSignature:
        return None
    shown = Pass(held.removesuffix(FRESH), held.endswith(FRESH))
    return shown if shown.number == number else None


def submission_of_visitor(number: str) -> Submission | None:
    """Return the submission whose receipt the visitor may see: by the cookie, or by ``key``."""
    if _pass_for(number) is not None:
        return _submission(number)
    try:
        return receipts.find(number, request.args["key"]) if "key" in request.args else None
    except ReceiptNotFound:
        return None


def submission_with_pass(number: str) -> Submission | None:
    """Return the submission whose receipt this browser has opened."""
    return _submission(number) if _pass_for(number) else None


@blueprint.get("/receipts")
def receipts_page() -> Response:
    """Show the form that asks for number and key."""
    return uncached(make_response(render_template("public/receipts.html", form=ReceiptForm(formdata=None))))


@blueprint.post("/receipts")
@limiter.limit(lambda: settings().ratelimit_receipt)
def find_receipt() -> Response:
    """Look a receipt up by number and key."""
    form = ReceiptForm()
    if not form.validate():
        return _again(form, [], 400)
    return _trade(form.number.data or "", form.key.data or "", form)


@blueprint.get("/receipts/<number>")
@limiter.limit(lambda: settings().ratelimit_receipt, exempt_when=lambda: "key" not in request.args)
def receipt(number: str) -> Response:
    """Show the state of a submission and the decision on each of its opinions; needs the key or its cookie."""
    if "key" in request.args:
        return _trade(number, request.args["key"], ReceiptForm(formdata=None, data={"number": number}))
    held = _pass_for(number)
    submission = _submission(number) if held else None
    if held is None or submission is None:
        form = ReceiptForm(formdata=None, data={"number": number})
        return _again(form, [sentence("请输入查询码。为了保护您的意见，每次查询半小时内有效。")], 403)
    consultation = submission.consultation
    state = consultation.state(clock.now()) if consultation is not None else None
    later = (
        version_comparison.later_for_senders(consultation, feedback_is_out=state in FEEDBACK_IS_OUT)
        if consultation is not None
        else None
    )
    page = render_template(
        "public/receipt.html",
        submission=submission,
        consultation=consultation,
        state=state,
        later_words=later.kind.label.for_public.words if later is not None else "",
        later_is_public=later is not None and later.kind is VersionKind.PROMULGATED,
        went=_went(submission, later),
        draft=queries.draft_of(consultation) if consultation is not None else None,
        answers=reports.answers(submission),
        passed_on=referrals.shown_on_receipt(submission),
        unfit=attachment_opening.refused(submission.attachments),
        rejection=reports.rejection(submission),
        key=receipts.key_of(number),
        provable=is_provable(submission),
        fresh=held.fresh,
        to_mask=_to_mask(submission) if held.fresh else (),
    )
    return uncached(make_response(page))


def _to_mask(submission: Submission) -> list[str]:
    """What in the texts looks private, in quotation marks, for a sender who had no script to say so while writing."""
    detected = private_data.of(submission)
    data = [datum.text for part in submission.parts for datum in detected.in_part(part)]
    return [f"“{words}”" for words in dict.fromkeys(data)][:MOST_SHOWN]


def _went(submission: Submission, later: DraftVersion | None) -> dict[str, NewAnchor]:
    """Where each provision that the submission speaks of went in a later version, by its anchor."""
    consultation = submission.consultation
    if consultation is None or later is None:
        return {}
    return {
        part.anchor: version_comparison.locate(consultation, part.anchor, later)
        for part in submission.parts
        if part.anchor
    }


@blueprint.post("/receipts/<number>/consent")
def withdraw_consent(number: str) -> Response:
    """Take back the consent to printing the name."""
    submission = submission_with_pass(number) or abort(403)
    take_back(submission, at=clock.now())
    flash(gettext("已撤回：以后公布时不再写出您的姓名。"), "success")
    return uncached(redirect(url_for(".receipt", number=number), 303))


@blueprint.get("/receipts/<number>/qr.svg")
def receipt_qr(number: str) -> FlaskResponse | tuple[str, int]:
    """Return the address of a receipt with its key as a QR code (ISO/IEC 18004); needs the key or its cookie."""
    if _pass_for(number) is None:
        return "", 403
    code = segno.make(
        full_address("public.receipt", number=number, key=receipts.key_of(number)), error="m", micro=False
    )
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", scale=4, border=2, dark="#000", light="#fff", xmldecl=False)
    response = FlaskResponse(drawn.getvalue(), mimetype="image/svg+xml")
    uncached(response)
    return response


def _submission(number: str) -> Submission | None:
    return submissions.by_number(number)


def _trade(number: str, key: str, form: ReceiptForm) -> Response:
    try:
        submission = receipts.find(number, key)
    except ReceiptNotFound:
        return _again(form, [NOT_FOUND], 404)
    return set_receipt_cookie(redirect(url_for(".receipt", number=submission.number), 303), submission.number)


def _again(form: ReceiptForm, refusals: list[str], status: int) -> Response:
    page = render_template("public/receipts.html", form=form, refusals=refusals)
    return uncached(make_response(page, status))
