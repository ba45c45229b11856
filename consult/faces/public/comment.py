"""The form: show it, add or drop a place, take what was sent. Whatever goes wrong, what was typed is still there."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime

from flask import Response as FlaskResponse
from flask import abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_limiter import RequestLimit
from flask_wtf.csrf import validate_csrf
from werkzeug.wrappers import Response
from wtforms import ValidationError

from consult import clock
from consult.app_context import settings
from consult.drafting import queries, questions, terms
from consult.drafting.draft_units import Draft
from consult.drafting.errors import NoSuchConsultation
from consult.drafting.models import Consultation, Stage
from consult.faces import jobs
from consult.faces.address_guard import cleans_text
from consult.faces.guards import csrf, limiter
from consult.faces.i18n import gettext
from consult.faces.public import proof_of_work
from consult.faces.public.blueprint import blueprint, public_consultation
from consult.faces.public.form_input import ANSWER, Sent, answers, read
from consult.faces.public.forms import PIECES, CommentForm
from consult.faces.public.receipts import set_receipt_cookie
from consult.faces.receipt_mail import mail_receipt
from consult.faces.uploads import chosen_files, glanced_upload, store
from consult.files.attachments import AttachmentRefused, CheckedAttachment
from consult.intake import service as intake
from consult.intake.arrival import Arrival
from consult.intake.errors import IdempotencyConflict, NotOpen, SubmissionRefused, TooManyAttachments
from consult.intake.models import Channel
from consult.text.sentences import sentence

RAW_BEGINNINGS = ("pieces-", ANSWER)
FILES = "files"
RAW_FIELDS = ("name", "contact", "sender_kind", "publish_name", "keep_private", "by_mail", "token")
TOO_OFTEN = sentence(
    "这个网络在短时间内提交得太多，请过一小时再点“提交意见”，或者发邮件。您写的都还在，也可以先复制保存。"
)
STALE = sentence("页面放得太久，或者浏览器没有带上安全标记。您写的都还在，请再点一次“提交意见”。")


@blueprint.get("/consultations/<slug>/comment")
def comment(slug: str) -> str:
    """Show the form, with the places asked for in the address (``?anchor=art-12&anchor=art-13``) and the whole."""
    now = clock.now()
    consultation = public_consultation(slug, now)
    draft = queries.draft_of(consultation)
    form = CommentForm(formdata=None, data={"token": new_token()})
    asked = [anchor for anchor in request.args.getlist("anchor")[:PIECES] if draft.unit_of(anchor) is not None]
    for anchor in dict.fromkeys(asked):
        form.pieces.append_entry({"anchor": anchor})
    if not asked:
        form.pieces.append_entry({"anchor": ""})
    return _page(consultation, form, draft, now)


def _too_often(_limit: RequestLimit) -> FlaskResponse:
    """Give the form back with everything typed when its sender's address has sent too much."""
    slug = str((request.view_args or {}).get("slug", ""))
    return make_response(_again(slug, CommentForm(), clock.now(), 429, [TOO_OFTEN]))


@blueprint.post("/consultations/<slug>/comment")
@csrf.exempt  # the form checks the token itself, so that a stale one doesn't cost anybody their text
@limiter.limit(proof_of_work.limit, exempt_when=lambda: _button() != "send", on_breach=_too_often)
@cleans_text
def send(slug: str) -> str | Response | tuple[str, int]:
    """Take what was sent, or change the form: add a place, drop one."""
    now = clock.now()
    verb = _button()
    if verb != "send":
        return _again(slug, CommentForm(), now, verb=verb)
    sent, genuine = read(request.form), _is_genuine()
    if sent is None or not genuine:
        form = CommentForm()
        form.validate()
        return _again(slug, form, now, 400, [] if genuine else [STALE])
    named = terms.BySlug(slug)
    try:
        arrival = _arrival(sent, now)
        if arrival.attachments:
            intake.check(named, arrival, at=now)
            store(chosen_files(FILES))
        receipt = intake.receive(named, arrival, at=now)
        if arrival.attachments:
            jobs.ask("open-attachments")
    except NoSuchConsultation:
        abort(404)
    except IdempotencyConflict as refusal:
        form = CommentForm()
        form.token.data = new_token()
        return _again(
            slug,
            form,
            now,
            409,
            [sentence("%(refusal)s 要把现在这份也提交，请再点一次“提交意见”。", refusal=str(refusal))],
        )
    except (SubmissionRefused, AttachmentRefused) as refusal:
        return _again(slug, CommentForm(), now, _status_of(refusal), [str(refusal)], _field_of(refusal))
    if sent.mail_to and mail_receipt(receipt.number, sent.mail_to, now):
        flash(gettext("回执会发到您的邮箱。"), "success")
    elif sent.mail_to:
        flash(gettext("回执没有发到邮箱：今天发往这个邮箱的已经很多，或者暂时不能发送。请保存本页。"), "warning")
    return set_receipt_cookie(redirect(url_for(".receipt", number=receipt.number), 303), receipt.number, fresh=True)


