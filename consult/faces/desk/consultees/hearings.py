"""Symposium, public hearing, expert argument: arranged, listed, and the files that belong to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.app_context import settings
from consult.consultees import board, hearing_letters, hearing_papers, hearings, queries
from consult.consultees.hearing_models import HearingLetter, HearingPaper, HearingPaperRole
from consult.consultees.hearing_wording import head_of, paragraphs
from consult.consultees.models import Consultee, Gathering, GatheringKind, Interest
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation
from consult.faces.desk import form_values
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import LARGEST, row_id
from consult.files import meeting_letter
from consult.files.export.word import MEDIA_TYPE
from consult.intake import file_scans
from consult.law.periods import in_words
from consult.store import db

SHOWN = 200


@desk.route("/consultations/<slug>/gatherings", methods=["GET", "POST"], endpoint="gatherings")
def gatherings_page(slug: str) -> str | Response | tuple[str, int]:
    """Show the gatherings; arrange one; on refusal what was typed stays."""
    consultation = consultation_or_404(slug)
    if request.method == "GET":
        return page(consultation)
    with refusals_to_flash(quiet=True) as tried:
        hearings.arrange(
            current_actor(),
            consultation,
            kind=form_values.one_of(GatheringKind, request.form.get("kind", ""), GatheringKind.SYMPOSIUM, "会议类别"),
            title=request.form.get("title", ""),
            place=request.form.get("place", ""),
            held_at=form_values.moment(request.form.get("held_at", ""), "开会"),
            invited=_invited(consultation),
            others=request.form.get("others", "").splitlines(),
            at=clock.now(),
        )
    if not tried.ok:
        return page(consultation, tried.refusal), 400
    flash("已登记。", "success")
    return redirect(url_for(".gatherings", slug=slug), 303)


def page(consultation: Consultation, refusal: str = "") -> str:
    """Render the page of a consultation's gatherings."""
    at, actor = clock.now(), current_actor()
    listed = hearings.of(consultation)
    cards = [_card(gathering, at) for gathering in listed]
    digests = {gathering.minutes_digest for gathering in listed} | {p.digest for card in cards for p in card["papers"]}
    return render_template(
        "desk/consultees/hearings.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        state=consultation.state(at).value,
        now=at,
        today=clock.local(at).date(),
        cards=cards,
        held_back=file_scans.held_back(digests - {""}),
        listed=board.page(consultation, at, limit=SHOWN),
        draft=drafting.draft_of(consultation),
        kinds=GatheringKind,
        interests=Interest,
        paper_roles=HearingPaperRole,
        published=hearing_papers.PUBLISHED,
        may_invite=may(actor, Act.INVITE, consultation),
        typed=request.form,
        refusal=refusal,
    )


def _card(gathering: Gathering, at: datetime) -> dict[str, Any]:
    """Return what the page shows of one gathering."""
    return {
        "gathering": gathering,
        "lacking": hearings.why_not_held(gathering, at),
        "due": hearings.materials_due(gathering),
        "papers": hearing_papers.of(gathering),
        "changes": hearing_papers.changes_of(gathering),
        "letters": hearing_letters.of(gathering),
        "to_print": hearing_letters.to_print(gathering),
    }


def _invited(consultation: Consultation) -> list[Consultee]:
    """Return who was ticked of the list, in the order of the list."""
    ticked = [row_id(number) for number in request.form.getlist("who")]
    return queries.on_list(consultation, ticked)


def gathering_of(consultation: Consultation, identifier: int) -> Gathering:
    """Return a gathering of a consultation by its id, else answer 404."""
    gathering = db.session.get(Gathering, identifier) if identifier <= LARGEST else None
    if gathering is None or gathering.consultation_id != consultation.id:
        abort(404)
    return gathering


@desk.get("/consultations/<slug>/gatherings/<int:identifier>/minutes")
def gathering_minutes(slug: str, identifier: int) -> Response | tuple[str, int]:
    """Give the minutes of a gathering as a download; those that are held back to nobody."""
    consultation = consultation_or_404(slug)
    gathering = gathering_of(consultation, identifier)
    return _download(consultation, gathering.minutes_digest, gathering.minutes_name)


@desk.get("/consultations/<slug>/gatherings/<int:identifier>/papers/<int:number>")
def gathering_paper(slug: str, identifier: int, number: int) -> Response | tuple[str, int]:
    """Give a paper of a gathering as a download."""
    consultation = consultation_or_404(slug)
    gathering = gathering_of(consultation, identifier)
    paper = db.session.get(HearingPaper, number) if number <= LARGEST else None
    if paper is None or paper.gathering_id != gathering.id:
        abort(404)
    return _download(consultation, paper.digest, paper.name)


def _download(consultation: Consultation, digest: str, name: str) -> Response | tuple[str, int]:
    if not digest:
        abort(404)
    with refusals_to_flash():
        return download(file_scans.content_of(digest), name)
    return page(consultation), 403


@desk.get("/consultations/<slug>/gatherings/<int:identifier>/letters.<any('docx', 'pdf'):kind>")
def gathering_letters(slug: str, identifier: int, kind: str) -> FlaskResponse | Response:
    """Give the letters on paper that are still to be handed over in one file."""
    consultation = consultation_or_404(slug, Act.INVITE)
    gathering = gathering_of(consultation, identifier)
    letters = [_letter(consultation, letter) for letter in hearing_letters.to_print(gathering)]
    if not letters:
        flash("没有要打印的通知。", "error")
        return redirect(url_for(".gatherings", slug=slug, _anchor=f"g{gathering.id}"), 303)
    data = meeting_letter.to_docx(letters) if kind == "docx" else meeting_letter.to_pdf(letters)
    response = FlaskResponse(data, mimetype=MEDIA_TYPE if kind == "docx" else "application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=f"meeting-letters-{gathering.id}.{kind}")
    return response


def _letter(consultation: Consultation, letter: HearingLetter) -> meeting_letter.MeetingLetter:
    return meeting_letter.MeetingLetter(
        department=settings().department,
        to=letter.attendance.name,
        head=head_of(letter),
        paragraphs=paragraphs(letter),
        contact=consultation.contact,
        day=in_words(clock.local(letter.created_at).date()),
    )
