"""Symposium, public hearing, expert argument: arranged, their materials sent, who came, what was said."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.consultees import board, gatherings
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Attendance, Consultee, Gathering, GatheringKind, Listed
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation
from consult.faces.desk import typed
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.desk.sections import inside
from consult.faces.uploads import keep, takes_scans
from consult.intake import file_scans
from consult.intake.arrival import Said
from consult.store import db

SHOWN = 200
GATHERING_WORDS = {
    GatheringKind.SYMPOSIUM: "座谈会",
    GatheringKind.HEARING: "听证会",
    GatheringKind.EXPERT_ARGUMENT: "专家论证会",
}


@desk.route("/consultations/<slug>/gatherings", methods=["GET", "POST"], endpoint="gatherings")
def gatherings_page(slug: str) -> str | Response | tuple[str, int]:
    """Show the gatherings; arrange one; on refusal what was typed stays."""
    one = consultation_or_404(slug)
    if request.method == "GET":
        return _page(one)
    with refusals_to_flash(quiet=True) as tried:
        gatherings.arrange(
            current_actor(),
            one,
            kind=typed.one_of(GatheringKind, request.form.get("kind", ""), GatheringKind.SYMPOSIUM, "会议类别"),
            title=request.form.get("title", ""),
            place=request.form.get("place", ""),
            held_at=typed.moment(request.form.get("held_at", ""), "开会"),
            invited=_invited(one),
            others=request.form.get("others", "").splitlines(),
            at=clock.now(),
        )
    if not tried.ok:
        return _page(one, tried.refusal), 400
    flash("已登记。", "success")
    return redirect(url_for(".gatherings", slug=slug), 303)


def _page(one: Consultation, refusal: str = "") -> str:
    at, actor = clock.now(), current_actor()
    found = gatherings.of(one)
    return render_template(
        "desk/hearing/gatherings.html",
        desk_nav=inside(actor, one),
        consultation=one,
        state=one.state(at).value,
        now=at,
        today=clock.local(at).date(),
        gatherings=found,
        held_back=file_scans.held_back({gathering.minutes_digest for gathering in found}),
        due={gathering.id: gatherings.materials_due(gathering) for gathering in found},
        listed=board.page(one, at, limit=SHOWN),
        draft=drafting.draft_of(one),
        words=GATHERING_WORDS,
        may_invite=may(actor, Act.INVITE, one),
        typed=request.form,
        refusal=refusal,
    )


def _invited(one: Consultation) -> list[Consultee]:
    """Return who was ticked of the list, in the order of the list."""
    ticked = [typed.number(number) for number in request.form.getlist("who")]
    query = (
        select(Consultee)
        .join(Listed, Listed.consultee_id == Consultee.id)
        .where(Listed.consultation_id == one.id, Listed.removed_at.is_(None), Consultee.id.in_(ticked))
    )
    return list(db.session.scalars(query.order_by(Listed.id)))


@desk.post("/consultations/<slug>/gatherings/<int:identifier>/<any('materials', 'minutes', 'said'):verb>")
@takes_scans
def gatherings_act(slug: str, identifier: int, verb: str) -> Response:
    """Note when the materials arrived, who came with the minutes, or what somebody said."""
    one = consultation_or_404(slug)
    gathering = _gathering(one, identifier)
    with refusals_to_flash() as tried:
        {"materials": _materials, "minutes": _minutes, "said": _said}[verb](one, gathering)
    if tried.ok:
        flash("已登记。", "success")
    return redirect(url_for(".gatherings", slug=slug, _anchor=f"g{gathering.id}"), 303)


@desk.get("/consultations/<slug>/gatherings/<int:identifier>/minutes")
def gathering_minutes(slug: str, identifier: int) -> Response | tuple[str, int]:
    """Give the minutes of a gathering as a download; those that are held back to nobody."""
    one = consultation_or_404(slug)
    gathering = _gathering(one, identifier)
    if not gathering.minutes_digest:
        abort(404)
    with refusals_to_flash():
        return download(file_scans.content_of(gathering.minutes_digest), gathering.minutes_name)
    return _page(one), 403


def _gathering(one: Consultation, identifier: int) -> Gathering:
    found = db.session.get(Gathering, identifier) if identifier <= typed.LARGEST else None
    if found is None or found.consultation_id != one.id:
        abort(404)
    return found


def _materials(one: Consultation, gathering: Gathering) -> None:
    day = typed.day(request.form.get("day", ""))
    gatherings.send_materials(current_actor(), one, gathering, day=day, at=clock.now())


def _minutes(one: Consultation, gathering: Gathering) -> None:
    files = keep(request.files.getlist("minutes"))
    gatherings.keep_minutes(
        current_actor(),
        one,
        gathering,
        came={typed.number(number) for number in request.form.getlist("came")},
        minutes=files[0] if files else None,
        at=clock.now(),
    )


def _said(one: Consultation, gathering: Gathering) -> None:
    attendance = db.session.get(Attendance, typed.number(request.form.get("attendance", "")))
    if attendance is None or attendance.gathering_id != gathering.id:
        raise ConsulteeRefused("请选择是哪一位说的。")
    anchors, texts = request.form.getlist("anchor"), request.form.getlist("content")
    anchors += [""] * (len(texts) - len(anchors))
    parts = [Said(words, anchor) for anchor, words in zip(anchors, texts, strict=False) if words.strip()]
    if not parts:
        raise ConsulteeRefused("请写下说了什么。")
    gatherings.said(current_actor(), one, attendance, parts, at=clock.now())
