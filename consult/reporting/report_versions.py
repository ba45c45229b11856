"""The stored versions of a report and their tables."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from consult.intake.models import Submission
from consult.reporting.models import FeedbackReport, ReportRow, ReportState
from consult.store import db


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


def by_version(consultation_id: int, version: int) -> FeedbackReport | None:
    """Return a version of a consultation's report by its number, whatever its state."""
    return db.session.scalar(
        select(FeedbackReport).where(
            FeedbackReport.consultation_id == consultation_id, FeedbackReport.version == version
        )
    )


def rows(
    report: FeedbackReport, *, after: int = 0, limit: int = 50, outcome: str = "", group_id: int | None = None
) -> list[ReportRow]:
    """Return rows of a report's table with numbers above ``after``, in order."""
    query = select(ReportRow).where(ReportRow.report_id == report.id, ReportRow.number > after)
    if outcome:
        query = query.where(ReportRow.outcome == outcome)
    if group_id is not None:
        query = query.where(ReportRow.group_id == group_id)
    return list(db.session.scalars(query.order_by(ReportRow.number).limit(limit)))


def submissions(rows: Iterable[ReportRow]) -> dict[int, Submission]:
    """Return the submissions behind rows, by id, each with its attachments."""
    ids = {row.submission_id for row in rows}
    query = select(Submission).where(Submission.id.in_(ids)).options(selectinload(Submission.attachments))
    return {submission.id: submission for submission in db.session.scalars(query)}


def rows_by_outcome(report: FeedbackReport) -> dict[str, int]:
    """Return the numbers of rows of a report's table by outcome, late ones included."""
    query = select(ReportRow.outcome, func.count()).where(ReportRow.report_id == report.id).group_by(ReportRow.outcome)
    return {outcome: int(n) for outcome, n in db.session.execute(query)}
