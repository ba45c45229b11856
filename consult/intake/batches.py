"""Batches of submissions with the same checks, rows, counts and ledger entries as ``receive``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from consult.accounts.permissions import Actor
from consult.drafting.terms import Terms, current_terms
from consult.intake import submission_rows, validation
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.errors import IdempotencyConflict, SubmissionRefused
from consult.intake.models import Answer, Attachment, RawForm, Submission, SubmissionPart
from consult.intake.receipts import Receipt
from consult.intake.validation import Answered
from consult.ledger.service import BulkAct, record_many
from consult.store import bulk, counters, db, transaction

RACES = 3
"""Retries of a batch when another process has stored some of the same requests in between."""


@dataclass(slots=True)
class _Known:
    """A submission that is stored, or will be at the end of its batch, when it gets an id."""

    number: str
    fingerprint: str
    id: int = 0


@dataclass(slots=True)
class _Fresh:
    """An arrival to be stored, with its columns."""

    arrival: Arrival
    parts: tuple[ArrivalPart, ...]
    answers: tuple[Answered, ...]
    row: dict[str, Any]
    known: _Known


@dataclass(frozen=True)
class _Looked:
    """The result for each arrival: its submission and whether it existed before, or why it is refused."""

    each: list[tuple[_Known, bool] | SubmissionRefused]
    fresh: list[_Fresh]

    def outcomes(self) -> list[Outcome]:
        """Return the outcomes, in the order of the arrivals."""
        return [
            result if isinstance(result, SubmissionRefused) else Receipt(result[0].number, result[0].id, result[1])
            for result in self.each
        ]


Outcome = Receipt | SubmissionRefused


def receive_many(
    consultation: Terms, arrivals: Sequence[Arrival], *, at: datetime, actor: Actor, store: bool = True
) -> list[Outcome]:
    """Store a batch in one transaction, as ``receive`` stores a submission; invalid ones are refused individually.

    A repeated idempotency key is the same request if its text is the same; the raw forms may differ in ignored parts.
    After a crash, call it again with the same batch: submissions already stored are recognised.

    Arguments:
        arrivals: a few hundred to a few thousand.
        store: if false, nothing is stored, and receipts have an empty number and the id 0.

    Returns:
        One outcome for each arrival, in order: its receipt, or why it was refused.
    """
    if not store:
        return _unnumbered(_look_at(consultation, arrivals, at))
    for race in range(RACES):
        try:
            with transaction() as session, session.begin_nested():  # a savepoint: only this is rolled back
                return receive_together(consultation, arrivals, at=at, actor=actor)
        except IntegrityError:
            if race == RACES - 1:
                raise
    raise AssertionError("unreachable")


def receive_together(
    consultation: Terms | None, arrivals: Sequence[Arrival], *, at: datetime, actor: Actor
) -> list[Outcome]:
    """Store a batch as ``receive_many`` does, inside the caller's transaction.

    Arguments:
        consultation: that all belong to; ``None`` for mail without a consultation, which waits unassigned.

    Raises:
        IntegrityError: another process stored one of them in between, or a receipt number is taken: the
            transaction must be rolled back and can be retried.
    """
    looked = _look_at(None if consultation is None else current_terms(consultation), arrivals, at)
    if looked.fresh:
        _store(None if consultation is None else consultation.id, looked.fresh, at, actor)
    return looked.outcomes()


def _look_at(terms: Terms | None, arrivals: Sequence[Arrival], at: datetime) -> _Looked:
    """Return the result for each arrival, and those to be stored."""
    seen = _stored([key for key in map(submission_rows.idempotency_key, arrivals) if key is not None])
    anchors = {part.anchor for arrival in arrivals for part in arrival.parts}
    known = validation.known_anchors(terms, anchors) if terms is not None else {""}
    looked = _Looked([], [])
    for arrival in arrivals:
        try:
            looked.each.append(_look(terms, arrival, known, seen, looked.fresh, at))
        except SubmissionRefused as refusal:
            looked.each.append(refusal)
    return looked


def _unnumbered(looked: _Looked) -> list[Outcome]:
    """Return outcomes without receipt numbers for arrivals that weren't stored."""
    for fresh in looked.fresh:
        fresh.known.number = ""
    return looked.outcomes()


