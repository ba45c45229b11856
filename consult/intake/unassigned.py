"""Submissions without a consultation, which wait to be assigned by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.intake import service as intake
from consult.intake.errors import SubmissionRefused
from consult.intake.hooks import after_assignment
from consult.intake.models import Submission, SubmissionState
from consult.intake.validation import check_period
from consult.ledger.service import digest, record
from consult.store import db, transaction
from consult.store.locking import lock_row, lock_row_shared

PAGE = 30
REASON_CHARACTERS = 300


def count_unassigned() -> int:
    """Return how many submissions are unassigned."""
    query = (
        select(func.count())
        .select_from(Submission)
        .where(Submission.consultation_id.is_(None), Submission.state == SubmissionState.UNASSIGNED)
    )
    return db.session.scalar(query) or 0


def waiting(
    *, state: SubmissionState = SubmissionState.UNASSIGNED, after: int = 0, limit: int = PAGE
) -> list[Submission]:
    """Return submissions without a consultation, oldest first, beyond the id ``after``; by default the waiting ones."""
    query = select(Submission).where(
        Submission.consultation_id.is_(None), Submission.state == state, Submission.id > after
    )
    return list(db.session.scalars(query.order_by(Submission.id).limit(limit)))


def by_number(number: str) -> Submission | None:
    """Return the submission of no consultation with this receipt number."""
    return db.session.scalar(
        select(Submission).where(Submission.number == number, Submission.consultation_id.is_(None))
    )


def assign(actor: Actor, submission: Submission, consultation: Consultation, *, at: datetime) -> None:
    """Assign a waiting submission to a consultation; its time of receipt decides whether it is late.

    Raises:
        NotAllowed: the actor may not assign, or not to this consultation.
        SubmissionRefused: it isn't waiting any more, or the consultation accepts none.
    """
    require(actor, Act.ASSIGN_SUBMISSION, consultation)
    with transaction() as session:
        lock_row_shared(consultation)
        lock_row(submission)
        _expect_waiting(submission)
        check_period(consultation, at)
        submission.consultation_id = consultation.id
        submission.state = SubmissionState.RECEIVED
        submission.late = consultation.closes_at is not None and submission.received_at >= consultation.closes_at
        session.flush()
        session.expire(submission, ["consultation"])
        intake.count_arrival(submission, [part.anchor for part in submission.parts])
        _record(actor, "submission.assign", submission, at, late=submission.late)
        for hook in after_assignment.all():
            hook(submission, at)


def dismiss(actor: Actor, submission: Submission, reason: str, *, at: datetime) -> None:
    """Dismiss a waiting submission that isn't an opinion; it is kept with the reason.

    Raises:
        SubmissionRefused: it isn't waiting any more, or there is no reason.
    """
    require(actor, Act.ASSIGN_SUBMISSION)
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_CHARACTERS:
        raise SubmissionRefused(f"请写明不计为意见的理由，最多 {REASON_CHARACTERS} 字。", "reason")
    with transaction():
        lock_row(submission)
        _expect_waiting(submission)
        submission.state = SubmissionState.REJECTED
        words = digest({"reason": reason})
        _record(actor, "submission.dismiss", submission, at, reason=reason, reason_digest=words)


def restore(actor: Actor, submission: Submission, *, at: datetime) -> None:
    """Restore a dismissed submission to the waiting ones."""
    require(actor, Act.ASSIGN_SUBMISSION)
    with transaction():
        lock_row(submission)
        if submission.consultation_id is not None or submission.state is not SubmissionState.REJECTED:
            raise SubmissionRefused("这件来件没有被标为“不是意见”。")
        submission.state = SubmissionState.UNASSIGNED
        _record(actor, "submission.restore", submission, at)


def _expect_waiting(submission: Submission) -> None:
    if submission.consultation_id is not None or submission.state is not SubmissionState.UNASSIGNED:
        raise SubmissionRefused("这件来件已经归类过，可能是别的同事刚刚处理的。")


def _record(actor: Actor, act: str, submission: Submission, at: datetime, **detail: Any) -> None:
    record(
        actor,
        act,
        f"submission:{submission.number}",
        at=at,
        consultation_id=submission.consultation_id,
        state=submission.state.value,
        **detail,
    )
