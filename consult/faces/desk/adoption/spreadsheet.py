"""Decisions out to a spreadsheet and back, on the desk."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

from flask import flash, render_template, send_file
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import queries, spreadsheet
from consult.drafting.models import Consultation
from consult.faces.desk.adoption import sheet_previews
from consult.faces.desk.adoption.forms import TableForm
from consult.faces.desk.adoption.workspace import opinions_of
from consult.faces.desk.blueprint import current_actor, desk, refusals_to
from consult.faces.desk.navigation import inside
from consult.faces.uploads import book_of

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


@desk.route("/consultations/<slug>/adoption/table", methods=["GET", "POST"])
def adoption_table(slug: str) -> str | tuple[str, int]:
    """Show what a filled-in spreadsheet would change; once that is confirmed, import exactly that."""
    form = TableForm()
    if not form.is_submitted():
        return _page(opinions_of(slug), form)
    consultation = opinions_of(slug, Act.DECIDE)
    if form.preview.data:
        return _confirmed(consultation, form)
    if form.validate():
        file = form.file.data
        with refusals_to(form) as tried:
            book, digest = book_of(file)
            preview = spreadsheet.preview_decisions(current_actor(), consultation, book, digest=digest)
        if tried.ok:
            return _page(consultation, TableForm(formdata=None), preview=preview)
    return _page(consultation, form), 400


def _confirmed(consultation: Consultation, form: TableForm) -> str | tuple[str, int]:
    with refusals_to(form) as tried:
        preview = sheet_previews.again(form.preview.data or "", current_actor(), consultation)
        taken = spreadsheet.confirm_preview(current_actor(), consultation, preview, at=clock.now())
    if tried.ok:
        flash(
            f"已提交复核 {taken.taken} 条，未改动 {taken.unchanged} 条，未导入 {len(taken.refused)} 条。",
            "success",
        )
        return _page(consultation, TableForm(formdata=None), taken=taken)
    if isinstance(tried.error, spreadsheet.PreviewChanged):
        return _page(consultation, form, preview=tried.error.preview), 409
    return _page(consultation, form), 400


def _page(
    consultation: Consultation,
    form: TableForm,
    *,
    preview: spreadsheet.Preview | None = None,
    taken: spreadsheet.ImportResult | None = None,
) -> str:
    actor = current_actor()
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
        token=sheet_previews.keep(preview, actor, consultation) if preview is not None else "",
        result=preview.result if preview is not None else taken,
        listed=LISTED,
    )
