"""The stored versions of a report and their tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import selectinload

from consult.adoption.models import MADE
from consult.intake.models import Submission
from consult.reporting.models import FeedbackReport, ReportRow, ReportState
from consult.store import db

UNDER_WAY = (ReportState.COMPILED, ReportState.IN_REVIEW, ReportState.REVIEWED)
"""States of a version that isn't published yet."""


def newest(consultation_id: int) -> FeedbackReport | None:
    """Return the newest version that isn't discarded, published or not."""
    return db.session.scalar(
        select(FeedbackReport)
        .where(FeedbackReport.consultation_id == consultation_id, FeedbackReport.state != ReportState.DISCARDED)
        .order_by(FeedbackReport.version.desc())
        .limit(1)
    )


def published(consultation_id: int, version: int | None = None) -> FeedbackReport | None:
    """Return the published report: the newest, or a certain version."""
    query = select(FeedbackReport).where(
        FeedbackReport.consultation_id == consultation_id, FeedbackReport.state == ReportState.PUBLISHED
    )
    if version is not None:
        query = query.where(FeedbackReport.version == version)
    return db.session.scalar(query.order_by(FeedbackReport.version.desc()).limit(1))


def published_since(consultation_id: int) -> datetime | None:
    """Return when the first version of a consultation's report was published."""
    query = select(func.min(FeedbackReport.published_at)).where(
        FeedbackReport.consultation_id == consultation_id, FeedbackReport.state == ReportState.PUBLISHED
    )
    return db.session.scalar(query)


def by_version(consultation_id: int, version: int) -> FeedbackReport | None:
    """Return a version of a consultation's report by its number, whatever its state."""
    return db.session.scalar(
        select(FeedbackReport).where(
            FeedbackReport.consultation_id == consultation_id, FeedbackReport.version == version
        )
    )


def rows(
    report: FeedbackReport,
    *,
    after: int = 0,
    limit: int = 50,
    outcome: str = "",
    late: bool | None = None,
    group_id: int | None = None,
    article: str | None = None,
) -> list[ReportRow]:
    """Return rows of a report's table with numbers above ``after``, in order.

    Arguments:
        late: only late ones, or only those in time; all by default.
        article: an anchor, with what lies inside it; empty for the whole draft.
    """
    query = select(ReportRow).where(ReportRow.report_id == report.id, ReportRow.number > after)
    if outcome:
        query = query.where(ReportRow.outcome == outcome)
    if late is not None:
        query = query.where(ReportRow.late.is_(late))
    if group_id is not None:
        query = query.where(ReportRow.group_id == group_id)
    if article is not None:
        inside = ReportRow.anchor.startswith(f"{article}-", autoescape=True) if article else false()
        query = query.where(or_(ReportRow.anchor == article, inside))
    return list(db.session.scalars(query.order_by(ReportRow.number).limit(limit)))


def rows_of(report: FeedbackReport, opinion_ids: Collection[int]) -> dict[int, ReportRow]:
    """Return the rows of a report's table that print these opinions, by the opinions' ids."""
    query = select(ReportRow).where(ReportRow.report_id == report.id, ReportRow.opinion_id.in_(opinion_ids))
    return {row.opinion_id: row for row in db.session.scalars(query)}


def unexplained(report: FeedbackReport) -> list[int]:
    """Return the numbers of rows that say adopted and neither what is changed nor why: nothing shows the adoption."""
    query = select(ReportRow.number).where(
        ReportRow.report_id == report.id,
        ReportRow.outcome.in_([outcome.value for outcome in MADE]),
        ReportRow.reason == "",
        ReportRow.rewording == "",
    )
    return list(db.session.scalars(query.order_by(ReportRow.number)))


def row(report: FeedbackReport, number: int) -> ReportRow | None:
    """Return one row of a report's table by its number."""
    return db.session.get(ReportRow, (report.id, number))


def submissions(rows: Iterable[ReportRow]) -> dict[int, Submission]:
    """Return the submissions behind rows, by id, each with its attachments."""
    ids = {row.submission_id for row in rows}
    query = select(Submission).where(Submission.id.in_(ids)).options(selectinload(Submission.attachments))
    return {submission.id: submission for submission in db.session.scalars(query)}


def rows_by_outcome(report: FeedbackReport) -> dict[tuple[str, bool], int]:
    """Return the numbers of rows of a report's table by outcome and by whether they are late."""
    columns = (ReportRow.outcome, ReportRow.late)
    query = select(*columns, func.count()).where(ReportRow.report_id == report.id).group_by(*columns)
    return {(outcome, late): int(n) for outcome, late, n in db.session.execute(query)}
