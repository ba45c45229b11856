"""The one way in: whatever the channel, what ``receive`` returned for is safe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from consult.accounts.permissions import PUBLIC, Actor
from consult.drafting.models import Consultation
from consult.intake import checks, receipts, rows
from consult.intake.arrival import Arrival, Said
from consult.intake.errors import IdempotencyConflict, SubmissionRefused
from consult.intake.models import Attachment, RawForm, Submission, SubmissionPart
from consult.intake.receipts import Receipt
from consult.ledger.service import Done, record_many
from consult.store import bulk, db, tally, transaction


def check(consultation: Consultation | None, arrival: Arrival, *, at: datetime) -> None:
    """Refuse what ``receive`` would refuse, storing nothing: a face asks before it keeps the bytes of attachments.

    Raises:
        SubmissionRefused: one of its descendants says what to change.
    """
    parts = _said(arrival)
    if _seen(arrival):
        _replay(arrival)
    elif consultation is not None:
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
    if consultation is not None and not _seen(arrival):
        _check_fit(consultation, arrival, parts, at)
    row = rows.submission_row(consultation, arrival, parts, at=at)
    blob = rows.raw_blob(arrival)
    try:
        with transaction():
            if _seen(arrival):
                return _replay(arrival)
            _hold_to_the_period(row)
            return _store(row, arrival, parts, blob, at=at, actor=actor)
    except IntegrityError:
        if not _seen(arrival):
            raise
        return _replay(arrival)  # another process stored the same sending between our look and our write


def _said(arrival: Arrival) -> tuple[Said, ...]:
    """Return what is said, of a length that can be taken."""
    parts = checks.said(arrival)
    checks.check_lengths(arrival, parts)
    return parts


def _check_fit(consultation: Consultation, arrival: Arrival, parts: Sequence[Said], at: datetime) -> None:
    """Refuse what comes before the opening or names no provision of the draft."""
    checks.check_period(consultation, arrival.received_at or at)
    checks.check_anchors(parts, checks.known_anchors(consultation, {part.anchor for part in parts}))


def _hold_to_the_period(row: dict[str, Any]) -> None:
    """Look at the period again under the write lock: it may have been extended or withdrawn since."""
    terms = select(Consultation.opens_at, Consultation.closes_at, Consultation.stage)
    found = db.session.execute(terms.where(Consultation.id == row["consultation_id"])).one_or_none()
    if found is not None:
        checks.check_period(found, row["received_at"])
        row["late"] = found.closes_at is not None and row["received_at"] >= found.closes_at


def _seen(arrival: Arrival) -> bool:
    """Whether the same sending, or another with its key, is stored."""
    if arrival.idempotency_key is None:
        return False
    key = rows.idempotency_key(arrival)
    return db.session.scalar(select(Submission.id).where(Submission.idempotency_key == key)) is not None


def _replay(arrival: Arrival) -> Receipt:
    """Return the receipt of a sending that is stored.

    Raises:
        IdempotencyConflict: what is stored under its key says something else.
    """
    key = rows.idempotency_key(arrival)
    stored = db.session.scalars(select(Submission).where(Submission.idempotency_key == key)).one()
    if not rows.is_same_sending(stored, arrival):
        raise IdempotencyConflict("这份表单刚才已经提交过一份不同的内容。请刷新页面后再提交新的意见。")
    return Receipt(stored.number, receipts.key_of(stored.number), stored.id, replayed=True)


def _store(
    row: dict[str, Any], arrival: Arrival, parts: Sequence[Said], blob: str | None, *, at: datetime, actor: Actor
) -> Receipt:
    (id_,) = bulk.reserve_ids(Submission, 1)
    bulk.insert_rows(Submission, [{"id": id_, **row}])
    bulk.insert_rows(SubmissionPart, rows.part_rows(id_, parts))
    bulk.insert_rows(RawForm, [rows.raw_row(id_, arrival, blob)])
    bulk.insert_rows(Attachment, rows.attachment_rows(id_, arrival))
    if row["consultation_id"] is not None:
        tally.add(row["consultation_id"], rows.counted(row, [part.anchor for part in parts]))
    done = Done(
        f"submission:{row['number']}", row["digest"], {"channel": arrival.channel.value, "late": bool(row["late"])}
    )
    record_many(actor, "submission.receive", [done], at=at, consultation_id=row["consultation_id"])
    return Receipt(row["number"], receipts.key_of(row["number"]), id_)


def count_arrival(submission: Submission, anchors: Sequence[str]) -> None:
    """Add a submission to the counts of its consultation: in all, by channel, state, lateness and article."""
    if submission.consultation_id is None:
        raise SubmissionRefused("没有归到征求意见的来件不计数。")
    facts = {"late": submission.late, "channel": submission.channel, "state": submission.state}
    tally.add(submission.consultation_id, rows.counted(facts, anchors))
