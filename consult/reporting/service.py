"""The verbs of reporting: compile, send for review, return, review, publish; a correction is a new version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.queries import progress
from consult.drafting.models import Consultation, Stage, State
from consult.drafting.service import move
from consult.files.feedback import RENDERERS, render
from consult.ledger.service import canonical, record
from consult.reporting import figures
from consult.reporting.errors import ReportRefused, SameReporter
from consult.reporting.models import FeedbackReport, ReportRow, ReportState
from consult.reporting.printing import document
from consult.reporting.snapshot import Places, lines, row_values, snapshot
from consult.reporting.stored import published
from consult.settings import blobs
from consult.store import db, transaction
from consult.store.claiming import hold

UNDER_WAY = (ReportState.COMPILED, ReportState.IN_REVIEW, ReportState.REVIEWED)
COMPILABLE = (State.CLOSED, State.FEEDBACK_REVIEW)
CORRECTABLE = (State.FEEDBACK_PUBLISHED, State.SUBMITTED_TO_MEETING, State.PROMULGATED)
BATCH = 1000


def compile_report(
    actor: Actor, consultation: Consultation, *, at: datetime, statement: str = "", correction_reason: str = ""
) -> FeedbackReport:
    """Freeze the account of a consultation as the next version of its report.

    An unpublished version before it is set aside. After publication a reason for the correction is needed.

    Raises:
        ReportRefused: the period runs, something isn't screened, decided or reviewed, or no reason for a correction.
    """
    require(actor, Act.COMPILE_REPORT, consultation)
    with transaction() as session:
        hold(consultation)
        before = published(consultation.id)
        _check_complete(consultation, at)
        if before is not None and not correction_reason.strip():
            raise ReportRefused("反馈已经公布。更正必须写明更正的原因，原来的版本保留。")
        session.execute(
            update(FeedbackReport)
            .where(FeedbackReport.consultation_id == consultation.id, FeedbackReport.state.in_(UNDER_WAY))
            .values(state=ReportState.DISCARDED)
        )
        last = session.scalar(
            select(func.max(FeedbackReport.version)).where(FeedbackReport.consultation_id == consultation.id)
        )
        report = FeedbackReport(
            consultation_id=consultation.id,
            version=(last or 0) + 1,
            state=ReportState.COMPILED,
            statement=statement.strip(),
            snapshot=snapshot(consultation),
            digest="",
            replaces_id=before.id if before is not None else None,
            correction_reason=correction_reason.strip() if before is not None else "",
            compiled_at=at,
            compiled_by_id=actor.id,
            files={},
        )
        session.add(report)
        session.flush()
        report.digest = content_digest(report.snapshot, report.statement, _frozen(report, _table(consultation)))
        _record(actor, Act.COMPILE_REPORT, report, at)
    return report


def _check_complete(consultation: Consultation, at: datetime) -> None:
    state = consultation.state(at)
    if state not in (*COMPILABLE, *CORRECTABLE):
        raise ReportRefused("征求意见还没有截止（或者已经撤回），现在不能编制反馈。")
    waiting = figures.FIGURES["waiting"].count(consultation.id)
    if waiting:
        raise ReportRefused(f"还有 {waiting} 件来件没有审核。请先审核完，再编制反馈。")
    done = progress(consultation.id)
    if not done.done:
        raise ReportRefused(
            f"还有 {done.total - done.reviewed} 条意见没有定下来"
            f"（未定 {done.undecided}，待复核 {done.proposed}，退回 {done.returned}）。"
            "每条意见都要有采纳情况并经复核，才能编制反馈。"
        )


def _table(consultation: Consultation) -> Iterator[dict[str, Any]]:
    """Yield the table as it stands now, without numbers."""
    places = Places(consultation)
    return (row_values(line, places) for line in lines(consultation.id))


def _frozen(report: FeedbackReport, table: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Write the table of a report in batches, and pass it on."""
    batch: list[dict[str, Any]] = []
    for number, values in enumerate(table, 1):
        batch.append({"report_id": report.id, "number": number, **values})
        if len(batch) == BATCH:
            db.session.execute(insert(ReportRow), batch)
            batch = []
        yield values
    if batch:
        db.session.execute(insert(ReportRow), batch)


def content_digest(content: dict[str, Any], statement: str, table: Iterator[dict[str, Any]]) -> str:
    """Return the SHA-256 over everything that a report prints."""
    hashed = hashlib.sha256(canonical({"snapshot": content, "statement": statement}))
    for values in table:
        hashed.update(canonical(values))
    return hashed.hexdigest()


