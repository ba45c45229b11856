"""The single entry point for submissions: once ``receive`` returns, the submission is stored, whatever the channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import PUBLIC, Act, Actor, require
from consult.drafting.models import Consultation
from consult.drafting.terms import BySlug, Terms, current_terms
from consult.intake import submission_rows, validation
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.errors import IdempotencyConflict, SubmissionRefused
from consult.intake.models import Answer, Attachment, RawForm, Submission, SubmissionPart
from consult.intake.receipts import Receipt
from consult.intake.validation import Answered
from consult.ledger.service import BulkAct, record_many
from consult.store import bulk, counters, db, raw_transaction
from consult.text.sentences import sentence

DRAWS = 5
"""Retries when a receipt number is already taken."""


def check(consultation: Terms | BySlug | None, arrival: Arrival, *, at: datetime) -> None:
    """Validate without storing: a face calls this before it stores attachments.

    Raises:
        SubmissionRefused: a subclass says what to change.
        NoSuchConsultation: no consultation with this slug was ever released.
    """
    parts = _checked_parts(arrival)
    if _stored(arrival) is not None:
        _replay(arrival)
    elif consultation is not None:
        validation.answered(_fitting(consultation, arrival, parts, at), arrival)


def receive(consultation: Terms | BySlug | None, arrival: Arrival, *, at: datetime, actor: Actor = PUBLIC) -> Receipt:
    """Store one submission with raw form, parts, attachments, receipt, counts and ledger entry, in one transaction.

    Arguments:
        consultation: that it belongs to; ``None`` only for unassigned mail.
        at: aware moment of storing.

    Returns:
        The receipt; with ``replayed`` if the idempotency key was used before with the same content.

    Raises:
        SubmissionRefused: a subclass says what to change; nothing is stored.
        NoSuchConsultation: no consultation with this slug was ever released.
    """
    parts = _checked_parts(arrival)
    if submission_rows.is_large(arrival):
        check(consultation, arrival, at=at)  # before its bytes are stored
    blob = submission_rows.raw_blob(arrival)
    with raw_transaction():
        try:
            terms = None if consultation is None else _fitting(consultation, arrival, parts, at)
            answers = validation.answered(terms, arrival)
        except SubmissionRefused:
            if _stored(arrival) is None:
                raise
            return _replay(arrival)  # it was accepted under the terms of its time
        return _store(terms, arrival, parts, answers, blob, at=at, actor=actor)


def enter(actor: Actor, consultation: Consultation, arrival: Arrival, *, at: datetime) -> Receipt:
    """Store a submission that a member of staff enters for its sender, as ``receive`` does.

    Raises:
        SubmissionRefused: as ``receive`` says.
        NotAllowed: the actor may not enter submissions to this consultation.
    """
    require(actor, Act.RECEIVE_FOR_SENDER, consultation)
    return receive(consultation, arrival, at=at, actor=actor)


def _checked_parts(arrival: Arrival) -> tuple[ArrivalPart, ...]:
    """Return the parts in normal form, after checking their lengths."""
    parts = validation.parts_of(arrival)
    validation.check_lengths(arrival, parts)
    return parts


def _fitting(consultation: Terms | BySlug, arrival: Arrival, parts: Sequence[ArrivalPart], at: datetime) -> Terms:
    """Return the current terms of the consultation: period and draft may have changed since the page was rendered.

    Raises:
        SubmissionRefused: it comes before the opening or after a withdrawal, or an anchor isn't in the draft.
    """
    terms = current_terms(consultation)
    validation.check_period(terms, arrival.received_at or at)
    validation.check_anchors(parts, validation.known_anchors(terms, {part.anchor for part in parts}))
    return terms


def _stored(arrival: Arrival) -> Submission | None:
    """Return the submission stored under the same idempotency key."""
    key = submission_rows.idempotency_key(arrival)
    if key is None:
        return None
    return db.session.scalars(select(Submission).where(Submission.idempotency_key == key)).one_or_none()


def _replay(arrival: Arrival) -> Receipt:
    """Return the receipt of a request that is already stored.

    Raises:
        IdempotencyConflict: the content stored under its key is different.
    """
    stored = _stored(arrival)
    if stored is None or not submission_rows.is_same_sending(stored, arrival):
        raise IdempotencyConflict(sentence("这份表单刚才已经提交过一份不同的内容。请刷新页面后再提交新的意见。"))
    return Receipt(stored.number, stored.id, replayed=True)


def _store(
    terms: Terms | None,
    arrival: Arrival,
    parts: Sequence[ArrivalPart],
    answers: Sequence[Answered],
    blob: str | None,
    *,
    at: datetime,
    actor: Actor,
) -> Receipt:
    """Write all rows of a submission, unless its key is stored already."""
    row, id_ = _insert(terms, arrival, parts, answers, at)
    if id_ is None:
        return _replay(arrival)
    bulk.insert_rows(SubmissionPart, submission_rows.part_rows(id_, parts))
    bulk.insert_rows(Answer, submission_rows.answer_rows(id_, answers))
    bulk.insert_rows(RawForm, [submission_rows.raw_row(id_, arrival, blob)])
    bulk.insert_rows(Attachment, submission_rows.attachment_rows(id_, arrival))
    if row["consultation_id"] is not None:
        counters.add(row["consultation_id"], submission_rows.counted(row, [part.anchor for part in parts]))
    done = BulkAct(
        f"submission:{row['number']}", row["digest"], {"channel": arrival.channel.value, "late": bool(row["late"])}
    )
    record_many(actor, "submission.receive", [done], at=at, consultation_id=row["consultation_id"])
    return Receipt(row["number"], id_)


def _insert(
    terms: Terms | None, arrival: Arrival, parts: Sequence[ArrivalPart], answers: Sequence[Answered], at: datetime
) -> tuple[dict[str, Any], int | None]:
    """Insert a submission; return its columns and its id, which is None if its key is stored already.

    Numbers are random: with a million submissions a day, one in a million collides.
    """
    for _ in range(DRAWS):
        row = submission_rows.submission_row(terms, arrival, parts, answers, at=at)
        id_ = bulk.insert_new(Submission, row)
        if id_ is not None or _stored(arrival) is not None:
            return row, id_
    raise RuntimeError(f"{DRAWS} receipt numbers in a row were given away: their randomness is broken")


def count_arrival(submission: Submission, anchors: Sequence[str]) -> None:
    """Add a submission to the counters of its consultation: total, channel, state, lateness and article."""
    if submission.consultation_id is None:
        raise SubmissionRefused("没有归到征求意见的来件不计数。")
    facts = {"late": submission.late, "channel": submission.channel, "state": submission.state}
    counters.add(submission.consultation_id, submission_rows.counted(facts, anchors))
