"""A new consultation: upload, look at what was read, confirm."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act
from consult.app_context import rules
from consult.drafting import publication
from consult.drafting import service as drafting
from consult.drafting.models import Issuer
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.consultation import draft_uploads
from consult.faces.desk.consultation.draft_uploads import Upload
from consult.faces.desk.consultation.forms import ConfirmForm, UploadForm
from consult.faces.desk.upload_progress import READ, progress_page
from consult.law.rules import ENTERPRISE_RELATED

STEPS = [("上传文稿", ""), ("核对条文", ""), ("填写公告", ""), ("送审", "")]


@desk.route("/consultations/new", methods=["GET", "POST"])
@allowed_to(Act.CREATE_CONSULTATION)
def new_consultation() -> str | Response | tuple[str, int]:
    """Take a draft file, and go on to what was read in it."""
    form = UploadForm()
    if request.method == "POST":
        with refusals_to(form) as tried:
            number = draft_uploads.take(form.file.data, current_actor(), Act.CREATE_CONSULTATION)
        if tried.ok:
            return redirect(url_for(".new_consultation_preview", draft=number), 303)
        return render_template("desk/consultation/new_upload.html", form=form, steps=STEPS), 400
    return render_template("desk/consultation/new_upload.html", form=form, steps=STEPS)


@desk.route("/consultations/new/preview", methods=["GET", "POST"])
@allowed_to(Act.CREATE_CONSULTATION)
def new_consultation_preview() -> str | Response | tuple[str, int]:
    """Show how far reading the draft is, then what was read in it; on confirmation make a consultation of it."""
    actor = current_actor()
    form = ConfirmForm()
    with refusals_to_flash() as tried:
        if request.method == "POST":
            staff_upload = draft_uploads.find_confirmed(form.draft.data, actor)
        else:
            staff_upload = draft_uploads.find(request.args.get("draft"), actor)
    if not tried.ok:
        return redirect(url_for(".new_consultation"), 303)
    if staff_upload.stage not in READ:
        return progress_page(staff_upload, "新建征求意见", url_for(".new_consultation"))
    upload = draft_uploads.read(staff_upload)
    if request.method == "GET":
        form.draft.data = staff_upload.confirmation
        form.title.data = upload.source.title
        form.enterprise_related.data = bool(enterprise_words(upload.source.text))
        return _preview(form, upload)
    if form.validate():
        with refusals_to(form) as tried:
            made = drafting.create(
                actor,
                title=form.title.data or "",
                kind=form.kind.data or "",
                enterprise_related=bool(form.enterprise_related.data),
                issuer=Issuer(form.issuer.data or Issuer.DEPARTMENT),
                leading_unit=form.leading_unit.data or "",
                file_name=upload.name,
                data=upload.data,
                source=upload.source,
                at=clock.now(),
            )
        if tried.ok:
            flash("已创建。请继续填写公告和起草说明。", "success")
            return redirect(url_for(".notice", slug=made.slug), 303)
    return _preview(form, upload), 400


def _preview(form: ConfirmForm, upload: Upload) -> str:
    today = clock.local(clock.now()).date()
    rows = rules().periods
    return render_template(
        "desk/consultation/new_preview.html",
        form=form,
        upload=upload,
        draft=upload.draft,
        warnings=upload.source.warnings,
        steps=STEPS,
        rows=rows,
        enterprise_rule=rows[ENTERPRISE_RELATED],
        enterprise_words=enterprise_words(upload.source.text),
        today=today,
        last_days={key: publication.last_day_of(rule, today + timedelta(days=1)) for key, rule in rows.items()},
    )


def enterprise_words(text: str) -> list[str]:
    """Return the words of a draft that concern the business of enterprises, as the rules list them."""
    telling = next((row for row in rules().wordings if row.id == ENTERPRISE_RELATED), None)
    return [word for word in telling.words if word in text] if telling is not None else []
