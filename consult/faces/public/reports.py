"""The published feedback: as a page with its rows by key, and as the files that were frozen with it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.adoption.models import Outcome
from consult.drafting.models import Consultation
from consult.faces.public.blueprint import blueprint, public_consultation
from consult.reporting import figures, printing, queries, stored
from consult.reporting.models import FeedbackReport
from consult.settings import blobs

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
    found, standing = _standing(slug)
    after = request.args.get("after", "")
    outcome = request.args.get("outcome", "")
    outcome = outcome if outcome in {known.value for known in Outcome} else ""
    group = request.args.get("group", "")
    rows = stored.rows(
        standing,
        after=int(after) if after.isdecimal() else 0,
        limit=ROWS_ON_A_PAGE + 1,
        outcome=outcome,
        group_id=int(group) if group.isdecimal() else None,
    )
    shown = rows[:ROWS_ON_A_PAGE]
    chosen: dict[str, Any] = {"outcome": outcome or None, "group": group or None}
    return render_template(
        "public/report.html",
        consultation=found,
        report=standing,
        document=printing.document(standing),
        feedback=queries.standing(found.id),
        rows=shown,
        listed=stored.rows_by_outcome(standing),
        outcome=outcome,
        group=next((main for main in standing.snapshot["main_opinions"] if str(main["group"]) == group), None),
        narrowed=bool(outcome or group),
        channel_names=figures.CHANNEL_NAMES,
        sender_names=figures.SENDER_NAMES,
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
    found = public_consultation(slug, clock.now())
    version = request.args.get("version", "")
    standing = stored.published(found.id, int(version) if version.isdecimal() else None)
    if standing is None:
        abort(404)
    return found, standing
