"""The verbs of reporting: compile, send for review, return, review, publish; a correction is a new version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, overload

from sqlalchemy import func, insert, select, update

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.queries import progress
from consult.clock import local
from consult.drafting.models import Consultation, Stage, State
from consult.drafting.service import move
from consult.files.feedback import RENDERERS, FeedbackDocument, FigureLine, MainOpinion, Row, render
from consult.intake.models import Channel, SenderKind
from consult.ledger.service import canonical, record
from consult.reporting import figures
from consult.reporting.errors import ReportRefused, SameReporter
from consult.reporting.models import FeedbackReport, ReportRow, ReportState
from consult.reporting.snapshot import Places, lines, outcome_words, row_values, snapshot
from consult.settings import blobs, settings
from consult.store import db, transaction

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


def rows_of_submission(report: FeedbackReport, submission_id: int) -> list[ReportRow]:
    """Return what a report printed of one submission."""
    query = select(ReportRow).where(ReportRow.report_id == report.id, ReportRow.submission_id == submission_id)
    return list(db.session.scalars(query.order_by(ReportRow.number)))


class _StoredRows(Sequence[Row]):
    """The table of a stored report, read in batches each time it is printed."""

    def __init__(self, report: FeedbackReport) -> None:
        self._report = report

    def __len__(self) -> int:
        query = select(func.count()).select_from(ReportRow).where(ReportRow.report_id == self._report.id)
        return db.session.scalar(query) or 0

    def __iter__(self) -> Iterator[Row]:
        after = 0
        while True:
            batch = rows(self._report, after=after, limit=BATCH)
            yield from (_printed(row) for row in batch)
            if len(batch) < BATCH:
                return
            after = batch[-1].number

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return list(self)[index]


def _printed(row: ReportRow) -> Row:
    return Row(
        number=row.number,
        sender=row.sender,
        place=f"{row.place}（逾期来件）" if row.late else row.place,
        content=row.content,
        outcome=outcome_words(row.outcome),
        reason=row.reason,
        channel=figures.CHANNEL_NAMES[Channel(row.channel)],
        sender_kind=figures.SENDER_NAMES[SenderKind(row.sender_kind)],
        late=row.late,
    )


def document(report: FeedbackReport, *, published_at: datetime | None = None) -> FeedbackDocument:
    """Return a stored report as a document to render; a draft until it is published."""
    moment = published_at or report.published_at
    dates = [*report.snapshot["dates"]]
    if moment is not None:
        day = local(moment)
        dates.append(["反馈公布", f"{day.year}年{day.month}月{day.day}日"])
    replaces = ""
    if report.replaces is not None:
        replaces = f"本反馈为第{report.version}版，更正第{report.replaces.version}版：{report.correction_reason}"
    return _document(
        report.snapshot,
        version=report.version,
        statement=report.statement,
        dates=dates,
        table=_StoredRows(report),
        digest=report.digest,
        replaces=replaces,
        draft=moment is None,
    )


def preview(consultation: Consultation) -> FeedbackDocument:
    """Return what a report would print now, marked as a draft; nothing is stored and nothing is checked."""
    places = Places(consultation)
    table = [
        _printed(ReportRow(number=number, **row_values(line, places)))
        for number, line in enumerate(lines(consultation.id), 1)
    ]
    content = snapshot(consultation)
    return _document(
        content, version=0, statement="", dates=content["dates"], table=table, digest="", replaces="", draft=True
    )


def _document(
    content: dict[str, Any],
    *,
    version: int,
    statement: str,
    dates: list[list[str]],
    table: Sequence[Row],
    digest: str,
    replaces: str,
    draft: bool,
) -> FeedbackDocument:
    return FeedbackDocument(
        title=content["title"],
        department=settings().department,
        consultation=content["consultation"],
        slug=content["slug"],
        version=version,
        dates=tuple((label, value) for label, value in dates),
        statement=tuple(line.strip() for line in statement.split("\n") if line.strip()),
        figures=tuple(
            FigureLine(name, figures.FIGURES[name].label, n)
            for name, n in content["figures"].items()
            if name in figures.FIGURES
        ),
        main_opinions=tuple(
            MainOpinion(main["title"], main["place"], main["n"], outcome_words(main["outcome"]), main["reason"])
            for main in content["main_opinions"]
        ),
        rows=table,
        digest=digest,
        replaces=replaces,
        draft=draft,
    )


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
