"""The one way in: whatever the channel, what ``receive`` returned for is safe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import PUBLIC, Actor
from consult.drafting.terms import Named, Terms, present
from consult.intake import checks, rows
from consult.intake.arrival import Arrival, Said
from consult.intake.errors import IdempotencyConflict, SubmissionRefused
from consult.intake.models import Attachment, RawForm, Submission, SubmissionPart
from consult.intake.receipts import Receipt
from consult.ledger.service import Done, record_many
from consult.store import bulk, db, tally, writing
from consult.text.sentences import sentence

DRAWS = 5
"""How often a receipt number is drawn anew because another submission has it."""


def check(consultation: Terms | Named | None, arrival: Arrival, *, at: datetime) -> None:
    """Refuse what ``receive`` would refuse, storing nothing: a face asks before it keeps the bytes of attachments.

    Raises:
        SubmissionRefused: one of its descendants says what to change.
        NoSuchConsultation: none of this address was ever released.
    """
    parts = _said(arrival)
    if _stored(arrival) is not None:
        _replay(arrival)
    elif consultation is not None:
        _fitting(consultation, arrival, parts, at)


def receive(consultation: Terms | Named | None, arrival: Arrival, *, at: datetime, actor: Actor = PUBLIC) -> Receipt:
    """Store one submission whole: raw form, parts, attachments, receipt, counts and ledger entry, in one transaction.

    Arguments:
        consultation: what it is about; ``None`` only for mail that fits none, which waits unassigned.
        at: aware moment of storing.

    Returns:
        The receipt; with ``replayed`` when the idempotency key was seen before with the same content.

    Raises:
        SubmissionRefused: one of its descendants says what to change; nothing is stored.
        NoSuchConsultation: none of this address was ever released.
    """
    parts = _said(arrival)
    if rows.is_large(arrival):
        check(consultation, arrival, at=at)  # before its bytes are kept
    blob = rows.raw_blob(arrival)
    with writing():
        try:
            terms = None if consultation is None else _fitting(consultation, arrival, parts, at)
        except SubmissionRefused:
            if _stored(arrival) is None:
                raise
            return _replay(arrival)  # it was taken under the terms of its time
        return _store(terms, arrival, parts, blob, at=at, actor=actor)


def _said(arrival: Arrival) -> tuple[Said, ...]:
    """Return what is said, of a length that can be taken."""
    parts = checks.said(arrival)
    checks.check_lengths(arrival, parts)
    return parts


def _fitting(consultation: Terms | Named, arrival: Arrival, parts: Sequence[Said], at: datetime) -> Terms:
    """Return the terms of the consultation as they are now: period and draft may have changed since the page was made.

    Raises:
        SubmissionRefused: it comes before the opening or after a withdrawal, or names no provision of the draft.
    """
    terms = present(consultation)
    checks.check_period(terms, arrival.received_at or at)
    checks.check_anchors(parts, checks.known_anchors(terms, {part.anchor for part in parts}))
    return terms


def _stored(arrival: Arrival) -> Submission | None:
    """Return the submission that the same sending, or another with its key, has become."""
    key = rows.idempotency_key(arrival)
    if key is None:
        return None
    return db.session.scalars(select(Submission).where(Submission.idempotency_key == key)).one_or_none()


def _replay(arrival: Arrival) -> Receipt:
    """Return the receipt of a sending that is stored.

    Raises:
        IdempotencyConflict: what is stored under its key says something else.
    """
    stored = _stored(arrival)
    if stored is None or not rows.is_same_sending(stored, arrival):
        raise IdempotencyConflict(sentence("这份表单刚才已经提交过一份不同的内容。请刷新页面后再提交新的意见。"))
    return Receipt(stored.number, stored.id, replayed=True)


def _store(
    terms: Terms | None, arrival: Arrival, parts: Sequence[Said], blob: str | None, *, at: datetime, actor: Actor
) -> Receipt:
    """Write everything that a submission is, unless its key shows that it is stored already."""
    row, id_ = _insert(terms, arrival, parts, at)
    if id_ is None:
        return _replay(arrival)
    bulk.insert_rows(SubmissionPart, rows.part_rows(id_, parts))
    bulk.insert_rows(RawForm, [rows.raw_row(id_, arrival, blob)])
    bulk.insert_rows(Attachment, rows.attachment_rows(id_, arrival))
    if row["consultation_id"] is not None:
        tally.add(row["consultation_id"], rows.counted(row, [part.anchor for part in parts]))
    done = Done(
        f"submission:{row['number']}", row["digest"], {"channel": arrival.channel.value, "late": bool(row["late"])}
    )
    record_many(actor, "submission.receive", [done], at=at, consultation_id=row["consultation_id"])
    return Receipt(row["number"], id_)


def _insert(
    terms: Terms | None, arrival: Arrival, parts: Sequence[Said], at: datetime
) -> tuple[dict[str, Any], int | None]:
    """Insert a submission; return its columns and its id, which is None when its key is stored already.

    Numbers are random: on a day of a million submissions one in a million draws a number that is given away.
    """
    for _ in range(DRAWS):
        row = rows.submission_row(terms, arrival, parts, at=at)
        id_ = bulk.insert_new(Submission, row)
        if id_ is not None or _stored(arrival) is not None:
            return row, id_
    raise RuntimeError(f"{DRAWS} receipt numbers in a row were given away: their randomness is broken")


def count_arrival(submission: Submission, anchors: Sequence[str]) -> None:
    """Add a submission to the counts of its consultation: in all, by channel, state, lateness and article."""
    if submission.consultation_id is None:
        raise SubmissionRefused("没有归到征求意见的来件不计数。")
    facts = {"late": submission.late, "channel": submission.channel, "state": submission.state}
    tally.add(submission.consultation_id, rows.counted(facts, anchors))
