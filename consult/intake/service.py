"""The one way in: whatever the channel, what ``receive`` returned for is safe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from consult.accounts.permissions import PUBLIC, Actor
from consult.drafting.models import Consultation
from consult.intake import checks, receipts, rows
from consult.intake.arrival import Arrival, Said
from consult.intake.errors import IdempotencyConflict, SubmissionRefused
from consult.intake.models import Attachment, RawForm, Submission, SubmissionPart
from consult.intake.receipts import Receipt
from consult.ledger.service import record
from consult.store import bulk, db, tally, transaction


def check(consultation: Consultation | None, arrival: Arrival, *, at: datetime) -> None:
    """Refuse what ``receive`` would refuse, storing nothing: a face asks before it keeps the bytes of attachments.

    Raises:
        SubmissionRefused: one of its descendants says what to change.
    """
    parts = _said(arrival)
    if _replay(arrival) is None:
        _check_fit(consultation, arrival, parts, at)


def receive(consultation: Consultation | None, arrival: Arrival, *, at: datetime, actor: Actor = PUBLIC) -> Receipt:
    """Store one submission whole: raw form, parts, attachments, receipt, counts and ledger entry, in one transaction.

    Arguments:
        consultation: what it is about; ``None`` only for mail that fits none, which waits unassigned.
        at: aware moment of storing.

    Returns:
        The receipt; with ``replayed`` when the idempotency key was seen before with the same content.

    Raises:
        SubmissionRefused: one of its descendants says what to change; nothing is stored.
    """
    parts = _said(arrival)
    blob = rows.raw_blob(arrival)
    try:
        with transaction():
            earlier = _replay(arrival)
            if earlier is not None:
                return earlier
            _check_fit(consultation, arrival, parts, at)
            return _store(consultation, arrival, parts, blob, at=at, actor=actor)
    except IntegrityError:
        earlier = _replay(arrival)  # another process stored the same sending between our look and our write
        if earlier is None:
            raise
        return earlier


def _said(arrival: Arrival) -> tuple[Said, ...]:
    """Return what is said, of a length that can be taken."""
    parts = checks.said(arrival)
    checks.check_lengths(arrival, parts)
    return parts


def _check_fit(consultation: Consultation | None, arrival: Arrival, parts: Sequence[Said], at: datetime) -> None:
    """Refuse what comes before the opening or names no provision of the draft."""
    if consultation is not None:
        checks.check_period(consultation, arrival.received_at or at)
        checks.check_anchors(parts, checks.known_anchors(consultation, {part.anchor for part in parts}))


def _replay(arrival: Arrival) -> Receipt | None:
    if arrival.idempotency_key is None:
        return None
    stored = db.session.scalar(select(Submission).where(Submission.idempotency_key == rows.idempotency_key(arrival)))
    if stored is None:
        return None
    if not rows.is_same_sending(stored, arrival):
        raise IdempotencyConflict("这份表单刚才已经提交过一份不同的内容。请刷新页面后再提交新的意见。")
    return Receipt(stored.number, receipts.key_of(stored.number), stored, replayed=True)


def _store(
    consultation: Consultation | None,
    arrival: Arrival,
    parts: Sequence[Said],
    blob: str | None,
    *,
    at: datetime,
    actor: Actor,
) -> Receipt:
    session = db.session
    submission = Submission(**rows.submission_row(consultation, arrival, parts, at=at))
    session.add(submission)
    session.flush()
    bulk.insert_rows(SubmissionPart, rows.part_rows(submission.id, parts))
    bulk.insert_rows(RawForm, [rows.raw_row(submission.id, arrival, blob)])
    bulk.insert_rows(Attachment, rows.attachment_rows(submission.id, arrival))
    if consultation is not None:
        count_arrival(submission, [part.anchor for part in parts])
    record(
        actor,
        "submission.receive",
        f"submission:{submission.number}",
        at=at,
        consultation_id=submission.consultation_id,
        content_digest=submission.digest,
        channel=arrival.channel.value,
        late=submission.late,
    )
    return Receipt(submission.number, receipts.key_of(submission.number), submission)


def count_arrival(submission: Submission, anchors: Sequence[str]) -> None:
    """Add a submission to the counts of its consultation: in all, by channel, state, lateness and article."""
    if submission.consultation_id is None:
        raise SubmissionRefused("没有归到征求意见的来件不计数。")
    facts = {"late": submission.late, "channel": submission.channel, "state": submission.state}
    tally.add(submission.consultation_id, rows.counted(facts, anchors))
