"""Every place where a row names a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from consult.consultees.models import Gathering
from consult.drafting.models import Consultation, DraftVersion
from consult.intake.models import Attachment, RawForm, Submission, TableImport
from consult.ledger.blobs import Source
from consult.ledger.checking.view import stream
from consult.meeting.models import MeetingFact
from consult.reporting.models import FeedbackReport


def _listed(query: Any, words: str) -> Source:
    """Return a source out of a query of (digest, name)."""

    def rows() -> Iterator[tuple[str, str]]:
        for digest, name in stream(query):
            yield digest, words.format(name)

    return rows


def _reports() -> Iterator[tuple[str, str]]:
    for slug, files in stream(select(Consultation.slug, FeedbackReport.files).join(FeedbackReport.consultation)):
        for kind, digest in (files or {}).items():
            yield digest, f"征求意见 {slug} 的反馈（{kind}）"


SOURCES: tuple[Source, ...] = (
    _listed(
        select(Attachment.digest, Submission.number)
        .join(Submission, Submission.id == Attachment.submission_id)
        .order_by(Attachment.id),
        "来件 {} 的附件",
    ),
    _listed(
        select(RawForm.blob, Submission.number).join(RawForm.submission).where(RawForm.blob.is_not(None)),
        "来件 {} 的原始内容",
    ),
    _listed(
        select(DraftVersion.file_digest, Consultation.slug).join(DraftVersion.consultation).order_by(DraftVersion.id),
        "征求意见 {} 的文稿",
    ),
    _listed(
        select(MeetingFact.evidence_digest, MeetingFact.evidence_name).where(MeetingFact.evidence_digest != ""),
        "上会材料“{}”",
    ),
    _listed(select(TableImport.digest, TableImport.file_name).order_by(TableImport.id), "导入的表格“{}”"),
    _listed(
        select(TableImport.account, TableImport.file_name).where(TableImport.account != "").order_by(TableImport.id),
        "表格“{}”的逐行结果",
    ),
    _listed(select(Gathering.minutes_digest, Gathering.title).where(Gathering.minutes_digest != ""), "“{}”的纪要"),
    _reports,
)
