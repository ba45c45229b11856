"""The published feedback: as a page with its rows by key, and as the files that were frozen with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import abort, jsonify, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.adoption.models import Outcome
from consult.app_context import blobs
from consult.drafting.models import Consultation
from consult.faces.i18n import gettext, translated
from consult.faces.public.blueprint import blueprint, public_consultation
from consult.faces.row_ids import row_id
from consult.files import charts
from consult.files.feedback import layout
from consult.reporting import publication_check, queries, report_document, report_versions, signatures
from consult.reporting.models import FeedbackReport

ROWS_ON_A_PAGE = 50
LARGEST = 2**31
"""Beyond any number of a row."""
MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "json": "application/json",
    "html": "text/html",
    "csv": "text/csv",
}


@blueprint.get("/consultations/<slug>/report")
def report(slug: str) -> str:
    """Show the published feedback: how many, what most people said, why not, and every opinion by key."""
    consultation, standing = _standing(slug)
    after = request.args.get("after", "")
    chosen = _Chosen.from_address(standing)
    rows = report_versions.rows(standing, after=row_id(after), limit=ROWS_ON_A_PAGE + 1, **chosen.conditions)
    shown = rows[:ROWS_ON_A_PAGE]
    here = partial(url_for, ".report", slug=slug, **chosen.in_address, _anchor="rows")
    listed = report_versions.rows_by_outcome(standing)
    return render_template(
        "public/report.html",
        consultation=consultation,
        report=standing,
        document=report_document.document(standing),
        feedback=queries.standing(consultation.id),
        rows=shown,
        listed={outcome: n for (outcome, late), n in listed.items() if not late},
        late=sum(n for (_, late), n in listed.items() if late),
        chosen=chosen,
        charts=[] if chosen.narrowed else _charts(standing),
        first=here() if after else None,
        next=here(after=shown[-1].number) if len(rows) > ROWS_ON_A_PAGE else None,
    )


def _charts(report: FeedbackReport) -> list[str]:
    """Return what came in on which article and what became of it as SVG, each bar leading to its rows."""
    tables, places = report.snapshot.get("tables"), report.snapshot.get("places", {})
    if not tables:
        return []
    here = partial(url_for, ".report", slug=report.snapshot["slug"], _anchor="rows")
    most = sorted(tables["articles"], key=lambda line: -line[2])[: layout.BARS]
    articles = [
        charts.Bar(places.get(line[0], line[0]), line[2], here(article=line[0]))
        for line in tables["articles"]
        if line in most
    ]
    figures = report.snapshot["figures"]
    outcomes = [
        charts.Bar(translated(outcome.label.words), n, here(outcome=outcome.value), outcome.value)
        for outcome in Outcome
        if (n := figures.get(f"outcome.{outcome.value}", 0))
    ]
    drawn = ((gettext("采纳情况"), outcomes), (gettext("按条款"), articles))
    return [charts.bars(bars, title) for title, bars in drawn if len(bars) > 1]


@dataclass(frozen=True)
class _Chosen:
    """Which rows are asked for: of one outcome in time, late ones, a main opinion's, or those on one article."""

    outcome: str = ""
    late: bool = False
    group: dict[str, Any] | None = None
    article: str | None = None
    place: str = ""

    @classmethod
    def from_address(cls, report: FeedbackReport) -> _Chosen:
        """Read the address; what it asks for and isn't there is left out."""
        outcome, group = request.args.get("outcome", ""), request.args.get("group", "")
        article, places = request.args.get("article"), report.snapshot.get("places", {})
        is_known = article in places
        return cls(
            outcome if outcome in {known.value for known in Outcome} else "",
            "late" in request.args,
            next((main for main in report.snapshot["main_opinions"] if str(main["group"]) == group), None),
            article if is_known else None,
            places.get(article, "") if is_known else "",
        )

    @property
    def narrowed(self) -> bool:
        """Whether not all rows are asked for."""
        return bool(self.outcome or self.late or self.group or self.article is not None)

    @property
    def conditions(self) -> dict[str, Any]:
        """The rows, as ``report_versions.rows`` takes them."""
        late = True if self.late else False if self.outcome or self.article is not None else None
        group_id = self.group["group"] if self.group else None
        return {"outcome": self.outcome, "late": late, "group_id": group_id, "article": self.article}

    @property
    def in_address(self) -> dict[str, Any]:
        """What the addresses of further pages say."""
        version = request.args.get("version", type=int)
        late, group = (1 if self.late else None), (self.group["group"] if self.group else None)
        outcome = self.outcome or None
        return {"version": version, "outcome": outcome, "late": late, "group": group, "article": self.article}


@blueprint.get("/consultations/<slug>/report/rows/<int:number>")
def report_row(slug: str, number: int) -> str:
    """Show one opinion of the published feedback: the answer, who confirmed it when, and what was changed."""
    consultation, standing = _standing(slug)
    row = report_versions.row(standing, number) if number < LARGEST else None
    if row is None:
        abort(404)
    return render_template(
        "public/report_row.html",
        consultation=consultation,
        report=standing,
        row=row,
        confirmed=queries.confirmation(standing, row),
        place=report_document.article_in(consultation, row.anchor),
    )


@blueprint.get("/consultations/<slug>/report.<extension>")
def report_file(slug: str, extension: str) -> Response:
    """Give a file of the published feedback, byte for byte as it was frozen, or its signature."""
    _found, standing = _standing(slug)
    if extension == signatures.EXTENSION and standing.signature:
        return jsonify(signatures.document(standing))
    digest = standing.files.get(extension)
    if digest is None or extension not in MEDIA_TYPES:
        abort(404)
    name = f"{standing.snapshot['title']}.{extension}"
    return send_file(blobs().open(digest), MEDIA_TYPES[extension], as_attachment=True, download_name=name, etag=digest)


def _standing(slug: str) -> tuple[Consultation, FeedbackReport]:
    consultation = public_consultation(slug, clock.now())
    version = request.args.get("version", "")
    standing = report_versions.published(consultation.id, row_id(version) or None)
    if standing is None:
        abort(404)
    publication_check.require_unaltered(standing)
    return consultation, standing
