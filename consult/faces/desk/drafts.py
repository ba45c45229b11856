"""The versions of a draft: read, compared, downloaded; another one uploaded."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, require
from consult.drafting import comparing, reading, versions
from consult.drafting.errors import DraftRefused, WrongState
from consult.drafting.models import Consultation, DraftVersion, VersionKind
from consult.faces.desk import uploads
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.desk.forms.drafting import VERSION_WORDS, VersionForm
from consult.faces.desk.sections import inside
from consult.faces.desk.uploads import Upload
from consult.faces.draft_files import FORMATS
from consult.files import sniff
from consult.intake import file_scans


@desk.get("/consultations/<slug>/draft")
@desk.get("/consultations/<slug>/draft/<int:number>")
def draft(slug: str, number: int | None = None) -> str:
    """Show a version of the draft, by default the one out for comment, beside its contents and warnings."""
    one = consultation_or_404(slug)
    version = _version(one, number)
    return _inside(
        one,
        "desk/consultation/draft.html",
        version=version,
        draft=reading.read(version.provisions),
        held_back=file_scans.held_back([version.file_digest]),
        formats=FORMATS,
        compare_order=comparing.in_order,
    )


@desk.get("/consultations/<slug>/draft/<int:number>/file")
def draft_file(slug: str, number: int) -> Response | tuple[str, int]:
    """Give the file that a version was read from, as a download; one that is held back to nobody."""
    version = _version(consultation_or_404(slug), number)
    with refusals_to_flash():
        data = file_scans.content_of(version.file_digest)
        return download(data, version.file_name, sniff.sniff(data, version.file_name))
    return draft(slug, number), 403


@desk.route("/consultations/<slug>/new-version", methods=["GET", "POST"])
def new_version(slug: str) -> str | Response | tuple[str, int]:
    """Take the file of another version, and go on to what was read in it."""
    one = consultation_or_404(slug)
    require(current_actor(), Act.ADD_VERSION, one)
    allowed = versions.kinds_to_add(one)
    form = VersionForm(allowed)
    if not allowed:
        flash("现在不能上传文稿：送审中或者已经结束。", "error")
        return redirect(url_for(".consultation", slug=slug), 303)
    if request.method == "POST" and form.validate():
        with refusals_to(form) as tried:
            token = uploads.keep(uploads.take(form.file.data), current_actor())
        if tried.ok:
            kind = form.kind.data
            return redirect(url_for(".new_version_preview", slug=slug, draft=token, kind=kind), 303)
    page = _inside(one, "desk/consultation/new_version.html", form=form)
    return (page, 400) if request.method == "POST" else page


@desk.get("/consultations/<slug>/new-version/preview")
def new_version_preview(slug: str) -> str | Response:
    """Show what was read in the file, to be confirmed."""
    one = consultation_or_404(slug)
    require(current_actor(), Act.ADD_VERSION, one)
    token, kind = request.args.get("draft", ""), _kind(request.args.get("kind", ""))
    try:
        upload = uploads.again(token, current_actor())
    except DraftRefused as refusal:
        flash(str(refusal), "error")
        return redirect(url_for(".new_version", slug=slug), 303)
    return _preview(one, upload, token, kind)


@desk.post("/consultations/<slug>/new-version/preview")
def new_version_add(slug: str) -> Response:
    """Make the previewed file the next version."""
    one = consultation_or_404(slug)
    kind = _kind(request.form.get("kind", ""))
    try:
        upload = uploads.again(request.form.get("draft", ""), current_actor())
        made = versions.add_version(
            current_actor(), one, kind=kind, file_name=upload.name, data=upload.data, at=clock.now()
        )
    except (DraftRefused, WrongState) as refusal:
        flash(str(refusal), "error")
        return redirect(url_for(".new_version", slug=slug), 303)
    flash("现行文本已存下。" if kind is VersionKind.IN_FORCE else f"已存为第 {made.number} 稿。", "success")
    return redirect(url_for(".draft", slug=slug, number=made.number), 303)


def _preview(one: Consultation, upload: Upload, token: str, kind: VersionKind) -> str:
    return _inside(
        one,
        "desk/consultation/version_preview.html",
        upload=upload,
        draft=upload.draft,
        warnings=upload.source.warnings,
        token=token,
        kind=kind,
    )


def _kind(value: str) -> VersionKind:
    try:
        return VersionKind(value)
    except ValueError:
        abort(400)


def _version(one: Consultation, number: int | None) -> DraftVersion:
    if number is None:
        return one.public_version or abort(404)
    return next((version for version in one.versions if version.number == number), None) or abort(404)


def _inside(one: Consultation, template: str, **more: object) -> str:
    now = clock.now()
    return render_template(
        template,
        desk_nav=inside(current_actor(), one),
        consultation=one,
        state=one.state(now).value,
        now=now,
        version_words=VERSION_WORDS,
        **more,
    )
