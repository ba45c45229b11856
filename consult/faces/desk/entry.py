"""Typing in what came on paper, by telephone or in a meeting: through the one way in, with a receipt to hand over."""

from __future__ import annotations

import io
import json
import secrets
from datetime import date, datetime, timedelta

import segno
from flask import Response as FlaskResponse
from flask import abort, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, require
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation
from consult.drafting.reading import Draft
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to
from consult.faces.desk.forms.entry import CHANNELS, EMPTY_PIECES, EntryForm
from consult.faces.desk.sections import inside
from consult.faces.public.feeds import outside
from consult.files.attachments import CheckedAttachment, check
from consult.intake import receipts
from consult.intake import service as intake
from consult.intake.arrival import Arrival, Said
from consult.intake.errors import SubmissionRefused
from consult.intake.models import Channel, SenderKind, Submission
from consult.ledger.models import LedgerEntry
from consult.settings import blobs, settings
from consult.store import db

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
    one = _consultation(slug)
    today = clock.local(clock.now()).date()
    asked = {name: request.args.get(name, "") for name in KEPT_FOR_NEXT}
    form = EntryForm(
        formdata=None, data={"token": secrets.token_urlsafe(24), "received": _day(asked["received"]) or today}
    )
    if asked["channel"] in {channel.value for channel in CHANNELS}:
        form.channel.data = asked["channel"]
    form.subject.data = asked["subject"][:200]
    form.add_pieces(EMPTY_PIECES)
    return _page(one, form)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


@desk.post("/consultations/<slug>/enter")
def enter_take(slug: str) -> str | Response | tuple[str, int]:
    """Take what was typed in; on refusal everything typed is still there."""
    one, now = _consultation(slug), clock.now()
    form = EntryForm()
    if request.form.get("verb") == "more":
        form.add_pieces(EMPTY_PIECES)
        return _page(one, form)
    if not form.validate():
        return _page(one, form), 400
    with refusals_to(form) as tried:
        arrival = _arrival(one, form, now)
        for file in _files():
            blobs().put(_bytes_of(file))
        receipt = intake.receive(one, arrival, at=now, actor=current_actor())
    if not tried.ok:
        return _page(one, form), 400
    return redirect(url_for(".enter_receipt", slug=slug, number=receipt.number), 303)


@desk.get("/consultations/<slug>/enter/<number>")
def enter_receipt(slug: str, number: str) -> str:
    """Show the receipt to hand over, to whoever typed the submission in and to nobody else."""
    one, now = _consultation(slug), clock.now()
    submission = _entered(one, number)
    day = clock.local(submission.received_at).date()
    return render_template(
        "desk/entry/receipt.html",
        desk_nav=inside(current_actor(), one),
        consultation=one,
        state=one.state(now).value,
        now=now,
        submission=submission,
        key=receipts.key_of(number),
        draft=drafting.draft_of(one),
        next=url_for(
            ".enter",
            slug=slug,
            channel=submission.channel.value,
            received=day.isoformat(),
            subject=submission.subject if submission.channel is Channel.MEETING else None,
        ),
        address=outside("public.receipts_page"),
    )


@desk.get("/consultations/<slug>/enter/<number>/qr.svg")
def enter_qr(slug: str, number: str) -> FlaskResponse:
    """Give the address of the receipt with its key as a QR code (ISO/IEC 18004), to whoever typed it in."""
    _entered(_consultation(slug), number)
    target = outside("public.receipt", number=number, key=receipts.key_of(number))
    drawn = io.BytesIO()
    segno.make(target, error="m", micro=False).save(
        drawn, kind="svg", scale=4, border=2, dark="#000", light="#fff", xmldecl=False
    )
    return FlaskResponse(drawn.getvalue(), mimetype="image/svg+xml")


def _consultation(slug: str) -> Consultation:
    one = consultation_or_404(slug)
    require(current_actor(), Act.RECEIVE_FOR_SENDER, one)
    return one


def _entered(one: Consultation, number: str) -> Submission:
    """Return a submission that the actor typed in: only then its key is theirs to hand over."""
    mine = select(LedgerEntry.id).where(
        LedgerEntry.subject == f"submission:{number}",
        LedgerEntry.act == "submission.receive",
        LedgerEntry.actor_kind == "user",
        LedgerEntry.actor_id == current_actor().id,
    )
    found = db.session.scalar(
        select(Submission).where(Submission.number == number, Submission.consultation_id == one.id)
    )
    if found is None or db.session.scalar(mine.limit(1)) is None:
        abort(404)
    return found


def _page(one: Consultation, form: EntryForm) -> str:
    now = clock.now()
    draft: Draft = drafting.draft_of(one)
    if not form.pieces.entries:
        form.add_pieces(EMPTY_PIECES)
    form.offer([(unit.anchor, unit.label) for unit in draft.units])
    return render_template(
        "desk/entry/form.html",
        desk_nav=inside(current_actor(), one),
        consultation=one,
        state=one.state(now).value,
        now=now,
        today=clock.local(now).date(),
        form=form,
        lost_files=[file.filename for file in _files()],
        opens=clock.local(one.opens_at).date() if one.opens_at is not None else None,
    )


def _arrival(one: Consultation, form: EntryForm, now: datetime) -> Arrival:
    """Return what was typed in; the raw form is its fields as they were typed, as JSON."""
    received_at = _received_at(one, form.received.data, now)
    raw = {key: request.form.getlist(key) for key in request.form if key.startswith("pieces-") or key in RAW_FIELDS}
    return Arrival(
        channel=Channel(form.channel.data),
        parts=tuple(Said(piece.content.data or "", piece.anchor.data or "") for piece in form.filled()),
        raw=json.dumps(raw, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass"),
        raw_media_type="application/json",
        subject=form.subject.data or "",
        name=form.name.data or "",
        contact=form.contact.data or "",
        publish_name=bool(form.publish_name.data),
        keep_private=bool(form.keep_private.data),
        sender_kind=SenderKind(form.sender_kind.data),
        attachments=_attachments(),
        external_id=form.external_id.data or None,
        idempotency_key=f"desk:{form.token.data}"[:160] if form.token.data else None,
        received_at=received_at,
        trusted_length=True,
    )


def _received_at(one: Consultation, day: date | None, now: datetime) -> datetime:
    """Return the moment that stands for a day: its last second, or now; lateness is a matter of days (Civil Code 203).

    Raises:
        SubmissionRefused: the day is missing, to come, or before the publication.
    """
    if day is None:
        raise SubmissionRefused("请填写收到的日期，是否逾期由它决定。", "received")
    if day > clock.local(now).date():
        raise SubmissionRefused("收到的日期还没有到，请核对。", "received")
    if one.opens_at is None or now < one.opens_at:
        raise SubmissionRefused("这件征求意见还没有公布，不能登记来件。", "received")
    opened = clock.local(one.opens_at).date()
    if day < opened:
        raise SubmissionRefused(f"收到的日期早于公布日（{opened.isoformat()}），请核对。", "received")
    return min(now, clock.midnight(day + timedelta(days=1)) - SECOND)


def _files() -> list[FileStorage]:
    return [file for file in request.files.getlist("files") if file.filename]


def _attachments() -> tuple[CheckedAttachment, ...]:
    return tuple(
        check(file.filename or "", _bytes_of(file), max_bytes=settings().attachment_bytes) for file in _files()
    )


def _bytes_of(file: FileStorage) -> bytes:
    file.stream.seek(0)
    return file.stream.read()
