"""Many submissions at once through the same way in: the same checks, rows, counts and ledger entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from consult.accounts.permissions import Actor
from consult.drafting.terms import Terms, present
from consult.intake import checks, rows
from consult.intake.arrival import Arrival, Said
from consult.intake.errors import IdempotencyConflict, SubmissionRefused
from consult.intake.models import Attachment, RawForm, Submission, SubmissionPart
from consult.intake.receipts import Receipt
from consult.ledger.service import Done, record_many
from consult.store import bulk, db, tally, transaction

RACES = 3
"""How often a batch is tried anew because another process stored some of the same sendings in between."""


@dataclass(slots=True)
class _Known:
    """A submission that is stored, or will be at the end of its batch: only then has it an id."""

    number: str
    fingerprint: str
    id: int = 0


@dataclass(slots=True)
class _Fresh:
    """An arrival that is to be stored, with its columns."""

    arrival: Arrival
    parts: tuple[Said, ...]
    row: dict[str, Any]
    known: _Known


@dataclass(frozen=True)
class _Looked:
    """What becomes of each arrival: which submission it is, and whether it was there before; or why it is refused."""

    each: list[tuple[_Known, bool] | SubmissionRefused]
    fresh: list[_Fresh]

    def outcomes(self) -> list[Outcome]:
        """Return the outcomes, in the order of the arrivals."""
        return [
            one if isinstance(one, SubmissionRefused) else Receipt(one[0].number, one[0].id, one[1])
            for one in self.each
        ]


Outcome = Receipt | SubmissionRefused


def receive_many(
    consultation: Terms, arrivals: Sequence[Arrival], *, at: datetime, actor: Actor, store: bool = True
) -> list[Outcome]:
    """Store a batch in one transaction, each submission whole as ``receive`` stores one; refuse singly what must be.

    A repeated idempotency key is the same sending when it says the same; the raw forms may differ in what isn't read
    of them. Call it again with the same batch after a crash: what is stored already is only found again.

    Arguments:
        arrivals: a few hundred to a few thousand.
        store: without it nothing is stored, and the receipts of what would be have an empty number and the id 0.

    Returns:
        One outcome for each arrival, in order: its receipt, or why it wasn't taken.
    """
    if not store:
        return _unnumbered(_look_at(consultation, arrivals, at))
    for race in range(RACES):
        try:
            with transaction() as session, session.begin_nested():  # of a larger transaction only this is undone
                return receive_together(consultation, arrivals, at=at, actor=actor)
        except IntegrityError:
            if race == RACES - 1:
                raise
    raise AssertionError("unreachable")


def receive_together(
    consultation: Terms | None, arrivals: Sequence[Arrival], *, at: datetime, actor: Actor
) -> list[Outcome]:
    """Store a batch as ``receive_many`` does, inside a transaction that the caller holds.

    Arguments:
        consultation: what all are about; ``None`` for mail that fits none, which waits unassigned.

    Raises:
        IntegrityError: another process stored one of them in between, or a receipt number was given away: the
            transaction is to be rolled back, and may be tried again.
    """
    looked = _look_at(None if consultation is None else present(consultation), arrivals, at)
    if looked.fresh:
        _store(None if consultation is None else consultation.id, looked.fresh, at, actor)
    return looked.outcomes()


def _look_at(terms: Terms | None, arrivals: Sequence[Arrival], at: datetime) -> _Looked:
    """Return what becomes of each arrival, and those that are to be stored."""
    seen = _stored([key for key in map(rows.idempotency_key, arrivals) if key is not None])
    anchors = {part.anchor for arrival in arrivals for part in arrival.parts}
    known = checks.known_anchors(terms, anchors) if terms is not None else {""}
    looked = _Looked([], [])
    for arrival in arrivals:
        try:
            looked.each.append(_look(terms, arrival, known, seen, looked.fresh, at))
        except SubmissionRefused as refusal:
            looked.each.append(refusal)
    return looked


def _unnumbered(looked: _Looked) -> list[Outcome]:
    """Return outcomes without the numbers of what wasn't stored."""
    for one in looked.fresh:
        one.known.number = ""
    return looked.outcomes()


def _look(
    terms: Terms | None,
    arrival: Arrival,
    anchors: set[str],
    seen: dict[str, _Known],
    fresh: list[_Fresh],
    at: datetime,
) -> tuple[_Known, bool]:
    """Check one arrival; put it among the fresh ones unless it was stored before or stands earlier in the batch."""
    parts = checks.said(arrival)
    checks.check_lengths(arrival, parts)
    key = rows.idempotency_key(arrival)
    earlier = seen.get(key) if key is not None else None
    if earlier is not None:
        if earlier.fingerprint != rows.fingerprint_of(parts):
            raise IdempotencyConflict(f"同一编号已经收过内容不同的一件（回执 {earlier.number}）")
        return earlier, True
    if terms is not None:
        checks.check_period(terms, arrival.received_at or at)
        checks.check_anchors(parts, anchors)
    row = rows.submission_row(terms, arrival, parts, at=at)
    known = _Known(row["number"], row["fingerprint"])
    if key is not None:
        seen[key] = known
    fresh.append(_Fresh(arrival, parts, row, known))
    return known, False


def _stored(keys: Sequence[str]) -> dict[str, _Known]:
    """Return what is stored under these keys."""
    if not keys:
        return {}
    columns = Submission.idempotency_key, Submission.number, Submission.fingerprint, Submission.id
    found = db.session.execute(select(*columns).where(Submission.idempotency_key.in_(keys)))
    return {key: _Known(number, fingerprint, id_) for key, number, fingerprint, id_ in found if key is not None}


def _store(consultation_id: int | None, fresh: Sequence[_Fresh], at: datetime, actor: Actor) -> None:
    ids = bulk.reserve_ids(Submission, len(fresh))
    each = list(zip(ids, fresh, strict=True))
    for id_, one in each:
        one.known.id = id_
    submissions = [{"id": id_, **one.row} for id_, one in each]
    submissions.sort(key=lambda row: row["idempotency_key"] or "")  # two that insert the same would wait for each other
    bulk.insert_rows(Submission, submissions)
    bulk.insert_rows(SubmissionPart, [row for id_, one in each for row in rows.part_rows(id_, one.parts)])
    bulk.insert_rows(RawForm, [rows.raw_row(id_, one.arrival, rows.raw_blob(one.arrival)) for id_, one in each])
    bulk.insert_rows(Attachment, [row for id_, one in each for row in rows.attachment_rows(id_, one.arrival)])
    if consultation_id is not None:
        tally.add(consultation_id, _counted(fresh))
    facts = {
        (channel, late): {"channel": channel.value, "late": late}
        for channel, late in {(one.row["channel"], one.row["late"]) for one in fresh}
    }
    done = [
        Done(f"submission:{row['number']}", row["digest"], facts[row["channel"], row["late"]])
        for row in (one.row for one in fresh)
    ]
    record_many(actor, "submission.receive", done, at=at, consultation_id=consultation_id)


def _counted(fresh: Sequence[_Fresh]) -> list[tuple[str, str, int]]:
    """Return what a batch adds to the counts; those that add the same are looked at once."""
    alike: dict[tuple[Any, ...], list[_Fresh]] = defaultdict(list)
    for one in fresh:
        alike[one.row["channel"], one.row["late"], *[part.anchor for part in one.parts]].append(one)
    return [
        (facet, value, n * len(some))
        for (_channel, _late, *anchors), some in alike.items()
        for facet, value, n in rows.counted(some[0].row, anchors)
    ]
