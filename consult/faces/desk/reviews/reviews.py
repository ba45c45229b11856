"""The reviews of a consultation: shown, asked for, completed, concluded, confirmed, taken back."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.drafting.models import Consultation
from consult.faces.desk import form_values
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.desk.reviews import typed
from consult.faces.desk.reviews.page import page
from consult.faces.row_ids import row_id
from consult.faces.uploads import takes_scans
from consult.files.export import word
from consult.intake import file_scans
from consult.law.reviews import ReviewKind
from consult.review import forms, queries, service
from consult.review.models import Review

DONE = {
    "pause": "已退回补正。",
    "resume": "已登记补正材料。",
    "conclude": "已登记审查结论。",
    "confirm": "已确认对新的文稿仍然有效。",
    "withdraw": "已撤回。",
    "points": "已登记办理情况。",
    "opinion": "已登记市场监管部门审查意见。",
}


@desk.get("/consultations/<slug>/reviews")
def reviews(slug: str) -> str:
    """Show every kind of review with its state, its acts and papers."""
    return page(consultation_or_404(slug))


@desk.post("/consultations/<slug>/reviews/ask")
@takes_scans
def reviews_ask(slug: str) -> Response | tuple[str, int]:
    """Send a version to review with its material; on refusal what was typed stays."""
    consultation = consultation_or_404(slug)
    kind = _kind()
    with refusals_to_flash(quiet=True) as tried:
        service.ask(
            current_actor(),
            typed.version_of(consultation),
            kind,
            sent_on=form_values.day(request.form.get("sent_on", "")),
            due_on=form_values.day(request.form.get("due_on", "")),
            material=typed.material(kind),
            early_reason=typed.text("early_reason"),
            at=clock.now(),
        )
    if not tried.ok:
        return page(consultation, tried.refusal, f"ask-{kind.value}"), 400
    flash("已送审。", "success")
    return _back(slug, kind)


@desk.post("/consultations/<slug>/reviews/record")
@takes_scans
def reviews_record(slug: str) -> Response | tuple[str, int]:
    """Record a review that was done on paper: request and conclusion at once."""
    consultation = consultation_or_404(slug)
    kind = _kind()
    with refusals_to_flash(quiet=True) as tried:
        service.record_whole(
            current_actor(),
            typed.version_of(consultation),
            kind,
            typed.findings(consultation, kind),
            sent_on=form_values.day(request.form.get("sent_on", "")),
            material=typed.material(kind),
            early_reason=typed.text("early_reason"),
            at=clock.now(),
        )
    if not tried.ok:
        return page(consultation, tried.refusal, f"record-{kind.value}"), 400
    flash(DONE["conclude"], "success")
    return _back(slug, kind)


@desk.post(
    "/consultations/<slug>/reviews/<int:identifier>"
    "/<any('pause', 'resume', 'conclude', 'confirm', 'withdraw', 'points', 'opinion'):verb>"
)
@takes_scans
def reviews_act(slug: str, identifier: int, verb: str) -> Response | tuple[str, int]:
    """Act on one review; on refusal what was typed stays."""
    consultation = consultation_or_404(slug)
    review = _review(consultation, identifier)
    with refusals_to_flash(quiet=True) as tried:
        VERBS[verb](consultation, review)
    if not tried.ok:
        return page(consultation, tried.refusal, f"{verb}-{review.id}"), 400
    flash(DONE[verb], "success")
    return _back(slug, review.kind)


@desk.get("/consultations/<slug>/reviews/<int:identifier>/form.docx")
def review_form(slug: str, identifier: int) -> Response:
    """Give the filled form of a concluded review of legality or fair competition."""
    review = _review(consultation_or_404(slug), identifier)
    if review.conclusion is None or review.kind not in forms.WITH_FORM:
        abort(404)
    name, data = forms.document(review)
    return download(data, name, word.MEDIA_TYPE)


@desk.get("/consultations/<slug>/reviews/<int:identifier>/papers/<int:paper>")
def review_paper(slug: str, identifier: int, paper: int) -> Response | tuple[str, int]:
    """Give a paper of a review as a download; one that is held back to nobody."""
    consultation = consultation_or_404(slug)
    papers = _review(consultation, identifier).papers
    kept = next((kept for kept in papers if kept.id == paper), None) or abort(404)
    with refusals_to_flash():
        return download(file_scans.content_of(kept.digest), kept.name)
    return page(consultation), 403


def _pause(_consultation: Consultation, review: Review) -> None:
    on = form_values.day(request.form.get("on", "")) or clock.local(clock.now()).date()
    service.pause(current_actor(), review, typed.text("lacking"), on=on, at=clock.now())


def _resume(_consultation: Consultation, review: Review) -> None:
    on = form_values.day(request.form.get("on", "")) or clock.local(clock.now()).date()
    service.resume(current_actor(), review, typed.material(review.kind), on=on, at=clock.now())


def _conclude(consultation: Consultation, review: Review) -> None:
    service.conclude(current_actor(), review, typed.findings(consultation, review.kind), at=clock.now())


def _confirm(consultation: Consultation, review: Review) -> None:
    version = typed.version_of(consultation)
    service.confirm_for(current_actor(), review, version, typed.text("note"), at=clock.now())


def _withdraw(_consultation: Consultation, review: Review) -> None:
    service.withdraw(current_actor(), review, typed.text("reason"), at=clock.now())


def _points(_consultation: Consultation, review: Review) -> None:
    number = row_id(request.form.get("point", ""))
    point = next((point for point in review.points if point.number == number), None) or abort(404)
    service.settle_point(current_actor(), point, typed.text("done"), at=clock.now())


def _opinion(_consultation: Consultation, review: Review) -> None:
    paper, concludes = typed.regulator_paper()
    service.add_opinion(current_actor(), review, paper, concludes=concludes, at=clock.now())


VERBS: dict[str, Callable[[Consultation, Review], None]] = {
    "pause": _pause,
    "resume": _resume,
    "conclude": _conclude,
    "confirm": _confirm,
    "withdraw": _withdraw,
    "points": _points,
    "opinion": _opinion,
}


def _kind() -> ReviewKind:
    chosen = request.form.get("kind", "")
    return ReviewKind(chosen) if chosen in set(ReviewKind) else abort(404)


def _review(consultation: Consultation, identifier: int) -> Review:
    return next((review for review in queries.of(consultation) if review.id == identifier), None) or abort(404)


def _back(slug: str, kind: ReviewKind) -> Response:
    return redirect(url_for(".reviews", slug=slug, _anchor=kind.value), 303)
