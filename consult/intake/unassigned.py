"""Submissions that fit no consultation and wait for somebody to say where they belong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.intake import service as intake
from consult.intake.checks import check_period
from consult.intake.errors import SubmissionRefused
from consult.intake.models import Submission, SubmissionState
from consult.ledger.service import digest, record
from consult.store import db, transaction
from consult.store.claiming import hold, hold_still

PAGE = 30
REASON_CHARACTERS = 300

Follower = Callable[[Submission, datetime], None]
_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Have ``follower`` called in the same transaction after a submission was given to a consultation."""
    if follower not in _followers:
        _followers.append(follower)


def count_unassigned() -> int:
    """Return how many submissions wait unassigned."""
    query = (
        select(func.count())
        .select_from(Submission)
        .where(Submission.consultation_id.is_(None), Submission.state == SubmissionState.UNASSIGNED)
    )
    return db.session.scalar(query) or 0


def waiting(
    *, state: SubmissionState = SubmissionState.UNASSIGNED, after: int = 0, limit: int = PAGE
) -> list[Submission]:
    """Return submissions of no consultation, oldest first, beyond the id ``after``; by default those waiting."""
    query = select(Submission).where(
        Submission.consultation_id.is_(None), Submission.state == state, Submission.id > after
    )
    return list(db.session.scalars(query.order_by(Submission.id).limit(limit)))


def assign(actor: Actor, submission: Submission, consultation: Consultation, *, at: datetime) -> None:
    """Give a waiting submission to a consultation; whether it is late follows from when it was received.

    Raises:
        NotAllowed: the actor may not assign, or not to this consultation.
        SubmissionRefused: it doesn't wait any more, or the consultation takes none.
    """
    require(actor, Act.ASSIGN_SUBMISSION, consultation)
    with transaction() as session:
        hold_still(consultation)
        hold(submission)
        _expect_waiting(submission)
        check_period(consultation, at)
        submission.consultation_id = consultation.id
        submission.state = SubmissionState.RECEIVED
        submission.late = consultation.closes_at is not None and submission.received_at >= consultation.closes_at
        session.flush()
        session.expire(submission, ["consultation"])
        intake.count_arrival(submission, [part.anchor for part in submission.parts])
        _record(actor, "submission.assign", submission, at, late=submission.late)
        for follower in _followers:
            follower(submission, at)


def dismiss(actor: Actor, submission: Submission, reason: str, *, at: datetime) -> None:
    """Say that a waiting submission is no opinion on anything here; it stays, with the reason.

    Raises:
        SubmissionRefused: it doesn't wait any more, or there is no reason.
    """
    require(actor, Act.ASSIGN_SUBMISSION)
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_CHARACTERS:
        raise SubmissionRefused(f"请写明为什么不是意见，最多 {REASON_CHARACTERS} 字。", "reason")
    with transaction():
        hold(submission)
        _expect_waiting(submission)
        submission.state = SubmissionState.REJECTED
        words = digest({"reason": reason})
        _record(actor, "submission.dismiss", submission, at, reason=reason, reason_digest=words)


def restore(actor: Actor, submission: Submission, *, at: datetime) -> None:
    """Let a dismissed submission wait again."""
    require(actor, Act.ASSIGN_SUBMISSION)
    with transaction():
        hold(submission)
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
