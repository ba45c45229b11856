"""The versions of a draft: read, compared, downloaded; another one uploaded."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.drafting import draft_units, rereading, version_comparison, versions
from consult.drafting.models import Consultation, DraftVersion, VersionKind
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.consultation import draft_uploads
from consult.faces.desk.consultation.draft_uploads import Upload
from consult.faces.desk.consultation.forms import VersionForm
from consult.faces.desk.downloads import download
from consult.faces.desk.navigation import inside
from consult.faces.desk.upload_progress import READ, progress_page
from consult.faces.draft_files import FORMATS
from consult.files import file_type
from consult.intake import file_scans
from consult.text.anchors import in_words


@desk.get("/consultations/<slug>/draft")
@desk.get("/consultations/<slug>/draft/<int:number>")
def draft(slug: str, number: int | None = None) -> str:
    """Show a version of the draft, by default the one out for comment, beside its contents and warnings."""
    consultation = consultation_or_404(slug)
    version = _version(consultation, number)
    return _inside(
        consultation,
        "desk/consultation/draft.html",
        version=version,
        draft=draft_units.read(version.provisions),
        held_back=file_scans.held_back([version.file_digest]),
        formats=FORMATS,
        compare_order=version_comparison.in_order,
        reads_otherwise=rereading.rereading(version) is not None,
    )


@desk.get("/consultations/<slug>/draft/<int:number>/reread")
def draft_rereading(slug: str, number: int) -> str:
    """Show where the rules of today read a version otherwise than it was stored."""
    consultation = consultation_or_404(slug)
    version = _version(consultation, number)
    again = rereading.rereading(version)
    return _inside(
        consultation,
        "desk/consultation/reread.html",
        version=version,
        differences=again.differences if again is not None else (),
        name=lambda row: in_words(row.anchor),
        can_add=may(current_actor(), Act.ADD_VERSION, consultation)
        and version.kind in versions.addable_kinds(consultation),
    )


@desk.post("/consultations/<slug>/draft/<int:number>/reread")
def draft_reread(slug: str, number: int) -> Response:
    """Store a version as it is read today as another version."""
    consultation = consultation_or_404(slug, Act.ADD_VERSION)
    with refusals_to_flash() as tried:
        made = rereading.reread(current_actor(), _version(consultation, number), at=clock.now())
    if not tried.ok:
        return redirect(url_for(".draft_rereading", slug=slug, number=number), 303)
    flash(f"已另存为第 {made.number} 稿。", "success")
    return redirect(url_for(".draft", slug=slug, number=made.number), 303)


@desk.get("/consultations/<slug>/draft/<int:number>/file")
def draft_file(slug: str, number: int) -> Response | tuple[str, int]:
    """Give the file that a version was read from, as a download; one that is held back to nobody."""
    version = _version(consultation_or_404(slug), number)
    with refusals_to_flash():
        data = file_scans.content_of(version.file_digest)
        return download(data, version.file_name, file_type.sniff(data, version.file_name))
    return draft(slug, number), 403


@desk.route("/consultations/<slug>/new-version", methods=["GET", "POST"])
def new_version(slug: str) -> str | Response | tuple[str, int]:
    """Take the file of another version, and go on to what was read in it."""
    consultation = consultation_or_404(slug, Act.ADD_VERSION)
    allowed = versions.addable_kinds(consultation)
    form = VersionForm(allowed)
    if not allowed:
        flash("送审中或者已结束，不能上传文稿。", "error")
        return redirect(url_for(".consultation", slug=slug), 303)
    if request.method == "POST" and form.validate():
        with refusals_to(form) as tried:
            number = draft_uploads.take(form.file.data, current_actor(), Act.ADD_VERSION, consultation)
        if tried.ok:
            kind = form.kind.data
            return redirect(url_for(".new_version_preview", slug=slug, draft=number, kind=kind), 303)
    page = _inside(consultation, "desk/consultation/new_version.html", form=form)
    return (page, 400) if request.method == "POST" else page


@desk.get("/consultations/<slug>/new-version/preview")
def new_version_preview(slug: str) -> str | Response:
    """Show how far reading the file is, then what was read in it, to be confirmed."""
    consultation = consultation_or_404(slug, Act.ADD_VERSION)
    kind, again = _kind(request.args.get("kind", "")), url_for(".new_version", slug=slug)
    with refusals_to_flash() as tried:
        staff_upload = draft_uploads.find(request.args.get("draft"), current_actor(), consultation)
    if not tried.ok:
        return redirect(again, 303)
    if staff_upload.stage not in READ:
        return progress_page(staff_upload, "上传文稿", again, consultation)
    return _preview(consultation, draft_uploads.read(staff_upload), staff_upload.confirmation, kind)


@desk.post("/consultations/<slug>/new-version/preview")
def new_version_add(slug: str) -> Response:
    """Make the previewed file the next version."""
    consultation = consultation_or_404(slug)
    kind = _kind(request.form.get("kind", ""))
    with refusals_to_flash() as tried:
        staff_upload = draft_uploads.find_confirmed(request.form.get("draft"), current_actor(), consultation)
        upload = draft_uploads.read(staff_upload)
        made = versions.add_version(
            current_actor(),
            consultation,
            kind=kind,
            file_name=upload.name,
            data=upload.data,
            source=upload.source,
            at=clock.now(),
        )
    if not tried.ok:
        return redirect(url_for(".new_version", slug=slug), 303)
    flash("现行文本已保存。" if kind is VersionKind.IN_FORCE else f"已存为第 {made.number} 稿。", "success")
    return redirect(url_for(".draft", slug=slug, number=made.number), 303)


def _preview(consultation: Consultation, upload: Upload, token: str, kind: VersionKind) -> str:
    return _inside(
        consultation,
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


def _version(consultation: Consultation, number: int | None) -> DraftVersion:
    if number is None:
        return consultation.public_version or abort(404)
    return next((version for version in consultation.versions if version.number == number), None) or abort(404)


def _inside(consultation: Consultation, template: str, **more: object) -> str:
    now = clock.now()
    return render_template(
        template,
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        state=consultation.state(now).value,
        now=now,
        **more,
    )
