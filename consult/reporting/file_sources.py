"""Where rows of reporting name a file."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from consult.drafting.models import Consultation
from consult.ledger.file_verification import Source
from consult.ledger.verification.database_view import stream
from consult.reporting.models import FeedbackReport


def _reports() -> Iterator[tuple[str, str]]:
    for slug, files in stream(select(Consultation.slug, FeedbackReport.files).join(FeedbackReport.consultation)):
        for kind, digest in (files or {}).items():
            yield digest, f"征求意见 {slug} 的反馈（{kind}）"


SOURCES: tuple[Source, ...] = (_reports,)
