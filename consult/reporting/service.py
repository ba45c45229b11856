"""The verbs of reporting: compile, send for review, return, review, publish; a correction is a new version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.queries import progress
from consult.drafting.models import Consultation, Stage, State
from consult.drafting.service import set_stage
from consult.ledger import checkpoints
from consult.ledger.service import canonical, record
from consult.reporting import figures, four_eyes, private_scan, way_out
from consult.reporting.errors import ReportRefused
from consult.reporting.four_eyes import Hands
from consult.reporting.models import FeedbackReport, FindChoice, ReportRow, ReportState
from consult.reporting.publication_check import CHECKPOINT, FILES, PRINTED, printed_digest, subject_of
from consult.reporting.report_versions import UNDER_WAY, published
from consult.reporting.snapshot import Printed, digested
from consult.reporting.way_out import WayOut
from consult.store import db, transaction
from consult.store.locking import lock_row

COMPILABLE = (State.CLOSED, State.FEEDBACK_REVIEW)
CORRECTABLE = (State.FEEDBACK_PUBLISHED, State.SUBMITTED_TO_MEETING, State.PROMULGATED)
BATCH = 1000
CHECKPOINT_WORDS = "公布前公开记录的最新检查点：{0}，共{1}条，根 {2}。"


def compile_report(
    actor: Actor,
    consultation: Consultation,
    *,
    at: datetime,
    statement: str = "",
    correction_reason: str = "",
    choices: Mapping[str, tuple[FindChoice, str]] | None = None,
) -> FeedbackReport:
    """Compile the next version of the report; an unpublished earlier one is discarded.

    Arguments:
        choices: what becomes of private data in statement and correction reason, see ``way_out.decide_typed``.

    Raises:
        ReportRefused: the period isn't over, something isn't screened, decided or reviewed, or a correction (after
            publication) has no reason.
        PrivateDataFound: what would be printed holds private data on which nobody has decided.
    """
    require(actor, Act.COMPILE_REPORT, consultation)
    typed = {"statement": statement, "correction_reason": correction_reason}
    way_out.decide_typed(actor, consultation, typed, choices or {}, at=at)
    way_out.check_typed(consultation, typed)
    _check_complete(consultation, at)
    private_scan.scan(consultation)  # while nobody waits for the lock
    with transaction() as session:
        lock_row(consultation)
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
        out = WayOut(consultation)
        report = FeedbackReport(
            consultation_id=consultation.id,
            version=(last or 0) + 1,
            state=ReportState.COMPILED,
            statement=out.words("statement", statement.strip()),
            snapshot=out.head(),
            digest="",
            replaces_id=before.id if before is not None else None,
            correction_reason=out.words("correction_reason", correction_reason.strip()) if before is not None else "",
            compiled_at=at,
            compiled_by_id=actor.id,
            files={},
        )
        session.add(report)
        session.flush()
        report.digest = content_digest(report.snapshot, report.statement, _store_table(report, out.rows()))
        out.check()
        _record(actor, Act.COMPILE_REPORT, report, at)
    return report


def _check_complete(consultation: Consultation, at: datetime) -> None:
    state = consultation.state(at)
    if state not in (*COMPILABLE, *CORRECTABLE):
        raise ReportRefused("征求意见尚未截止，或者已经撤回，不能编制反馈。")
    waiting = figures.FIGURES["waiting"].count(consultation.id)
    if waiting:
        raise ReportRefused(f"还有 {waiting} 件来件未审核，审核后方可编制反馈。")
    done = progress(consultation.id)
    if not done.done:
        raise ReportRefused(
            f"还有 {done.total - done.reviewed} 条意见尚未处理完毕"
            f"（待处理 {done.undecided}，待复核 {done.proposed}，退回 {done.returned}）。"
            "各条意见的采纳情况均经复核的，方可编制反馈。"
        )


def _store_table(report: FeedbackReport, table: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Insert the rows of a report's table in batches, and yield them."""
    batch: list[dict[str, Any]] = []
    for number, values in enumerate(table, 1):
        batch.append({"report_id": report.id, "number": number, **values})
        if len(batch) == BATCH:
            db.session.execute(insert(ReportRow), batch)
            batch = []
        yield values
    if batch:
        db.session.execute(insert(ReportRow), batch)


def content_digest(content: dict[str, Any], statement: str, table: Iterator[Mapping[str, Any]]) -> str:
    """Return the SHA-256 over everything that a report prints."""
    hasher = hashlib.sha256(canonical({"snapshot": content, "statement": statement}))
    for values in table:
        hasher.update(canonical(digested(values)))
    return hasher.hexdigest()


def submit_for_review(actor: Actor, report: FeedbackReport, *, at: datetime) -> None:
    """Send a compiled report to the reviewer."""
    require(actor, Act.COMPILE_REPORT, report.consultation)
    with transaction():
        _lock(report)
        _expect(report, ReportState.COMPILED, "只有编制好的反馈可以送审。")
        report.state = ReportState.IN_REVIEW
        if report.consultation.state(at) is State.CLOSED:
            set_stage(actor, Act.COMPILE_REPORT, report.consultation, Stage.FEEDBACK_REVIEW, at=at)
        _record(actor, "report.submit_for_review", report, at)


