"""What everybody may read: consultations, provisions, released opinions, published reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Response

from consult import clock
from consult.clock import local
from consult.drafting import queries
from consult.drafting.models import Consultation, ProvisionRow, State
from consult.faces.api import schemas
from consult.faces.api.blueprint import PREFIX, answer, asked, blueprint, next_page, public_consultation, read_limit
from consult.faces.api.problems import ProblemFound
from consult.reporting import queries as feedback
from consult.reporting import stored
from consult.reporting.models import FeedbackReport, ReportRow
from consult.settings import rules, settings
from consult.store import tally
from consult.text.anchors import in_words

WHOLE = "整个草案"


@blueprint.get("/consultations")
@read_limit
def consultations() -> Response:
    """Return a page of consultations, newest first."""
    query = asked(schemas.ConsultationQuery)
    now = clock.now()
    state = State(query.state) if query.state else None
    found = queries.public_page(now, state=state, after=query.after or "", limit=query.limit)
    following = next_page(query, found[-1].slug if found else "", len(found) == query.limit)
    items = [schemas.ConsultationOut(**_listed(one, now)) for one in found]
    return answer(schemas.ConsultationPage(items=items, next=following))


@blueprint.get("/consultations/<slug>")
@read_limit
def consultation(slug: str) -> Response:
    """Return one consultation."""
    asked(schemas.Query)
    found, now = public_consultation(slug)
    received = tally.counts(found.id, "received")
    report = stored.published(found.id)
    return answer(
        schemas.ConsultationDetail(
            **_listed(found, now),
            notice_html=found.notice_html,
            explanation_html=found.explanation_html,
            contact=found.contact,
            mail_phrase=found.mail_phrase,
            extensions=[
                schemas.ExtensionOut(
                    at=local(one.at),
                    closes_before=local(one.closes_before),
                    closes_after=local(one.closes_after),
                    reason=one.reason,
                )
                for one in found.extensions
            ],
            withdrawn_reason=found.withdrawn_reason,
            received=sum(received.values()),
            received_late=received.get("late", 0),
            report=f"{PREFIX}/consultations/{found.slug}/report" if report is not None else None,
        )
    )


def _listed(one: Consultation, now: datetime) -> dict[str, Any]:
    assert one.opens_at is not None
    assert one.closes_at is not None
    known = rules().periods.get(one.kind)
    return {
        "slug": one.slug,
        "title": one.title,
        "kind": one.kind,
        "kind_name": known.name if known is not None else one.kind,
        "enterprise_related": one.enterprise_related,
        "state": one.state(now).value,
        "department": settings().department,
        "division": one.division.name if one.division else None,
        "summary": one.summary,
        "page": f"/consultations/{one.slug}",
        "period": schemas.PeriodOut(
            opens_at=local(one.opens_at),
            closes_at=local(one.closes_at),
            last_day=(local(one.closes_at) - timedelta(microseconds=1)).date(),
            days=one.period_days or 0,
            basis=one.period_basis,
            arithmetic=one.period_words,
            shortened_reason=one.shortened_reason,
        ),
    }


@blueprint.get("/consultations/<slug>/provisions")
@read_limit
def provisions(slug: str) -> Response:
    """Return a page of the draft's provisions, in its order."""
    query = asked(schemas.ProvisionQuery)
    found, _ = public_consultation(slug)
    rows = queries.provisions(found, after=query.after, limit=query.limit)
    following = next_page(query, rows[-1].position if rows else 0, len(rows) == query.limit)
    return answer(schemas.ProvisionPage(items=[_provision(row) for row in rows], next=following))


@blueprint.get("/consultations/<slug>/provisions/<anchor>")
@read_limit
def provision(slug: str, anchor: str) -> Response:
    """Return one provision."""
    asked(schemas.Query)
    found, _ = public_consultation(slug)
    rows = [] if "\x00" in anchor else queries.provisions(found, anchor=anchor, limit=1)
    if not rows:
        raise ProblemFound(404, "草案里没有这一处。条文编号见 provisions。")
    return answer(_provision(rows[0]))


def _provision(row: ProvisionRow) -> schemas.ProvisionOut:
    return schemas.ProvisionOut(
        anchor=row.anchor,
        kind=row.kind,
        place=_place(row.anchor),
        number=row.number,
        heading=row.heading,
        text=row.text,
        parent=row.parent_anchor,
        depth=row.depth,
    )


def _place(anchor: str) -> str:
    try:
        return in_words(anchor) if anchor else WHOLE
    except ValueError:
        return anchor


@blueprint.get("/consultations/<slug>/opinions")
@read_limit
def opinions(slug: str) -> Response:
    """Return a page of the opinions that moderation released."""
    query = asked(schemas.OpinionQuery)
    found, _ = public_consultation(slug)
    anchor = "" if query.anchor == schemas.WHOLE_ANCHOR else query.anchor
    rows = feedback.released(found.id, anchor=anchor, after=query.after, limit=query.limit)
    following = next_page(query, rows[-1].opinion.id if rows else 0, len(rows) == query.limit)
    return answer(schemas.OpinionPage(items=[_opinion(row) for row in rows], next=following))


def _opinion(one: feedback.Released) -> schemas.OpinionOut:
    submission, row = one.submission, one.row
    return schemas.OpinionOut(
        id=one.opinion.id,
        anchor=one.opinion.anchor,
        place=_place(one.opinion.anchor),
        content=one.opinion.content,
        channel=submission.channel.value,
        sender_kind=submission.sender_kind.value,
        name=submission.name if submission.publish_name and submission.name else None,
        received_on=local(submission.received_at).date(),
        late=submission.late,
        outcome=(row.outcome or None) if row is not None else None,  # type: ignore[arg-type]
        reason=row.reason if row is not None else None,
    )


@blueprint.get("/consultations/<slug>/report")
@read_limit
def report(slug: str) -> Response:
    """Return the published report without its table."""
    asked(schemas.Query)
    found, standing = _standing(slug)
    assert standing.published_at is not None
    content, page = standing.snapshot, f"/consultations/{found.slug}/report"
    return answer(
        schemas.ReportOut(
            consultation=found.slug,
            title=content["title"],
            version=standing.version,
            published_at=local(standing.published_at),
            statement=standing.statement,
            figures=content["figures"],
            main_opinions=content["main_opinions"],
            correction_reason=standing.correction_reason,
            digest=standing.digest,
            page=page,
            files={extension: f"{page}.{extension}" for extension in sorted(standing.files)},
        )
    )


@blueprint.get("/consultations/<slug>/report/rows")
@read_limit
def report_rows(slug: str) -> Response:
    """Return a page of the published report's table."""
    query = asked(schemas.RowQuery)
    _, standing = _standing(slug)
    rows = stored.rows(standing, after=query.after, limit=query.limit)
    following = next_page(query, rows[-1].number if rows else 0, len(rows) == query.limit)
    return answer(schemas.ReportRowPage(items=[_row(row) for row in rows], next=following))


def _standing(slug: str) -> tuple[Consultation, FeedbackReport]:
    found, _ = public_consultation(slug)
    standing = stored.published(found.id)
    if standing is None:
        raise ProblemFound(404, "采纳情况反馈还没有公布。")
    return found, standing


def _row(row: ReportRow) -> schemas.ReportRowOut:
    return schemas.ReportRowOut(
        number=row.number,
        anchor=row.anchor,
        place=row.place,
        sender=row.sender,
        sender_kind=row.sender_kind,  # type: ignore[arg-type]
        channel=row.channel,  # type: ignore[arg-type]
        content=row.content,
        outcome=row.outcome,
        reason=row.reason,
        late=row.late,
    )
