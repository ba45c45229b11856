"""The versions of a report as they are stored, and their tables."""

from __future__ import annotations

from sqlalchemy import func, select

from consult.reporting.models import FeedbackReport, ReportRow, ReportState
from consult.store import db


def newest(consultation_id: int) -> FeedbackReport | None:
    """Return the newest version that isn't set aside, published or not."""
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


def rows(
    report: FeedbackReport, *, after: int = 0, limit: int = 50, outcome: str = "", group_id: int | None = None
) -> list[ReportRow]:
    """Return rows of a report's table by their number, from beyond ``after``."""
    query = select(ReportRow).where(ReportRow.report_id == report.id, ReportRow.number > after)
    if outcome:
        query = query.where(ReportRow.outcome == outcome)
    if group_id is not None:
        query = query.where(ReportRow.group_id == group_id)
    return list(db.session.scalars(query.order_by(ReportRow.number).limit(limit)))


def rows_by_outcome(report: FeedbackReport) -> dict[str, int]:
    """Return how many rows of a report's table there are of each outcome, those that came late included."""
    query = select(ReportRow.outcome, func.count()).where(ReportRow.report_id == report.id).group_by(ReportRow.outcome)
    return {outcome: int(n) for outcome, n in db.session.execute(query)}


def rows_of_submission(report: FeedbackReport, submission_id: int) -> list[ReportRow]:
    """Return what a report printed of one submission."""
    query = select(ReportRow).where(ReportRow.report_id == report.id, ReportRow.submission_id == submission_id)
    return list(db.session.scalars(query.order_by(ReportRow.number)))
