"""Kits for new media of one consultation, their files, and where notice, report and issued text were posted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.app_context import blobs
from consult.drafting import postings
from consult.drafting.models import Consultation, Medium, NoticePosting, PublicText
from consult.faces import jobs
from consult.faces.desk import form_values
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.desk.navigation import inside
from consult.faces.jobs import publicity as publicity_job
from consult.faces.uploads import keep, takes_scans
from consult.files.blobs import BlobError
from consult.files.publicity import FILES
from consult.intake import file_scans
from consult.meeting.errors import MeetingRefused
from consult.publicity import service, words
from consult.publicity.models import PublicityKit

MEDIA = tuple((medium.value, medium.label.words) for medium in Medium)
TYPES = {"png": "image/png", "pdf": "application/pdf", "txt": "text/plain", "html": "text/html"}


@dataclass(frozen=True)
class Shown:
    """A public text on the page: its newest kit, the last drawn one with its words, and where it was posted."""

    about: PublicText
    newest: PublicityKit | None
    drawn: PublicityKit | None
    current: bool
    text: str
    postings: list[NoticePosting]


@desk.get("/consultations/<slug>/publicity")
def publicity(slug: str) -> str:
    """Show the kits of what is public, and where it was posted."""
    consultation, at, actor = consultation_or_404(slug), clock.now(), current_actor()
    texts = [about for about in PublicText if words.public_since(consultation, about, at) is not None]
    return render_template(
        "desk/publicity/publicity.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        state=consultation.state(at).value,
        now=at,
        shown=[_shown(consultation, about, at) for about in reversed(texts)],
        files=FILES,
        media=MEDIA,
        may_post=may(actor, Act.NOTE_POSTING, consultation),
    )


def _shown(consultation: Consultation, about: PublicText, at: datetime) -> Shown:
    drawn, text = service.drawn(consultation, about), ""
    if drawn is not None and "text.txt" in drawn.files:
        try:
            text = blobs().get(drawn.files["text.txt"]).decode()
        except BlobError:
            drawn = None  # the page stays, for the kit to be drawn again
    return Shown(
        about,
        service.newest(consultation, about),
        drawn,
        drawn is not None and service.is_current(drawn, at),
        text,
        postings.of(consultation, about),
    )


@desk.post("/consultations/<slug>/publicity/kit")
def publicity_kit(slug: str) -> Response:
    """Ask for a kit; the worker draws it."""
    consultation, about = consultation_or_404(slug), _about()
    with refusals_to_flash() as tried:
        service.ask(current_actor(), consultation, about, at=clock.now())
    if tried.ok:
        jobs.ask(publicity_job.NAME)
        flash("正在生成，请稍后刷新。", "success")
    return _back(slug, about)


@desk.get("/consultations/<slug>/publicity/<int:identifier>/<name>")
def publicity_file(slug: str, identifier: int, name: str) -> Response:
    """Give a file of a kit."""
    consultation = consultation_or_404(slug)
    kit = service.by_id(consultation, identifier) or abort(404)
    digest = service.files_of(current_actor(), kit).get(name) or abort(404)
    shown = request.args.get("view") == "1" and name.endswith(".png")
    file, kind = blobs().open(digest), TYPES[name.rpartition(".")[2]]
    return send_file(
        file, kind, as_attachment=not shown, download_name=f"{slug}-{kit.about.label.words}-{FILES[name]}-{name}"
    )


@desk.post("/consultations/<slug>/publicity/posting")
@takes_scans
def publicity_posting(slug: str) -> Response:
    """Note where a text was posted, with a link or a picture."""
    consultation, form, about = consultation_or_404(slug), request.form, _about()
    at = clock.now()
    with refusals_to_flash() as tried:
        files = keep(request.files.getlist("picture"))
        medium = next((known for known in Medium if known == form.get("medium")), None)
        day = form_values.day(form.get("posted_on", ""))
        if medium is None or day is None:
            raise MeetingRefused("请选择发布途径，并填写发布日期。")
        postings.add(
            current_actor(),
            consultation,
            about=about,
            public_since=words.public_day(consultation, about, at),
            medium=medium,
            account=form.get("account", ""),
            posted_on=day,
            link=form.get("link", ""),
            picture=files[0] if files else None,
            at=at,
        )
    if tried.ok:
        flash("已登记发布情况。", "success")
    return _back(slug, about)


@desk.post("/consultations/<slug>/publicity/posting/<int:identifier>/withdraw")
def publicity_withdraw(slug: str, identifier: int) -> Response:
    """Withdraw a posting that was registered by mistake."""
    consultation = consultation_or_404(slug)
    posting = postings.by_id(consultation, identifier) or abort(404)
    with refusals_to_flash() as tried:
        postings.withdraw(current_actor(), consultation, posting, request.form.get("reason", ""), at=clock.now())
    if tried.ok:
        flash("已撤销登记，原登记和理由仍有记录。", "success")
    return _back(slug, posting.about)


@desk.get("/consultations/<slug>/publicity/posting/<int:identifier>/picture")
def publicity_picture(slug: str, identifier: int) -> Response:
    """Give the picture of a posting, as a download; a file that is held back to nobody."""
    consultation = consultation_or_404(slug)
    posting = postings.by_id(consultation, identifier)
    if posting is None or not posting.picture_digest:
        abort(404)
    with refusals_to_flash():
        return download(file_scans.content_of(posting.picture_digest), posting.picture_name)
    return _back(slug, posting.about)


def _about() -> PublicText:
    return next((about for about in PublicText if about == request.form.get("about")), PublicText.NOTICE)


def _back(slug: str, about: PublicText) -> Response:
    return redirect(url_for("desk.publicity", slug=slug, _anchor=about.value), 303)
