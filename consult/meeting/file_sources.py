"""Where rows of the meeting name a file."""

from __future__ import annotations

from sqlalchemy import select

from consult.ledger.file_verification import Source, source
from consult.meeting.models import MeetingFact, Override

SOURCES: tuple[Source, ...] = (
    source(
        select(MeetingFact.evidence_digest, MeetingFact.evidence_name).where(MeetingFact.evidence_digest != ""),
        "上会材料“{}”",
    ),
    source(
        select(Override.document_digest, Override.document_name).where(Override.document_digest != ""),
        "例外情形的材料《{}》",
    ),
)
