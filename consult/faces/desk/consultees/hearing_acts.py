"""What is done with a gathering at the desk: letters, moving, papers, who came, what was said."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.consultees import hearing_letters, hearings
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.hearing_models import HearingPaperRole
from consult.consultees.models import Attendance, Gathering, Interest
from consult.drafting.models import Consultation
from consult.faces.desk import form_values
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.consultees.hearings import gathering_of
from consult.faces.row_ids import row_id
from consult.faces.uploads import keep, takes_scans
from consult.intake.arrival import ArrivalPart
from consult.store import db


def _materials(consultation: Consultation, gathering: Gathering) -> str:
    day = form_values.day(request.form.get("day", ""))
    hearings.send_materials(current_actor(), consultation, gathering, day=day, at=clock.now())
    return "已登记。"


def _minutes(consultation: Consultation, gathering: Gathering) -> str:
    files = keep(request.files.getlist("minutes"))
    hearings.keep_minutes(
        current_actor(),
        consultation,
        gathering,
        came={row_id(number) for number in request.form.getlist("came")},
        minutes=files[0] if files else None,
        at=clock.now(),
    )
    return "已登记。"


def _paper(consultation: Consultation, gathering: Gathering) -> str:
    form, files = request.form, keep(request.files.getlist("paper"))
    role = form_values.one_of(HearingPaperRole, form.get("role", ""), HearingPaperRole.NOTICE, "材料类别")
    hearings.keep_paper(
        current_actor(),
        consultation,
        gathering,
        role,
        paper=files[0] if files else None,
        address=form.get("address", ""),
        published_on=form_values.day(form.get("published_on", "")),
        unnecessary=form.get("unnecessary", ""),
        at=clock.now(),
    )
    return "已登记。"


def _move(consultation: Consultation, gathering: Gathering) -> str:
    form = request.form
    hearings.move(
        current_actor(),
        consultation,
        gathering,
        held_at=form_values.moment(form.get("held_at", ""), "开会"),
        place=form.get("place", ""),
        reason=form.get("reason", ""),
        at=clock.now(),
    )
    return "已改期，通知参加人的信函已准备好。"


def _cancel(consultation: Consultation, gathering: Gathering) -> str:
    hearings.cancel(current_actor(), consultation, gathering, request.form.get("reason", ""), at=clock.now())
    return "会议已取消，通知参加人的信函已准备好。"


def _letters(consultation: Consultation, gathering: Gathering) -> str:
    number = hearing_letters.write(current_actor(), consultation, gathering, at=clock.now())
    return f"已准备 {number} 份通知；有电子邮箱的由系统发出，其余的请打印送达。"


def _sent(consultation: Consultation, gathering: Gathering) -> str:
    chosen = {row_id(number) for number in request.form.getlist("letter")}
    letters = [letter for letter in hearing_letters.to_print(gathering) if letter.id in chosen]
    if not letters:
        raise ConsulteeRefused("请选择已经送达的通知。")
    for letter in letters:
        hearing_letters.mark_sent(current_actor(), consultation, letter, at=clock.now())
    return f"已登记 {len(letters)} 份通知送达。"


def _interest(consultation: Consultation, gathering: Gathering) -> str:
    attendance = _attendance(gathering)
    interest = form_values.one_of(Interest, request.form.get("interest", ""), Interest.NONE, "利害关系")
    words = request.form.get("words", "")
    hearings.ask_interest(current_actor(), consultation, attendance, interest, words, at=clock.now())
    return "已登记。"


def _said(consultation: Consultation, gathering: Gathering) -> str:
    attendance, actor, at = _attendance(gathering), current_actor(), clock.now()
    anchors, texts = request.form.getlist("anchor"), request.form.getlist("content")
    anchors += [""] * (len(texts) - len(anchors))
    parts = [ArrivalPart(words, anchor) for anchor, words in zip(anchors, texts, strict=False) if words.strip()]
    if "no_opinion" in request.form:
        if parts:
            raise ConsulteeRefused("已经写了意见，就不能同时选“无意见”。")
        hearings.no_opinion(actor, consultation, attendance, at=at)
    elif parts:
        hearings.record_statement(actor, consultation, attendance, parts, at=at)
    else:
        raise ConsulteeRefused("请写明发言内容；没有意见的，请选“无意见”。")
    return "已登记。"


def _attendance(gathering: Gathering) -> Attendance:
    attendance = db.session.get(Attendance, row_id(request.form.get("attendance", "")))
    if attendance is None or attendance.gathering_id != gathering.id:
        raise ConsulteeRefused("请选择参加人。")
    return attendance


ACTS: dict[str, Callable[[Consultation, Gathering], str]] = {
    "materials": _materials,
    "minutes": _minutes,
    "paper": _paper,
    "move": _move,
    "cancel": _cancel,
    "letters": _letters,
    "sent": _sent,
    "interest": _interest,
    "said": _said,
}


@desk.post(
    "/consultations/<slug>/gatherings/<int:identifier>/"
    "<any('materials', 'minutes', 'paper', 'move', 'cancel', 'letters', 'sent', 'interest', 'said'):verb>"
)
@takes_scans
def gatherings_act(slug: str, identifier: int, verb: str) -> Response:
    """Do one thing with a gathering, and return to it."""
    consultation = consultation_or_404(slug)
    gathering = gathering_of(consultation, identifier)
    with refusals_to_flash() as tried:
        words = ACTS[verb](consultation, gathering)
    if tried.ok:
        flash(words, "success")
    return redirect(url_for(".gatherings", slug=slug, _anchor=f"g{gathering.id}"), 303)