def _look(
    terms: Terms | None,
    arrival: Arrival,
    anchors: set[str],
    seen: dict[str, _Known],
    fresh: list[_Fresh],
    at: datetime,
) -> tuple[_Known, bool]:
    """Check one arrival; add it to ``fresh`` unless it is stored already or is earlier in the batch."""
    parts = validation.parts_of(arrival)
    validation.check_lengths(arrival, parts)
    answers = validation.answered(terms, arrival)
    key = submission_rows.idempotency_key(arrival)
    earlier = seen.get(key) if key is not None else None
    if earlier is not None:
        if earlier.fingerprint != submission_rows.fingerprint_of(parts, answers):
            raise IdempotencyConflict(f"同一编号已经收过内容不同的一件（回执 {earlier.number}）")
        return earlier, True
    if terms is not None:
        validation.check_period(terms, arrival.received_at or at)
        validation.check_anchors(parts, anchors)
    row = submission_rows.submission_row(terms, arrival, parts, answers, at=at)
    known = _Known(row["number"], row["fingerprint"])
    if key is not None:
        seen[key] = known
    fresh.append(_Fresh(arrival, parts, answers, row, known))
    return known, False


def _stored(keys: Sequence[str]) -> dict[str, _Known]:
    """Return the submissions stored under these keys."""
    if not keys:
        return {}
    columns = Submission.idempotency_key, Submission.number, Submission.fingerprint, Submission.id
    rows = db.session.execute(select(*columns).where(Submission.idempotency_key.in_(keys)))
    return {key: _Known(number, fingerprint, id_) for key, number, fingerprint, id_ in rows if key is not None}


def _store(consultation_id: int | None, fresh: Sequence[_Fresh], at: datetime, actor: Actor) -> None:
    ids = bulk.reserve_ids(Submission, len(fresh))
    each = list(zip(ids, fresh, strict=True))
    for id_, pending in each:
        pending.known.id = id_
    submissions = [{"id": id_, **pending.row} for id_, pending in each]
    submissions.sort(
        key=lambda row: row["idempotency_key"] or ""
    )  # in one order, so that concurrent batches don't deadlock
    bulk.insert_rows(Submission, submissions)
    bulk.insert_rows(
        SubmissionPart, [row for id_, pending in each for row in submission_rows.part_rows(id_, pending.parts)]
    )
    bulk.insert_rows(
        Answer, [row for id_, pending in each for row in submission_rows.answer_rows(id_, pending.answers)]
    )
    bulk.insert_rows(
        RawForm,
        [
            submission_rows.raw_row(id_, pending.arrival, submission_rows.raw_blob(pending.arrival))
            for id_, pending in each
        ],
    )
    bulk.insert_rows(
        Attachment, [row for id_, pending in each for row in submission_rows.attachment_rows(id_, pending.arrival)]
    )
    if consultation_id is not None:
        counters.add(consultation_id, _counted(fresh))
    facts = {
        (channel, late): {"channel": channel.value, "late": late}
        for channel, late in {(pending.row["channel"], pending.row["late"]) for pending in fresh}
    }
    done = [
        BulkAct(f"submission:{row['number']}", row["digest"], facts[row["channel"], row["late"]])
        for row in (pending.row for pending in fresh)
    ]
    record_many(actor, "submission.receive", done, at=at, consultation_id=consultation_id)


def _counted(fresh: Sequence[_Fresh]) -> list[tuple[str, str, int]]:
    """Return the increments of the counters for a batch, computed once for equal rows."""
    alike: dict[tuple[Any, ...], list[_Fresh]] = defaultdict(list)
    for pending in fresh:
        alike[pending.row["channel"], pending.row["late"], *[part.anchor for part in pending.parts]].append(pending)
    return [
        (facet, value, n * len(some))
        for (_channel, _late, *anchors), some in alike.items()
        for facet, value, n in submission_rows.counted(some[0].row, anchors)
    ]
