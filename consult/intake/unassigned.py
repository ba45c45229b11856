"""Submissions that fit no consultation and wait for somebody to say where they belong."""

from __future__ import annotations

from sqlalchemy import func, select

from consult.intake.models import Submission, SubmissionState
from consult.store import db


def count_unassigned() -> int:
    """Return how many submissions wait unassigned."""
    query = (
        select(func.count())
        .select_from(Submission)
        .where(Submission.consultation_id.is_(None), Submission.state == SubmissionState.UNASSIGNED)
    )
    return db.session.scalar(query) or 0
