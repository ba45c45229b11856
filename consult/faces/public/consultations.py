"""One consultation: its page, and one article with the opinions on it that may be printed."""

from __future__ import annotations

from flask import abort, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.adoption import queries as adoption
from consult.app_context import blobs
from consult.drafting import publication, queries, version_comparison
from consult.drafting.models import Consultation, Stage, State
from consult.faces.draft_files import FORMATS
from consult.faces.i18n import gettext
from consult.faces.public.blueprint import blueprint, public_consultation
from consult.faces.public.drafts import PAIRS
from consult.faces.public.feeds import full_address
from consult.faces.public.home import kind_name, received
from consult.faces.row_ids import row_id
from consult.faces.template_filters import last_day, last_moment, short_day
from consult.issuance import document_acts, evaluation
from consult.issuance import service as issuance
from consult.publicity import service as publicity
from consult.reporting import queries as reports
from consult.reporting import report_versions
from consult.store import counters
from consult.text.sentences import sentence

OPINIONS_ON_A_PAGE = 20
CARD_SECONDS = 300
STEPS = (sentence("公布草案"), sentence("征求意见"), sentence("研究采纳"), sentence("反馈公布"), sentence("上会审议"))
STEP_OF = {
    State.OPEN: 1,
    State.CLOSED: 2,
    State.FEEDBACK_REVIEW: 2,
    State.FEEDBACK_PUBLISHED: 3,
    State.SUBMITTED_TO_MEETING: 4,
    State.PROMULGATED: 5,
    State.WITHDRAWN: -1,
}


@blueprint.get("/consultations/<slug>")
def consultation(slug: str) -> str:
    """Show the notice, the draft by article, the explanation, how to comment, the period and what came of it."""
    now = clock.now()
    consultation = public_consultation(slug, now)
    draft = queries.draft_of(consultation)
    on_article = counters.counts(consultation.id, "article")
    report = reports.standing(consultation.id)
    return render_template(
        "public/consultation.html",
        full_address=full_address,
        count_in_words=publication.count_in_words(consultation),
        provisional=publication.is_provisional(consultation) and consultation.state(now) is State.OPEN,
        consultation=consultation,
        state=consultation.state(now),
        now=now,
        draft=draft,
        compared={name: PAIRS[name][0] for name in version_comparison.public_pairs(consultation)},
        formats=FORMATS,
        contents=draft.contents(on_article),
        on_article=on_article,
        received=received([consultation.id])[consultation.id],
        kind_name=kind_name(consultation.kind),
        steps=steps_of(consultation, report),
        step=STEP_OF.get(consultation.state(now), 0),
        takes_opinions=consultation.stage is not Stage.WITHDRAWN,
        report=report,
        document=(document := issuance.document_of(consultation)),
        validity=document_acts.validity(document, now) if document is not None else None,
        evaluations=[call for call in evaluation.calls(document) if call.is_public(now)]
        if document is not None
        else [],
    )


@blueprint.get("/consultations/<slug>/articles/<anchor>")
def article(slug: str, anchor: str) -> str:
    """Show one article and the released opinions on it, newest first, by key."""
    now = clock.now()
    consultation = public_consultation(slug, now)
    draft = queries.draft_of(consultation)
    whole = anchor == "draft"
    unit = None if whole else draft.unit_of(anchor)
    if unit is None and not whole:
        abort(404)
    before = request.args.get("before", "")
    opinions = adoption.public_opinions(
        consultation.id,
        unit.anchors if unit is not None else ("",),
        before=row_id(before),
        limit=OPINIONS_ON_A_PAGE + 1,
    )
    shown = opinions[:OPINIONS_ON_A_PAGE]
    on_article = counters.counts(consultation.id, "article")
    previous, following = draft.neighbours(unit) if unit is not None else (None, None)
    report = report_versions.published(consultation.id)
    return render_template(
        "public/article.html",
        consultation=consultation,
        state=consultation.state(now),
        now=now,
        draft=draft,
        unit=unit,
        previous=previous,
        following=following,
        opinions=shown,
        report=report,
        answers=report_versions.rows_of(report, [opinion.id for opinion in shown]) if report is not None else {},
        place_key=unit.anchor if unit is not None else "",
        received=unit.count(on_article) if unit is not None else on_article.get("", 0),
        next=url_for(".article", slug=slug, anchor=anchor, before=shown[-1].id)
        if len(opinions) > OPINIONS_ON_A_PAGE
        else None,
        first=url_for(".article", slug=slug, anchor=anchor) if before else None,
        takes_opinions=consultation.stage is not Stage.WITHDRAWN,
    )


def steps_of(consultation: Consultation, report: reports.PublishedReport | None) -> list[tuple[str, str]]:
    """Return the road of a consultation with the dates that are known."""
    until = last_moment(consultation.closes_at, consultation.opens_at)
    if consultation.closes_at is not None and "24:00" in until:
        until = short_day(last_day(consultation.closes_at), consultation.opens_at)
    answered = short_day(report.published_at, consultation.opens_at) if report is not None else ""
    dates = (short_day(consultation.opens_at), gettext("至 %(day)s", day=until) if until else "", "", answered, "")
    return list(zip(STEPS, dates, strict=True))


@blueprint.get("/consultations/<slug>/card.png")
def card(slug: str) -> Response:
    """Give the picture that messengers show beside a link to the consultation."""
    digest = publicity.card(public_consultation(slug, clock.now())) or abort(404)
    return send_file(blobs().open(digest), "image/png", max_age=CARD_SECONDS, etag=digest)
