"""What everybody may read: consultations, provisions, released opinions, published reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Response

from consult import clock
from consult.adoption.models import Outcome
from consult.app_context import rules, settings
from consult.clock import local
from consult.drafting import publication, queries, questions
from consult.drafting.models import Consultation, ProvisionRow
from consult.faces.api import schemas
from consult.faces.api.blueprint import PREFIX, answer, asked, blueprint, next_page, public_consultation, read_limit
from consult.faces.api.problems import ProblemFound
from consult.intake.models import Channel, SenderKind
from consult.reporting import publication_check, report_versions
from consult.reporting import queries as feedback
from consult.reporting.models import FeedbackReport, ReportRow
from consult.store import counters
from consult.text.anchors import in_words

WHOLE = "整个草案"


@blueprint.get("/consultations")
@read_limit
def consultations() -> Response:
    """Return a page of consultations, newest first."""
    query = asked(schemas.ConsultationQuery)
    now = clock.now()
    consultations = queries.public_page(now, state=query.state, after=query.after or "", limit=query.limit)
    following = next_page(query, consultations[-1].slug if consultations else "", len(consultations) == query.limit)
    items = [schemas.ConsultationOut(**_listed(consultation, now)) for consultation in consultations]
    return answer(schemas.ConsultationPage(items=items, next=following))


@blueprint.get("/consultations/<slug>")
@read_limit
def consultation(slug: str) -> Response:
    """Return one consultation."""
    asked(schemas.Query)
    consultation, now = public_consultation(slug)
    received = counters.counts(consultation.id, "received")
    report = report_versions.published(consultation.id)
    return answer(
        schemas.ConsultationDetail(
            **_listed(consultation, now),
            notice_html=consultation.notice_as_read,
            explanation_html=consultation.explanation_html,
            contact=consultation.contact,
            mail_phrase=consultation.mail_phrase,
            questions=[
                schemas.QuestionOut(number=question.number, topic=question.topic, text=question.text)
                for question in questions.of(consultation)
            ],
            extensions=[
                schemas.ExtensionOut(
                    at=local(extension.at),
                    closes_before=local(extension.closes_before),
                    closes_after=local(extension.closes_after),
                    reason=extension.reason,
                )
                for extension in consultation.extensions
            ],
            withdrawn_reason=consultation.withdrawn_reason,
            received=sum(received.values()),
            received_late=received.get("late", 0),
            report=f"{PREFIX}/consultations/{consultation.slug}/report" if report is not None else None,
        )
    )


def _listed(consultation: Consultation, now: datetime) -> dict[str, Any]:
    assert consultation.opens_at is not None
    assert consultation.closes_at is not None
    known = rules().periods.get(consultation.kind)
    return {
        "slug": consultation.slug,
        "title": consultation.title,
        "kind": consultation.kind,
        "kind_name": known.name if known is not None else consultation.kind,
        "enterprise_related": consultation.enterprise_related,
        "state": consultation.state(now),
        "department": settings().department,
        "division": consultation.division.name if consultation.division else None,
        "summary": consultation.summary,
        "page": f"/consultations/{consultation.slug}",
        "period": schemas.PeriodOut(
            opens_at=local(consultation.opens_at),
            closes_at=local(consultation.closes_at),
            last_day=(local(consultation.closes_at) - timedelta(microseconds=1)).date(),
            days=consultation.period_days or 0,
            basis=consultation.period_basis,
            arithmetic=publication.count_in_words(consultation),
            provisional=publication.is_provisional(consultation),
            shortened_reason=consultation.shortened_reason,
        ),
    }


@blueprint.get("/consultations/<slug>/provisions")
@read_limit
def provisions(slug: str) -> Response:
    """Return a page of the draft's provisions, in its order."""
    query = asked(schemas.ProvisionQuery)
    consultation, _ = public_consultation(slug)
    rows = queries.provisions(consultation, after=query.after, limit=query.limit)
    following = next_page(query, rows[-1].position if rows else 0, len(rows) == query.limit)
    return answer(schemas.ProvisionPage(items=[_provision(row) for row in rows], next=following))


@blueprint.get("/consultations/<slug>/provisions/<anchor>")
@read_limit
def provision(slug: str, anchor: str) -> Response:
    """Return one provision."""
    asked(schemas.Query)
    consultation, _ = public_consultation(slug)
    rows = [] if "\x00" in anchor else queries.provisions(consultation, anchor=anchor, limit=1)
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
    consultation, _ = public_consultation(slug)
    anchor = "" if query.anchor == schemas.WHOLE_ANCHOR else query.anchor
    rows = feedback.public_opinions(consultation.id, anchor=anchor, after=query.after, limit=query.limit)
    following = next_page(query, rows[-1].opinion.id if rows else 0, len(rows) == query.limit)
    return answer(schemas.OpinionPage(items=[_opinion(row) for row in rows], next=following))


def _opinion(released: feedback.PublicOpinion) -> schemas.OpinionOut:
    submission, row = released.submission, released.row
    return schemas.OpinionOut(
        id=released.opinion.id,
        anchor=released.opinion.anchor,
        place=_place(released.opinion.anchor),
        content=released.opinion.content,
        channel=submission.channel,
        sender_kind=submission.sender_kind,
        name=submission.name if submission.publish_name and submission.name else None,
        received_on=local(submission.received_at).date(),
        late=submission.late,
        outcome=Outcome(row.outcome) if row is not None and row.outcome else None,
        reason=row.reason if row is not None else None,
    )


@blueprint.get("/consultations/<slug>/report")
@read_limit
def report(slug: str) -> Response:
    """Return the published report without its table."""
    asked(schemas.Query)
    consultation, standing = _standing(slug)
    assert standing.published_at is not None
    content, page = standing.snapshot, f"/consultations/{consultation.slug}/report"
    return answer(
        schemas.ReportOut(
            consultation=consultation.slug,
            title=content["title"],
            version=standing.version,
            published_at=local(standing.published_at),
            statement=standing.statement,
            figures=content["figures"],
            main_opinions=content["main_opinions"],
            themes=content.get("themes", []),
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
    rows = report_versions.rows(standing, after=query.after, limit=query.limit)
    following = next_page(query, rows[-1].number if rows else 0, len(rows) == query.limit)
    return answer(schemas.ReportRowPage(items=[_row(row) for row in rows], next=following))


def _standing(slug: str) -> tuple[Consultation, FeedbackReport]:
    consultation, _ = public_consultation(slug)
    standing = report_versions.published(consultation.id)
    if standing is None:
        raise ProblemFound(404, "采纳情况反馈还没有公布。")
    publication_check.require_unaltered(standing)
    return consultation, standing


def _row(row: ReportRow) -> schemas.ReportRowOut:
    return schemas.ReportRowOut(
        number=row.number,
        anchor=row.anchor,
        place=row.place,
        sender=row.sender,
        sender_kind=SenderKind(row.sender_kind),
        channel=Channel(row.channel),
        content=row.content,
        outcome=row.outcome,
        reason=row.reason,
        late=row.late,
    )
