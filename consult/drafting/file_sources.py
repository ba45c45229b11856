"""Where rows of drafting name a file."""

from __future__ import annotations

from sqlalchemy import select

from consult.drafting.models import Consultation, DraftVersion
from consult.ledger.file_verification import Source, source

SOURCES: tuple[Source, ...] = (
    source(
        select(DraftVersion.file_digest, Consultation.slug).join(DraftVersion.consultation).order_by(DraftVersion.id),
        "征求意见 {} 的文稿",
    ),
)
