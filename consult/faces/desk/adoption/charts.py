"""How what came in and what was decided is spread, in charts with their tables, and the words that stand out."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request, url_for

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import queries, standing_words
from consult.drafting.models import Consultation
from consult.faces.desk.adoption.panes import ALL
from consult.faces.desk.adoption.workspace import opinions_of
from consult.faces.desk.blueprint import current_actor, desk
from consult.faces.desk.navigation import inside
from consult.files import charts
from consult.files.charts import Bar, Day
from consult.reporting import distributions
from consult.reporting.distributions import Distribution


@desk.get("/consultations/<slug>/adoption/charts")
def adoption_charts(slug: str) -> str:
    """Show the charts, and the words that stand out on one provision or on all."""
    consultation, actor = opinions_of(slug), current_actor()
    counted = distributions.counted(consultation, at=clock.now())
    provisions = {part.figure.partition(".")[2]: part.words for part in counted.distributions[0].parts}
    at = request.args.get("at", ALL)
    if at not in provisions and at != ALL:
        abort(404)
    return render_template(
        "desk/adoption/charts.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        progress=queries.progress(consultation.id),
        may_review=may(actor, Act.REVIEW_DECISION, consultation),
        counted_at=counted.at,
        charts=[(each, _drawn(consultation, each)) for each in counted.distributions],
        url_of=lambda part: _url(consultation, part.figure),
        provisions=provisions,
        at=at,
        all_provisions=ALL,
        standing=standing_words.words_standing_out(
            consultation.id, distributions.anchors_at(consultation, at) if at != ALL else None
        ),
    )


def _drawn(consultation: Consultation, distribution: Distribution) -> str:
    """Return the chart of a distribution as SVG, the largest parts only where there are too many."""
    title = f"{distribution.title}：共 {distribution.total:,} {distribution.unit}"
    if distribution.name == "day":
        days = [Day(part.day, part.n, _url(consultation, part.figure)) for part in distribution.parts if part.day]
        return charts.line(days, title)
    parts = distribution.parts
    largest = sorted(range(len(parts)), key=lambda place: -parts[place].n)[: charts.TALLEST]
    shown = [parts[place] for place in sorted(largest)]
    return charts.bars([Bar(each.words, each.n, _url(consultation, each.figure), each.tone) for each in shown], title)


def _url(consultation: Consultation, figure: str) -> str:
    url: Any = url_for("desk.reporting_figure", slug=consultation.slug, name=figure)
    return str(url)
