"""Where rows of the end of the road name a file."""

from __future__ import annotations

from sqlalchemy import select

from consult.issuance.models import DocumentAct, MeetingResult
from consult.ledger.file_verification import Source, source

SOURCES: tuple[Source, ...] = (
    source(select(MeetingResult.minutes_digest, MeetingResult.minutes_name), "会议纪要“{}”"),
    source(
        select(DocumentAct.paper_digest, DocumentAct.paper_name).where(DocumentAct.paper_digest != ""),
        "文件印发后的材料“{}”",
    ),
)
