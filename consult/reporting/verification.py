"""Verifies feedback reports against the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Act
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.verification import subjects
from consult.ledger.verification.batches import detail_of, entries_by_subject
from consult.ledger.verification.database_view import parse_time, snapshot_read, stream
from consult.reporting import private_decisions
from consult.reporting.models import FeedbackReport, ReportRow, ReportState
from consult.reporting.publication_check import ACTS, SIGN, difference, last_details, subject_of
from consult.reporting.service import content_digest
from consult.store import db

REVIEWED = (ReportState.REVIEWED, ReportState.PUBLISHED)


def faults() -> Iterator[Fault]:
    """Yield a fault for every report that differs from the one compiled, or that has no ledger entry."""
    with snapshot_read():
        for report_id in list(db.session.scalars(select(FeedbackReport.id).order_by(FeedbackReport.id))):
            report = db.session.get_one(FeedbackReport, report_id)
            subject = subject_of(report)
            entries = entries_by_subject([subject])[subject]
            name = f"征求意见 {report.consultation.slug} 的反馈（第 {report.version} 版）"
            if not entries:
                yield Fault("report", subject, Damage.INSERTED, f"{name}无对应记录：记录被删除，或者反馈是插入的。")
                continue
            now = content_digest(report.snapshot, report.statement, _table(report_id))
            if now != report.digest or any(entry.digest != now for entry in entries if entry.act != SIGN):
                yield Fault("report", subject, Damage.CHANGED, f"{name}被改动：与编制时的摘要不符。")
            elif words := _wrong_state(report, entries):
                yield Fault("report", subject, Damage.CHANGED, f"{name}{words}")
        yield from _deleted()
    yield from subjects.faults(private_decisions.SUBJECT)


def _wrong_state(report: FeedbackReport, entries: list[Any]) -> str:
    """Compare how far a report is, its files, and who reviewed and published it when, with the acts."""
    last: dict[str, Any] = {entry.act: entry for entry in entries}
    published, reviewed = last.get(Act.PUBLISH_REPORT), last.get(Act.REVIEW_REPORT)
    details = last_details((entry.act, detail_of(entry)) for entry in entries if entry.act in ACTS)
    if different := difference(report, details):
        return f"被改动：{different}与{'公布时的' if published is not None else ''}记录不符。"
    state = detail_of(entries[-1]).get("state")
    if report.state not in (ReportState.DISCARDED, state):
        return "的状态被改动：与最近一次办理的记录不符。"
    if published is not None and (report.published_by_id, report.published_at) != _who_and_when(published):
        return "的公布人或者公布时间被改动：与公布的记录不符。"
    was_reviewed = report.state in REVIEWED and reviewed is not None
    if was_reviewed and (report.reviewed_by_id, report.reviewed_at) != _who_and_when(reviewed):
        return "的审核人或者审核时间被改动：与审核的记录不符。"
    return ""


def _who_and_when(entry: Any) -> tuple[int | None, Any]:
    try:
        return entry.actor_id, parse_time(entry.at)
    except ValueError:
        return entry.actor_id, None


def _deleted() -> Iterator[Fault]:
    """Name every report that was compiled and isn't there."""
    stored = {subject_of(row) for row in stream(select(FeedbackReport.consultation_id, FeedbackReport.version))}
    query = select(LedgerEntry.subject).where(
        LedgerEntry.act == Act.COMPILE_REPORT, LedgerEntry.subject.startswith("report:")
    )
    for (subject,) in stream(query.order_by(LedgerEntry.id)):
        if subject not in stored:
            message = f"反馈 {str(subject).partition(':')[2]} 被删除：编制的记录还在。"
            yield Fault("report", str(subject), Damage.REMOVED, message)


def _table(report_id: int) -> Iterator[Mapping[str, Any]]:
    columns = [column for column in ReportRow.__table__.columns if column.name not in ("report_id", "number")]
    for row in stream(select(*columns).where(ReportRow.report_id == report_id).order_by(ReportRow.number)):
        yield row._asdict()
