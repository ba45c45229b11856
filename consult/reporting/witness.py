"""Holding feedback reports against the record: what was published never changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from consult.ledger.checking.batches import entries_on
from consult.ledger.checking.view import one_view, stream
from consult.ledger.faults import Fault, What
from consult.reporting.models import FeedbackReport, ReportRow
from consult.reporting.service import content_digest
from consult.store import db


def faults() -> Iterator[Fault]:
    """Name every report whose words, figures or table aren't as they were compiled, or that never was."""
    with one_view():
        for report_id in list(db.session.scalars(select(FeedbackReport.id).order_by(FeedbackReport.id))):
            report = db.session.get_one(FeedbackReport, report_id)
            subject = f"report:{report.consultation_id}/{report.version}"
            entries = entries_on([subject])[subject]
            name = f"征求意见 {report.consultation.slug} 的反馈（第 {report.version} 版）"
            if not entries:
                yield Fault("report", subject, What.INSERTED, f"{name}没有底账：记录被删除，或者反馈是插入的。")
                continue
            now = content_digest(report.snapshot, report.statement, _table(report_id))
            if now != report.digest or any(entry.digest != now for entry in entries):
                yield Fault("report", subject, What.CHANGED, f"{name}被改动：与编制时的摘要不符。")


def _table(report_id: int) -> Iterator[dict[str, Any]]:
    columns = [column for column in ReportRow.__table__.columns if column.name not in ("report_id", "number")]
    for row in stream(select(*columns).where(ReportRow.report_id == report_id).order_by(ReportRow.number)):
        yield row._asdict()