def _is_genuine() -> bool:
    """Say whether the form carries the token of its own session, so that no other site has sent it."""
    if not current_app.config["WTF_CSRF_ENABLED"]:
        return True
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


def new_token() -> str:
    """Return a token that makes one form one submission, however often it is sent."""
    return secrets.token_urlsafe(24)


def _button() -> str:
    return request.form.get("verb", "send")


def _again(
    slug: str,
    form: CommentForm,
    now: datetime,
    status: int = 200,
    refusals: Sequence[str] = (),
    field: str = "",
    verb: str = "",
) -> tuple[str, int]:
    """Give the form back with everything typed: with what to do about it, or with a place more or less."""
    consultation = queries.released(slug) or abort(404)
    if not consultation.is_public(now):
        return render_template("public/early.html", form=form, consultation=consultation), 409
    draft = queries.draft_of(consultation)
    chosen = _rearrange(form, draft, verb)
    return _page(consultation, form, draft, now, refusals, field, chosen), status


def _page(
    consultation: Consultation,
    form: CommentForm,
    draft: Draft,
    now: datetime,
    refusals: Sequence[str] = (),
    field: str = "",
    chosen: str = "",
) -> str:
    if not form.token.data or form.token.errors:
        form.token.data = new_token()
    if not form.pieces.entries:
        form.pieces.append_entry({"anchor": ""})
    taken = {piece.anchor.data for piece in form.pieces}
    return render_template(
        "public/comment.html",
        consultation=consultation,
        state=consultation.state(now),
        now=now,
        form=form,
        draft=draft,
        units=[unit for unit in draft.units if unit.anchor not in taken],
        has_whole="" in taken,
        questions=questions.of(consultation),
        answered={answer.number: answer.content for answer in answers(request.form)},
        refusals=refusals,
        field_id=field,
        chosen=chosen,
        lost_files=[file.filename for file in chosen_files(FILES)] if request.method == "POST" else [],
        open_to_opinions=consultation.stage is not Stage.WITHDRAWN,
    )


def _rearrange(form: CommentForm, draft: Draft, verb: str) -> str:
    """Add a place to the form or drop one, as ``verb`` says; return the id of the field to write in next."""
    if verb == "add":
        anchor = request.form.get("add_anchor", "")
        known = not anchor or draft.unit_of(anchor) is not None
        if known and len(form.pieces) < PIECES and anchor not in {piece.anchor.data for piece in form.pieces}:
            form.pieces.append_entry({"anchor": anchor})
            return f"pieces-{len(form.pieces) - 1}-content"
    elif verb.startswith("drop-"):
        kept = [piece.data for at, piece in enumerate(form.pieces) if verb != f"drop-{at}"]
        while form.pieces.entries:
            form.pieces.pop_entry()
        form.pieces.last_index = -1
        for piece in kept:
            form.pieces.append_entry(piece)
    return ""


def _arrival(sent: Sent, now: datetime) -> Arrival:
    """Return what was sent; the raw form is its fields as they came, as JSON, without the security tokens."""
    raw = {key: values for key, values in request.form.lists() if key.startswith(RAW_BEGINNINGS) or key in RAW_FIELDS}
    return Arrival(
        channel=Channel.WEB,
        parts=sent.pieces,
        answers=sent.answers,
        raw=json.dumps(raw, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass"),
        raw_media_type="application/json",
        name=sent.name,
        contact=sent.contact,
        sender_kind=sent.sender_kind,
        publish_name=sent.publish_name,
        keep_private=sent.keep_private,
        attachments=_attachments(),
        idempotency_key=f"web:{sent.token}" if sent.token else None,
        received_at=now,
        doubt=proof_of_work.doubt(),
    )


def _attachments() -> tuple[CheckedAttachment, ...]:
    limit = settings().attachment_count
    sent = chosen_files(FILES)
    if len(sent) > limit:
        raise TooManyAttachments(
            sentence(
                "一次最多上传 %(most)s 个附件，现在有 %(n)s 个。请去掉一些，或者合并成一个文件。",
                most=limit,
                n=len(sent),
            ),
            "attachments",
        )
    return tuple(map(glanced_upload, sent))


def _field_of(refusal: Exception) -> str:
    """Return the id of the field that a refusal is about."""
    named = refusal.field if isinstance(refusal, SubmissionRefused) else "attachments"
    return {"attachments": "files", "name": "name", "contact": "contact", "answers": "questions"}.get(
        named, "pieces-0-content"
    )


def _status_of(refusal: Exception) -> int:
    return 409 if isinstance(refusal, NotOpen) else 400
