"""What is stored of a published report, compared with the act that published it before anybody sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

CHECKPOINT = "checkpoint"
"""Key in the act's detail: the checkpoint that the report names."""
SIGNED = "signed"
"""Key in the detail of the act that signed: the whole signature."""
MAKE_FILES, SIGN = "report.make_files", "report.sign"
ACTS = (Act.PUBLISH_REPORT, MAKE_FILES, SIGN)

log = structlog.get_logger()


def subject_of(report: Any) -> str:
    """Return how the record names a report."""
    return f"report:{report.consultation_id}/{report.version}"


def printed_digest(statement: str, snapshot: dict[str, Any]) -> str:
    """Return the digest of a report's words and figures, without its table."""
    return digest({"statement": statement, "snapshot": snapshot})


def difference(report: Any, acts: Mapping[str, dict[str, Any]]) -> str:
    """Return what of a report differs from the acts that made its files, published and signed it, in Chinese.

    Acts of earlier versions of the platform name less. Empty when nothing differs.

    Arguments:
        acts: the details of the last act of each kind (``ACTS``), in their order.
    """
    published, signed = acts.get(Act.PUBLISH_REPORT, {}), acts.get(SIGN, {})
    named = [detail[FILES] for detail in acts.values() if FILES in detail]
    if (named or not published) and report.files != (named[-1] if named else {}):
        return "公布的文件"
    if PRINTED in published and published[PRINTED] != printed_digest(report.statement, report.snapshot):
        return "公布的文字和数字"
    if published.get(CHECKPOINT, "") != report.checkpoint:
        return "公布的检查点"
    if signed.get(SIGNED, "") != report.signature:
        return "公布的签名"
    return ""


def require_unaltered(report: FeedbackReport) -> None:
    """Check a published report before it is shown.

    Raises:
        ReportAltered: it isn't what was published, or the act that published it was removed or changed.
    """
    query = select(LedgerEntry).where(LedgerEntry.subject == subject_of(report), LedgerEntry.act.in_(ACTS))
    acts = list(db.session.scalars(query.order_by(LedgerEntry.id)))
    published = next((act for act in reversed(acts) if act.act == Act.PUBLISH_REPORT), None)
    if published is None or not all(map(is_seal_valid, acts)):
        different = "公布的记录"
    else:
        different = difference(report, last_details((act.act, act.detail) for act in acts))
        different = different or ("全文摘要" if published.digest != report.digest else "")
    if different:
        log.error("report_altered", report=subject_of(report), different=different)
        raise ReportAltered(f"{different}与公布时的记录不符，已经停止提供。")


def last_details(acts: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Return the detail of the last act of each kind, in the order of the acts."""
    last: dict[str, dict[str, Any]] = {}
    for act, detail in acts:
        last.pop(act, None)
        last[act] = detail
    return last