def submit_for_review(actor: Actor, report: FeedbackReport, *, at: datetime) -> None:
    """Send a compiled report to the reviewer."""
    require(actor, Act.COMPILE_REPORT, report.consultation)
    with transaction():
        _hold(report)
        _expect(report, ReportState.COMPILED, "只有编制好的反馈可以送审。")
        report.state = ReportState.IN_REVIEW
        if report.consultation.state(at) is State.CLOSED:
            move(actor, Act.COMPILE_REPORT, report.consultation, Stage.FEEDBACK_REVIEW, at=at)
        _record(actor, "report.submit_for_review", report, at)


def return_report(actor: Actor, report: FeedbackReport, reason: str, *, at: datetime) -> None:
    """Give a report in review back with a reason; it is compiled anew."""
    require(actor, Act.REVIEW_REPORT, report.consultation)
    if not reason.strip():
        raise ReportRefused("请写明退回的理由。")
    with transaction():
        _hold(report)
        if report.state not in (ReportState.IN_REVIEW, ReportState.REVIEWED):
            raise ReportRefused("只有送审中的反馈可以退回。")
        report.state = ReportState.DISCARDED
        if report.consultation.stage is Stage.FEEDBACK_REVIEW:
            move(actor, Act.REVIEW_REPORT, report.consultation, Stage.RELEASED, at=at)
        _record(actor, "report.return", report, at, reason=reason.strip())


def review(actor: Actor, report: FeedbackReport, *, at: datetime) -> None:
    """Confirm a report in review.

    Raises:
        SameReporter: the reviewer compiled it.
    """
    require(actor, Act.REVIEW_REPORT, report.consultation)
    with transaction():
        _hold(report)
        _expect(report, ReportState.IN_REVIEW, "只有送审中的反馈可以审核。")
        if actor.id is not None and actor.id == report.compiled_by_id:
            raise SameReporter("审核人不能是编制人，请由另一位同事审核。")
        report.state = ReportState.REVIEWED
        report.reviewed_at = at
        report.reviewed_by_id = actor.id
        _record(actor, Act.REVIEW_REPORT, report, at)


def publish(actor: Actor, report: FeedbackReport, *, at: datetime) -> None:
    """Publish a report that another person reviewed; its files are frozen with it.

    Raises:
        SameReporter: the publisher is the only one who reviewed it.
        ReportRefused: it wasn't reviewed, or what it reports has changed since it was compiled.
    """
    require(actor, Act.PUBLISH_REPORT, report.consultation)
    _check_publishable(actor, report, at)
    printed = document(report, published_at=at)
    files = {extension: blobs().put(render(printed, extension)) for extension in RENDERERS}
    with transaction():
        _hold(report)
        _check_publishable(actor, report, at)
        report.state = ReportState.PUBLISHED
        report.published_at = at
        report.published_by_id = actor.id
        report.files = files
        if report.consultation.stage in (Stage.RELEASED, Stage.FEEDBACK_REVIEW):
            move(actor, Act.PUBLISH_REPORT, report.consultation, Stage.FEEDBACK_PUBLISHED, at=at)
        _record(actor, Act.PUBLISH_REPORT, report, at, files=files)


def _check_publishable(actor: Actor, report: FeedbackReport, at: datetime) -> None:
    _expect(report, ReportState.REVIEWED, "反馈还没有经另一个人审核，不能公布。")
    if actor.id is not None and actor.id == report.reviewed_by_id:
        raise SameReporter("公布人不能是审核人，请由另一位信息发布员公布。")
    if report.consultation.stage is Stage.WITHDRAWN:
        raise ReportRefused("这件征求意见已经撤回。")
    _check_complete(report.consultation, at)
    if not is_current(report):
        raise ReportRefused("编制之后来件、公开文本或者采纳情况有变化，反馈已经对不上。请退回，重新编制。")


def is_current(report: FeedbackReport) -> bool:
    """Whether everything that a report prints still stands as it was when it was compiled."""
    consultation = report.consultation
    return content_digest(snapshot(consultation), report.statement, _table(consultation)) == report.digest


def _hold(report: FeedbackReport) -> None:
    hold(report.consultation)
    hold(report)


def _expect(report: FeedbackReport, state: ReportState, message: str) -> None:
    if report.state is not state:
        raise ReportRefused(message)


def _record(actor: Actor, act: str, report: FeedbackReport, at: datetime, **detail: Any) -> None:
    record(
        actor,
        act,
        f"report:{report.consultation_id}/{report.version}",
        at=at,
        consultation_id=report.consultation_id,
        content_digest=report.digest or None,
        version=report.version,
        state=report.state.value,
        **detail,
    )
