"""Decisions out to a spreadsheet and back, on the desk."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

from flask import flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import queries, spreadsheet
from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.faces.desk.adoption.forms import TableForm
from consult.faces.desk.adoption.workspace import opinions_of
from consult.faces.desk.blueprint import current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.navigation import inside
from consult.faces.desk.upload_progress import READ, confirmed, progress_page
from consult.faces.jobs import uploads
from consult.faces.row_ids import row_id
from consult.intake import staff_uploads
from consult.intake.models import Purpose, StaffUpload

LISTED = 2000
"""Changed cells and refused rows that the page lists; of more it says how many it doesn't."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@desk.get("/consultations/<slug>/adoption/opinions.xlsx")
def adoption_export(slug: str) -> Response:
    """Give all opinions with their decisions as a spreadsheet to fill in."""
    consultation = opinions_of(slug)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "opinions.xlsx"
        spreadsheet.export_decisions(current_actor(), consultation, path)
        data = path.read_bytes()
    name = f"{slug}-意见采纳情况.xlsx"
    return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)


@desk.get("/consultations/<slug>/adoption/table")
def adoption_table(slug: str) -> str | Response:
    """Show the table's page; with ``preview``, how far reading a sheet is, then what it would change."""
    number = request.args.get("preview")
    if number is None:
        return _page(opinions_of(slug), TableForm())
    consultation = opinions_of(slug, Act.DECIDE)
    with refusals_to_flash() as tried:
        staff_upload = _sheet(consultation, row_id(number))
    again = url_for(".adoption_table", slug=slug)
    if not tried.ok:
        return redirect(again, 303)
    if staff_upload.stage not in READ:
        return progress_page(staff_upload, "用表格处理", again, consultation)
    return _page(consultation, TableForm(), staff_upload=staff_upload)


@desk.post("/consultations/<slug>/adoption/table")
def adoption_table_import(slug: str) -> str | Response | tuple[str, int]:
    """Keep a filled-in sheet and have it read; once what it would change is confirmed, import exactly that."""
    form, consultation = TableForm(), opinions_of(slug, Act.DECIDE)
    if form.preview.data:
        return _confirmed(consultation, form)
    if not form.validate():
        return _page(consultation, form), 400
    file = form.file.data
    staff_upload = staff_uploads.upload(
        current_actor(), Act.DECIDE, Purpose.DECISIONS, file.filename, file.stream,
        limit=settings().request_bytes, at=clock.now(), consultation=consultation,
    )  # fmt: skip
    jobs.ask(uploads.NAME)
    return redirect(url_for(".adoption_table", slug=slug, preview=staff_upload.id), 303)


def _sheet(consultation: Consultation, number: int, seen: str | None = None) -> StaffUpload:
    return staff_uploads.find(
        current_actor(), Purpose.DECISIONS, number, at=clock.now(), consultation=consultation, seen=seen
    )


def _confirmed(consultation: Consultation, form: TableForm) -> str | tuple[str, int]:
    with refusals_to(form) as tried:
        staff_upload = _sheet(consultation, *confirmed(form.preview.data))
        preview = spreadsheet.Preview.from_json(staff_uploads.result_of(staff_upload))
        taken = spreadsheet.confirm_preview(current_actor(), consultation, preview, at=clock.now())
    if tried.ok:
        flash(
            f"已提交复核 {taken.taken} 条，未改动 {taken.unchanged} 条，未导入 {len(taken.refused)} 条。",
            "success",
        )
        return _page(consultation, TableForm(formdata=None), taken=taken)
    if isinstance(tried.error, spreadsheet.PreviewChanged):
        staff_uploads.show_instead(staff_upload, tried.error.preview.as_json())
        return _page(consultation, form, staff_upload=staff_upload), 409
    return _page(consultation, form), 400


def _page(
    consultation: Consultation,
    form: TableForm,
    *,
    staff_upload: StaffUpload | None = None,
    taken: spreadsheet.ImportResult | None = None,
) -> str:
    actor = current_actor()
    preview = spreadsheet.Preview.from_json(staff_uploads.result_of(staff_upload)) if staff_upload is not None else None
    return render_template(
        "desk/adoption/table.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        progress=queries.progress(consultation.id),
        may_decide=may(actor, Act.DECIDE, consultation),
        may_review=may(actor, Act.REVIEW_DECISION, consultation),
        outcome_names=spreadsheet.NAMES,
        form=form,
        preview=preview,
        token=staff_upload.confirmation if staff_upload is not None else "",
        result=preview.result if preview is not None else taken,
        listed=LISTED,
    )
