"""The published feedback: as a page with its rows by key, and as the files that were frozen with it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.adoption.models import Outcome
from consult.app_context import blobs
from consult.drafting.models import Consultation
from consult.faces.public.blueprint import blueprint, public_consultation
from consult.faces.row_ids import row_id
from consult.reporting import publication_check, queries, report_document, report_versions
from consult.reporting.models import FeedbackReport

ROWS_ON_A_PAGE = 50
MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "json": "application/json",
    "html": "text/html",
}


@blueprint.get("/consultations/<slug>/report")
def report(slug: str) -> str:
    """Show the published feedback: how many, what most people said, why not, and every opinion by key."""
    consultation, standing = _standing(slug)
    after = request.args.get("after", "")
    outcome = request.args.get("outcome", "")
    outcome = outcome if outcome in {known.value for known in Outcome} else ""
    group = request.args.get("group", "")
    rows = report_versions.rows(
        standing,
        after=row_id(after),
        limit=ROWS_ON_A_PAGE + 1,
        outcome=outcome,
        group_id=row_id(group) or None,
    )
    shown = rows[:ROWS_ON_A_PAGE]
    chosen: dict[str, Any] = {"outcome": outcome or None, "group": group or None}
    return render_template(
        "public/report.html",
        consultation=consultation,
        report=standing,
        document=report_document.document(standing),
        feedback=queries.standing(consultation.id),
        rows=shown,
        listed=report_versions.rows_by_outcome(standing),
        outcome=outcome,
        group=next((main for main in standing.snapshot["main_opinions"] if str(main["group"]) == group), None),
        narrowed=bool(outcome or group),
        first=url_for(".report", slug=slug, **chosen, _anchor="rows") if after else None,
        next=url_for(".report", slug=slug, **chosen, after=shown[-1].number, _anchor="rows")
        if len(rows) > ROWS_ON_A_PAGE
        else None,
    )


@blueprint.get("/consultations/<slug>/report.<extension>")
def report_file(slug: str, extension: str) -> Response:
    """Give a file of the published feedback, byte for byte as it was frozen."""
    _found, standing = _standing(slug)
    digest = standing.files.get(extension)
    if digest is None or extension not in MEDIA_TYPES:
        abort(404)
    name = f"{standing.snapshot['title']}.{extension}"
    data = BytesIO(blobs().get(digest))
    return send_file(data, MEDIA_TYPES[extension], as_attachment=True, download_name=name, etag=digest)


def _standing(slug: str) -> tuple[Consultation, FeedbackReport]:
    consultation = public_consultation(slug, clock.now())
    version = request.args.get("version", "")
    standing = report_versions.published(consultation.id, row_id(version) or None)
    if standing is None:
        abort(404)
    publication_check.require_unaltered(standing)
    return consultation, standing
