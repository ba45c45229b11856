"""Typing in what came on paper, by telephone or in a meeting: through the one way in, with a receipt to hand over."""

from __future__ import annotations

import io
import json
import secrets
from datetime import date, datetime, timedelta

import segno
from flask import Response as FlaskResponse
from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act
from consult.drafting import queries as drafting
from consult.drafting import questions
from consult.drafting.draft_units import Draft
from consult.drafting.models import Consultation
from consult.faces.address_guard import cleans_text
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to
from consult.faces.desk.navigation import inside
from consult.faces.desk.submissions.entry_form import CHANNELS, EMPTY_PIECES, EntryForm
from consult.faces.public.feeds import full_address
from consult.faces.public.form_input import ANSWER, answers
from consult.faces.uploads import checked_upload, chosen_files, store
from consult.intake import queries, receipts
from consult.intake import service as intake
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.errors import SubmissionRefused
from consult.intake.models import Channel, SenderKind, Submission

FILES = "files"
RAW_FIELDS = (
    "channel",
    "received",
    "subject",
    "external_id",
    "sender_kind",
    "name",
    "contact",
    "publish_name",
    "keep_private",
)
KEPT_FOR_NEXT = ("channel", "received", "subject")
"""What the next letter of the same pile has in common with this one."""
SECOND = timedelta(seconds=1)


@desk.get("/consultations/<slug>/enter")
def enter(slug: str) -> str:
    """Show the form, with what the last one of the pile had in common."""
    consultation = _consultation(slug)
    today = clock.local(clock.now()).date()
    asked = {name: request.args.get(name, "") for name in KEPT_FOR_NEXT}
    form = EntryForm(
        formdata=None, data={"token": secrets.token_urlsafe(24), "received": _day(asked["received"]) or today}
    )
    if asked["channel"] in {channel.value for channel in CHANNELS}:
        form.channel.data = asked["channel"]
    form.subject.data = asked["subject"][:200]
    form.add_pieces(EMPTY_PIECES)
    return _page(consultation, form)


def _day(written: str) -> date | None:
    try:
        return clock.usable_day(date.fromisoformat(written))
    except ValueError:
        return None


@desk.post("/consultations/<slug>/enter")
@cleans_text
def enter_take(slug: str) -> str | Response | tuple[str, int]:
    """Take what was typed in; on refusal everything typed is still there."""
    consultation, now = _consultation(slug), clock.now()
    form = EntryForm()
    if request.form.get("verb") == "more":
        form.add_pieces(EMPTY_PIECES)
        return _page(consultation, form)
    if not form.validate():
        return _page(consultation, form), 400
    with refusals_to(form) as tried:
        arrival = _arrival(consultation, form, now)
        store(chosen_files(FILES))
        receipt = intake.enter(current_actor(), consultation, arrival, at=now)
    if not tried.ok:
        return _page(consultation, form), 400
    return redirect(url_for(".enter_receipt", slug=slug, number=receipt.number), 303)


@desk.get("/consultations/<slug>/enter/<number>")
def enter_receipt(slug: str, number: str) -> str:
    """Show the receipt to hand over, to whoever typed the submission in and to nobody else."""
    consultation, now = _consultation(slug), clock.now()
    submission = _entered(consultation, number)
    day = clock.local(submission.received_at).date()
    return render_template(
        "desk/submissions/receipt.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        state=consultation.state(now).value,
        now=now,
        submission=submission,
        key=receipts.key_of(number),
        draft=drafting.draft_of(consultation),
        next=url_for(
            ".enter",
            slug=slug,
            channel=submission.channel.value,
            received=day.isoformat(),
            subject=submission.subject if submission.channel is Channel.MEETING else None,
        ),
        address=full_address("public.receipts_page"),
    )


@desk.get("/consultations/<slug>/enter/<number>/qr.svg")
def enter_qr(slug: str, number: str) -> FlaskResponse:
    """Give the address of the receipt with its key as a QR code (ISO/IEC 18004), to whoever typed it in."""
    _entered(_consultation(slug), number)
    target = full_address("public.receipt", number=number, key=receipts.key_of(number))
    drawn = io.BytesIO()
    segno.make(target, error="m", micro=False).save(
        drawn, kind="svg", scale=4, border=2, dark="#000", light="#fff", xmldecl=False
    )
    return FlaskResponse(drawn.getvalue(), mimetype="image/svg+xml")


def _consultation(slug: str) -> Consultation:
    return consultation_or_404(slug, Act.RECEIVE_FOR_SENDER)


def _entered(consultation: Consultation, number: str) -> Submission:
    """Return a submission that the actor typed in: only then its key is theirs to hand over."""
    return queries.entered_by(current_actor(), consultation, number) or abort(404)


def _page(consultation: Consultation, form: EntryForm) -> str:
    now = clock.now()
    draft: Draft = drafting.draft_of(consultation)
    if not form.pieces.entries:
        form.add_pieces(EMPTY_PIECES)
    form.offer([(unit.anchor, unit.label) for unit in draft.units])
    return render_template(
        "desk/submissions/form.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        state=consultation.state(now).value,
        now=now,
        today=clock.local(now).date(),
        form=form,
        questions=questions.of(consultation),
        answered={answer.number: answer.content for answer in answers(request.form)},
        lost_files=[file.filename for file in chosen_files(FILES)],
        opens=clock.local(consultation.opens_at).date() if consultation.opens_at is not None else None,
    )


def _arrival(consultation: Consultation, form: EntryForm, now: datetime) -> Arrival:
    """Return what was typed in; the raw form is its fields as they were typed, as JSON."""
    received_at = _received_at(consultation, form.received.data, now)
    raw = {
        key: request.form.getlist(key)
        for key in request.form
        if key.startswith(("pieces-", ANSWER)) or key in RAW_FIELDS
    }
    return Arrival(
        channel=Channel(form.channel.data),
        answers=answers(request.form),
        parts=tuple(ArrivalPart(piece.content.data or "", piece.anchor.data or "") for piece in form.filled()),
        raw=json.dumps(raw, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass"),
        raw_media_type="application/json",
        subject=form.subject.data or "",
        name=form.name.data or "",
        contact=form.contact.data or "",
        publish_name=bool(form.publish_name.data),
        keep_private=bool(form.keep_private.data),
        sender_kind=SenderKind(form.sender_kind.data),
        attachments=tuple(map(checked_upload, chosen_files(FILES))),
        external_id=form.external_id.data or None,
        idempotency_key=f"desk:{form.token.data}"[:160] if form.token.data else None,
        received_at=received_at,
        trusted_length=True,
    )


def _received_at(consultation: Consultation, day: date | None, now: datetime) -> datetime:
    """Return the moment recorded for a day: its last second, or now; lateness is a matter of days (Civil Code 203).

    Raises:
        SubmissionRefused: the day is missing, to come, or before the publication.
    """
    if day is None:
        raise SubmissionRefused("请填写收到的日期，据此判断是否逾期。", "received")
    if day > clock.local(now).date():
        raise SubmissionRefused("收到的日期还没有到，请核对。", "received")
    if consultation.opens_at is None or now < consultation.opens_at:
        raise SubmissionRefused("这件征求意见还没有公布，不能登记来件。", "received")
    opened = clock.local(consultation.opens_at).date()
    if day < opened:
        raise SubmissionRefused(f"收到的日期早于公布日（{opened.isoformat()}），请核对。", "received")
    return min(now, clock.midnight(day + timedelta(days=1)) - SECOND)
