"""Where rows of reviews name a file."""

from __future__ import annotations

from sqlalchemy import select

from consult.ledger.file_verification import Source, source
from consult.review.models import ReviewPaper

SOURCES: tuple[Source, ...] = (
    source(select(ReviewPaper.digest, ReviewPaper.name).order_by(ReviewPaper.id), "审查材料《{}》"),
)
