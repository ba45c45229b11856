"""What the moderator's pages ask: the queue, by key; its counts; suspected duplicates."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from consult.intake.models import Submission, SubmissionState
from consult.moderation.models import Screening
from consult.store import db, tally

PAGE = 50


def queue(
    consultation_id: int,
    states: Sequence[SubmissionState],
    *,
    after: int = 0,
    limit: int = PAGE,
    newest_first: bool = False,
) -> list[Submission]:
    """Return submissions in one of ``states`` in the order of their coming, from beyond the id ``after``."""
    per_state: list[Submission] = []
    for state in states:
        query = (
            select(Submission)
            .where(Submission.consultation_id == consultation_id, Submission.state == state)
            .options(selectinload(Submission.parts))
        )
        if newest_first:
            query = query.order_by(Submission.id.desc())
            query = query.where(Submission.id < after) if after else query
        else:
            query = query.where(Submission.id > after).order_by(Submission.id)
        per_state += db.session.scalars(query.limit(limit))
    per_state.sort(key=lambda submission: submission.id, reverse=newest_first)
    return per_state[:limit]


def counts(consultation_id: int) -> dict[SubmissionState, int]:
    """Return how many submissions are in each state."""
    return {SubmissionState(state): n for state, n in tally.counts(consultation_id, "state").items()}


def same_text(submission: Submission, limit: int = 5) -> list[Submission]:
    """Return earlier submissions to the same consultation with the same normalised text."""
    query = (
        select(Submission)
        .where(
            Submission.consultation_id == submission.consultation_id,
            Submission.fingerprint == submission.fingerprint,
            Submission.id < submission.id,
        )
        .order_by(Submission.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def acts(submission: Submission) -> list[Screening]:
    """Return what was done on a submission, oldest first."""
    query = select(Screening).where(Screening.submission_id == submission.id).order_by(Screening.id)
    return list(db.session.scalars(query))
