"""The files of a report, made outside every web request; the worker finds by state which are missing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select

from consult.accounts.permissions import SYSTEM
from consult.app_context import blobs, settings
from consult.files.feedback import WRITERS, Layout
from consult.files.feedback.layout import read as read_layout
from consult.ledger import checkpoints
from consult.ledger.service import record
from consult.reporting import signatures
from consult.reporting.models import FeedbackReport, ReportState
from consult.reporting.publication_check import FILES, MAKE_FILES, subject_of
from consult.reporting.report_document import document
from consult.reporting.report_versions import UNDER_WAY
from consult.store import db, transaction
from consult.store.locking import lock_row

BYTES: Final = 2 << 30
"""The largest file."""


def unfinished() -> Iterator[FeedbackReport]:
    """Yield the reports that lack files, or a signature."""
    unsigned = (FeedbackReport.state == ReportState.PUBLISHED) & (FeedbackReport.signature == "")
    query = select(FeedbackReport.id).where(or_(FeedbackReport.state.in_(UNDER_WAY), unsigned))
    for report_id in list(db.session.scalars(query.order_by(FeedbackReport.id))):
        report = db.session.get_one(FeedbackReport, report_id)
        if not report.files or report.state is ReportState.PUBLISHED:
            yield report


def finish(report: FeedbackReport, *, at: datetime) -> bool:
    """Make the files of a report, and sign them once it is published; return whether something was missing."""
    made = False if report.files else _make(report, at)
    signed = signatures.sign(report, at=at)
    if signed:
        checkpoints.checkpoint(at)
    return made or signed


def _make(report: FeedbackReport, at: datetime) -> bool:
    """Make the files and keep them, unless the report has moved on meanwhile."""
    state = report.state
    files = dict(_written(report))
    with transaction():
        lock_row(report.consultation)
        lock_row(report)
        if report.state is not state and ReportState.PUBLISHED in (report.state, state):
            return False  # a draft says that it is one
        if report.state is ReportState.DISCARDED or report.files:
            return False
        report.files = files
        record(
            SYSTEM,
            MAKE_FILES,
            subject_of(report),
            at=at,
            consultation_id=report.consultation_id,
            content_digest=report.digest,
            version=report.version,
            state=report.state.value,
            **{FILES: files},
        )
    return True


def layout() -> Layout:
    """Return the layout that the department set."""
    return read_layout(settings().report_template)


def _written(report: FeedbackReport) -> Iterator[tuple[str, str]]:
    """Write every format into the store; yield extension and digest."""
    content, chosen = document(report), layout()
    for extension, write in WRITERS.items():
        with tempfile.TemporaryFile() as file:
            write(content, file, chosen)
            file.seek(0)
            yield extension, blobs().put_stream(file, BYTES)
