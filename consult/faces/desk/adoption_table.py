"""Decisions out to a spreadsheet and back, on the desk."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

from flask import flash, render_template, send_file
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may, require
from consult.adoption import queries, spreadsheet
from consult.adoption.service import OUTCOME_NAMES
from consult.drafting.models import Consultation
from consult.faces.desk.adoption import opinions_of
from consult.faces.desk.blueprint import current_actor, desk, refusals_to
from consult.faces.desk.forms.adoption import TableForm
from consult.faces.desk.sections import inside

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@desk.get("/consultations/<slug>/adoption/opinions.xlsx")
def adoption_export(slug: str) -> Response:
    """Give all opinions with their decisions as a spreadsheet to fill in."""
    consultation = opinions_of(slug)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "opinions.xlsx"
        spreadsheet.write(current_actor(), consultation, path)
        data = path.read_bytes()
    name = f"{slug}-意见采纳情况.xlsx"
    return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)


@desk.route("/consultations/<slug>/adoption/table", methods=["GET", "POST"])
def adoption_table(slug: str) -> str | tuple[str, int]:
    """Take a filled-in spreadsheet, and say of every row what became of it."""
    consultation = opinions_of(slug)
    form = TableForm()
    if not form.is_submitted():
        return _page(consultation, form)
    require(current_actor(), Act.DECIDE, consultation)
    if form.validate():
        with refusals_to(form) as tried:
            name = form.file.data.filename or "表格"
            taken = spreadsheet.take(current_actor(), consultation, name, form.file.data.read(), at=clock.now())
        if tried.ok:
            flash(
                f"已提交复核 {taken.taken} 条，没有改动 {taken.unchanged} 条，没有取用 {len(taken.refused)} 条。",
                "success",
            )
            return _page(consultation, TableForm(formdata=None), taken)
    return _page(consultation, form), 400


def _page(consultation: Consultation, form: TableForm, taken: spreadsheet.Taken | None = None) -> str:
    actor = current_actor()
    return render_template(
        "desk/adoption/table.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        progress=queries.progress(consultation.id),
        may_decide=may(actor, Act.DECIDE, consultation),
        may_review=may(actor, Act.REVIEW_DECISION, consultation),
        outcome_names=list(OUTCOME_NAMES.values()),
        form=form,
        taken=taken,
    )