def take_back(actor: Actor, report: FeedbackReport, *, at: datetime) -> None:
    """Take a version back from review, before it was reviewed; it may be sent again, or compiled again."""
    require(actor, Act.COMPILE_REPORT, report.consultation)
    with transaction():
        _lock(report)
        _expect(report, ReportState.IN_REVIEW, "只有送审后尚未审核的反馈可以收回。")
        report.state = ReportState.COMPILED
        if report.consultation.stage is Stage.FEEDBACK_REVIEW:
            set_stage(actor, Act.COMPILE_REPORT, report.consultation, Stage.RELEASED, at=at)
        _record(actor, "report.take_back", report, at)


def return_report(actor: Actor, report: FeedbackReport, reason: str, *, at: datetime) -> None:
    """Return a report in review with a reason; it is discarded, and has to be compiled again."""
    require(actor, Act.REVIEW_REPORT, report.consultation)
    if not reason.strip():
        raise ReportRefused("请写明退回的理由。")
    with transaction():
        _lock(report)
        if report.state not in (ReportState.IN_REVIEW, ReportState.REVIEWED):
            raise ReportRefused("只有送审中的反馈可以退回。")
        report.state = ReportState.DISCARDED
        if report.consultation.stage is Stage.FEEDBACK_REVIEW:
            set_stage(actor, Act.REVIEW_REPORT, report.consultation, Stage.RELEASED, at=at)
        _record(actor, "report.return", report, at, reason=reason.strip())


def review(actor: Actor, report: FeedbackReport, *, at: datetime) -> None:
    """Confirm a report in review.

    Raises:
        SameReporter: the reviewer compiled it.
    """
    require(actor, Act.REVIEW_REPORT, report.consultation)
    with transaction():
        _lock(report)
        _expect(report, ReportState.IN_REVIEW, "只有送审中的反馈可以审核。")
        four_eyes.check(Act.REVIEW_REPORT, actor, Hands.of(report), report.consultation)
        report.state = ReportState.REVIEWED
        report.reviewed_at = at
        report.reviewed_by_id = actor.id
        _record(actor, Act.REVIEW_REPORT, report, at)


def publish(actor: Actor, report: FeedbackReport, *, at: datetime) -> None:
    """Publish a report that another person reviewed; its files follow (``consult.reporting.report_files``).

    Raises:
        SameReporter: the publisher reviewed it.
        ReportRefused: it wasn't reviewed, or its content has changed since it was compiled.
        PrivateDataFound: it holds private data on which nobody has decided.
    """
    require(actor, Act.PUBLISH_REPORT, report.consultation)
    _check_publishable(actor, report, at)
    with transaction():
        _lock(report)
        _check_publishable(actor, report, at)
        report.state = ReportState.PUBLISHED
        report.published_at = at
        report.published_by_id = actor.id
        report.files = {}
        newest = checkpoints.newest()
        report.checkpoint = "" if newest is None else CHECKPOINT_WORDS.format(newest.at, newest.size, newest.root)
        if report.consultation.stage in (Stage.RELEASED, Stage.FEEDBACK_REVIEW):
            set_stage(actor, Act.PUBLISH_REPORT, report.consultation, Stage.FEEDBACK_PUBLISHED, at=at)
        printed = printed_digest(report.statement, report.snapshot)
        _record(actor, Act.PUBLISH_REPORT, report, at, **{FILES: {}, PRINTED: printed, CHECKPOINT: report.checkpoint})


def _check_publishable(actor: Actor, report: FeedbackReport, at: datetime) -> None:
    _expect(report, ReportState.REVIEWED, "反馈还没有经另一个人审核，不能公布。")
    four_eyes.check(Act.PUBLISH_REPORT, actor, Hands.of(report), report.consultation)
    if report.consultation.stage is Stage.WITHDRAWN:
        raise ReportRefused("这件征求意见已经撤回。")
    _check_complete(report.consultation, at)
    out = WayOut(report.consultation, Printed.like(report))
    current = _is_current(report, out)
    out.words("correction_reason", report.correction_reason)
    out.check()
    if not current:
        raise ReportRefused("编制之后来件、公开文本或者采纳情况有变化，反馈已经对不上。请退回，重新编制。")
    if out.released_after(report.reviewed_at):
        raise ReportRefused("审核之后又有个人信息准予公开，未经审核。请退回，重新编制、审核。")


def is_current(report: FeedbackReport) -> bool:
    """Whether a report compiled now would be the same."""
    return _is_current(report, WayOut(report.consultation, Printed.like(report)))


def _is_current(report: FeedbackReport, out: WayOut) -> bool:
    return content_digest(out.head(), out.words("statement", report.statement), out.rows()) == report.digest


def _lock(report: FeedbackReport) -> None:
    lock_row(report.consultation)
    lock_row(report)


def _expect(report: FeedbackReport, state: ReportState, message: str) -> None:
    if report.state is not state:
        raise ReportRefused(message)


def _record(actor: Actor, act: str, report: FeedbackReport, at: datetime, **detail: Any) -> None:
    record(
        actor,
        act,
        subject_of(report),
        at=at,
        consultation_id=report.consultation_id,
        content_digest=report.digest or None,
        version=report.version,
        state=report.state.value,
        **detail,
    )
