"""Many submissions at once through the same way in: the same checks, rows, counts and ledger entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from consult.accounts.permissions import Actor
from consult.drafting.models import Consultation
from consult.intake import checks, rows
from consult.intake.arrival import Arrival, Said
from consult.intake.errors import IdempotencyConflict, SubmissionRefused
from consult.intake.models import Attachment, RawForm, Submission, SubmissionPart
from consult.ledger.service import Done, record_many
from consult.store import bulk, db, tally, transaction

RACES = 3
"""How often a batch is tried anew because another process stored some of the same sendings in between."""


@dataclass(frozen=True)
class Taken:
    """What became of one arrival of a batch: its receipt's number; ``replayed`` when it was stored before."""

    number: str
    replayed: bool = False


@dataclass(frozen=True)
class _Fresh:
    """An arrival that is to be stored, with its columns."""

    arrival: Arrival
    parts: tuple[Said, ...]
    row: dict[str, Any]


Outcome = Taken | SubmissionRefused


def receive_many(
    consultation: Consultation, arrivals: Sequence[Arrival], *, at: datetime, actor: Actor, store: bool = True
) -> list[Outcome]:
    """Store a batch in one transaction, each submission whole as ``receive`` stores one; refuse singly what must be.

    A repeated idempotency key is the same sending when it says the same; the raw forms may differ in what isn't read
    of them. Call it again with the same batch after a crash: what is stored already is only found again.

    Arguments:
        arrivals: a few hundred to a few thousand.
        store: without it nothing is stored, and the numbers of what would be are empty.

    Returns:
        One outcome for each arrival, in order: what was taken, or why it wasn't.
    """
    if not store:
        return _unnumbered(*_look_at(consultation, arrivals, at))
    for race in range(RACES):
        try:
            with transaction():
                outcomes, fresh = _look_at(consultation, arrivals, at)
                if fresh:
                    _store(consultation, fresh, at, actor)
                return outcomes
        except IntegrityError:
            if race == RACES - 1:
                raise
    raise AssertionError("unreachable")


def _look_at(
    consultation: Consultation, arrivals: Sequence[Arrival], at: datetime
) -> tuple[list[Outcome], list[_Fresh]]:
    """Return what becomes of each arrival, and those that are to be stored."""
    seen = _stored([key for key in map(rows.idempotency_key, arrivals) if key is not None])
    known = checks.known_anchors(consultation, {part.anchor for arrival in arrivals for part in arrival.parts})
    outcomes: list[Outcome] = []
    fresh: list[_Fresh] = []
    for arrival in arrivals:
        try:
            outcomes.append(_look(consultation, arrival, known, seen, fresh, at))
        except SubmissionRefused as refusal:
            outcomes.append(refusal)
    return outcomes, fresh


def _unnumbered(outcomes: list[Outcome], fresh: list[_Fresh]) -> list[Outcome]:
    """Return outcomes without the numbers of what wasn't stored."""
    new = {one.row["number"] for one in fresh}
    return [
        Taken("", outcome.replayed) if isinstance(outcome, Taken) and outcome.number in new else outcome
        for outcome in outcomes
    ]


def _look(
    consultation: Consultation,
    arrival: Arrival,
    known: set[str],
    seen: dict[str, tuple[str, str]],
    fresh: list[_Fresh],
    at: datetime,
) -> Taken:
    """Check one arrival; put it among the fresh ones unless it was stored before or stands earlier in the batch."""
    parts = checks.said(arrival)
    checks.check_lengths(arrival, parts)
    key = rows.idempotency_key(arrival)
    earlier = seen.get(key) if key is not None else None
    if earlier is not None:
        number, fingerprint = earlier
        if fingerprint != rows.fingerprint_of(parts):
            raise IdempotencyConflict(f"同一编号已经收过内容不同的一件（回执 {number}）")
        return Taken(number, replayed=True)
    checks.check_period(consultation, arrival.received_at or at)
    checks.check_anchors(parts, known)
    row = rows.submission_row(consultation, arrival, parts, at=at)
    if key is not None:
        seen[key] = row["number"], row["fingerprint"]
    fresh.append(_Fresh(arrival, parts, row))
    return Taken(row["number"])


def _stored(keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return number and fingerprint of what was stored under these keys."""
    if not keys:
        return {}
    columns = Submission.idempotency_key, Submission.number, Submission.fingerprint
    found = db.session.execute(select(*columns).where(Submission.idempotency_key.in_(keys)))
    return {key: (number, fingerprint) for key, number, fingerprint in found if key is not None}


def _store(consultation: Consultation, fresh: Sequence[_Fresh], at: datetime, actor: Actor) -> None:
    ids = bulk.reserve_ids(Submission, len(fresh))
    each = list(zip(ids, fresh, strict=True))
    bulk.insert_rows(Submission, [{"id": id_, **one.row} for id_, one in each])
    bulk.insert_rows(SubmissionPart, [row for id_, one in each for row in rows.part_rows(id_, one.parts)])
    bulk.insert_rows(RawForm, [rows.raw_row(id_, one.arrival, rows.raw_blob(one.arrival)) for id_, one in each])
    bulk.insert_rows(Attachment, [row for id_, one in each for row in rows.attachment_rows(id_, one.arrival)])
    tally.add(
        consultation.id,
        [change for one in fresh for change in rows.counted(one.row, [part.anchor for part in one.parts])],
    )
    facts = {
        (channel, late): {"channel": channel.value, "late": late}
        for channel, late in {(one.row["channel"], one.row["late"]) for one in fresh}
    }
    done = [
        Done(f"submission:{row['number']}", row["digest"], facts[row["channel"], row["late"]])
        for row in (one.row for one in fresh)
    ]
    record_many(actor, "submission.receive", done, at=at, consultation_id=consultation.id)
