"""Where rows of publicity name a file."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from consult.drafting.models import Consultation
from consult.ledger.file_verification import Source
from consult.ledger.verification.database_view import stream
from consult.publicity.models import PublicityKit


def _kits() -> Iterator[tuple[str, str]]:
    for slug, files in stream(select(Consultation.slug, PublicityKit.files).join(PublicityKit.consultation)):
        for name, digest in (files or {}).items():
            yield digest, f"征求意见 {slug} 的宣传材料（{name}）"


SOURCES: tuple[Source, ...] = (_kits,)
