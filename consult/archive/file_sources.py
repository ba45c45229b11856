"""Where rows of the archive name a file."""

from __future__ import annotations

from sqlalchemy import select

from consult.archive.models import ArchivePackage
from consult.drafting.models import Consultation
from consult.ledger.file_verification import Source, source

SOURCES: tuple[Source, ...] = (
    source(
        select(ArchivePackage.digest, Consultation.slug)
        .join(ArchivePackage.consultation)
        .where(ArchivePackage.digest != "", ArchivePackage.removed_at.is_(None)),
        "征求意见 {} 的归档包",
    ),
)
