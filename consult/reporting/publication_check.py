"""What is stored of a published report, compared with the act that published it before anybody sees it."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import select

from consult.accounts.permissions import Act
from consult.ledger.models import LedgerEntry
from consult.ledger.service import digest, is_seal_valid
from consult.reporting.errors import ReportAltered
from consult.reporting.models import FeedbackReport
from consult.store import db

PRINTED = "printed"
"""Key in the act's detail: the digest of words and figures, which can be compared without the table."""
FILES = "files"
"""Key in the act's detail: the digest of each file by its extension."""

log = structlog.get_logger()


def subject_of(report: Any) -> str:
    """Return how the record names a report."""
    return f"report:{report.consultation_id}/{report.version}"


def printed_digest(statement: str, snapshot: dict[str, Any]) -> str:
    """Return the digest of a report's words and figures, without its table."""
    return digest({"statement": statement, "snapshot": snapshot})


def difference(report: Any, detail: dict[str, Any]) -> str:
    """Return what of a report differs from the act that published it, in Chinese; empty when nothing does.

    Acts of earlier versions of the platform name less.
    """
    if FILES in detail and detail[FILES] != report.files:
        return "公布的文件"
    if PRINTED in detail and detail[PRINTED] != printed_digest(report.statement, report.snapshot):
        return "公布的文字和数字"
    return ""


def require_unaltered(report: FeedbackReport) -> None:
    """Check a published report before it is shown.

    Raises:
        ReportAltered: it isn't what was published, or the act that published it was removed or changed.
    """
    query = select(LedgerEntry).where(LedgerEntry.subject == subject_of(report), LedgerEntry.act == Act.PUBLISH_REPORT)
    act = db.session.scalars(query.order_by(LedgerEntry.id.desc()).limit(1)).first()
    if act is None or not is_seal_valid(act):
        different = "公布的记录"
    else:
        different = difference(report, act.detail) or ("全文摘要" if act.digest != report.digest else "")
    if different:
        log.error("report_altered", report=subject_of(report), different=different)
        raise ReportAltered(f"{different}与公布时的记录不符，已经停止提供。")
