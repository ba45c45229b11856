"""The rows of a submission, the same for single ones and batches."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from consult.app_context import blobs
from consult.drafting.terms import Terms
from consult.intake import ledger_statement, receipts
from consult.intake.arrival import CONTACT_CHARACTERS, NAME_CHARACTERS, SUBJECT_CHARACTERS, Arrival, ArrivalPart, clean
from consult.intake.models import Submission, SubmissionState
from consult.intake.validation import Answered
from consult.text.anchors import article_of
from consult.text.fingerprint import fingerprint

IDEMPOTENCY_KEY_CHARACTERS = 160
RAW_IN_ROW_BYTES = 256 * 1024
"""A raw form up to this size is stored in the row; a larger one is a blob."""


def idempotency_key(arrival: Arrival) -> str | None:
    """Return the idempotency key of an arrival as stored."""
    return arrival.idempotency_key[:IDEMPOTENCY_KEY_CHARACTERS] if arrival.idempotency_key else None


def fingerprint_of(parts: Sequence[ArrivalPart], answers: Sequence[Answered] = ()) -> str:
    """Return the digest of the normalised texts."""
    return fingerprint("\n".join([*[part.content for part in parts], *[answer.content for answer in answers]]))


def submission_row(
    consultation: Terms | None,
    arrival: Arrival,
    parts: Sequence[ArrivalPart],
    answers: Sequence[Answered],
    *,
    at: datetime,
) -> dict[str, Any]:
    """Return the columns of a new submission: number, salt, digests, lateness, state."""
    number = receipts.new_number(at)
    salt = secrets.token_hex(16)
    received_at = arrival.received_at or at
    ended = consultation is not None and consultation.closes_at is not None and received_at >= consultation.closes_at
    late = ended and not arrival.time_unknown
    row = {
        "number": number,
        "consultation_id": consultation.id if consultation is not None else None,
        "channel": arrival.channel,
        "state": SubmissionState.RECEIVED if consultation is not None else SubmissionState.UNASSIGNED,
        "received_at": received_at,
        "recorded_at": at,
        "late": late,
        "sender_kind": arrival.sender_kind,
        "subject": clean(arrival.subject)[:SUBJECT_CHARACTERS],
        "name": clean(arrival.name)[:NAME_CHARACTERS],
        "contact": clean(arrival.contact)[:CONTACT_CHARACTERS],
        "publish_name": arrival.publish_name,
        "keep_private": arrival.keep_private,
        "doubt": arrival.doubt,
        "external_id": clean(arrival.external_id or "") or None,
        "fingerprint": fingerprint_of(parts, answers),
        "salt": salt,
        "key_hash": receipts.hash_key(receipts.new_key(number)),
        "idempotency_key": idempotency_key(arrival),
    }
    raw = arrival.raw_media_type, hashlib.sha256(arrival.raw).hexdigest()
    stated = ledger_statement.statement(
        row, part_rows(0, parts), raw, attachment_rows(0, arrival), answer_rows(0, answers)
    )
    return row | {"digest": ledger_statement.digest_of(salt, stated)}


def is_same_sending(stored: Submission, arrival: Arrival) -> bool:
    """Whether a stored submission has the raw form and the attachments of an arrival."""
    files = [file.digest for file in stored.attachments]
    same_raw = ledger_statement.raw_digest(stored.raw) == hashlib.sha256(arrival.raw).hexdigest()
    return same_raw and files == [file.digest for file in arrival.attachments]


def part_rows(submission_id: int, parts: Sequence[ArrivalPart]) -> list[dict[str, Any]]:
    """Return the rows of a submission's parts."""
    return [
        {
            "submission_id": submission_id,
            "position": position,
            "anchor": part.anchor,
            "quote": part.quote,
            "content": part.content,
        }
        for position, part in enumerate(parts)
    ]


def answer_rows(submission_id: int, answers: Sequence[Answered]) -> list[dict[str, Any]]:
    """Return the rows of the answers to questions."""
    return [
        {"submission_id": submission_id, "question_id": answer.question_id, "content": answer.content}
        for answer in answers
    ]


def is_large(arrival: Arrival) -> bool:
    """Whether the raw form is stored as a blob."""
    return len(arrival.raw) > RAW_IN_ROW_BYTES


def raw_blob(arrival: Arrival) -> str | None:
    """Store a large raw form as a blob and return its digest; a small one goes into the row."""
    return blobs().put(arrival.raw) if is_large(arrival) else None


def raw_row(submission_id: int, arrival: Arrival, blob: str | None) -> dict[str, Any]:
    """Return the row of the raw form."""
    return {
        "submission_id": submission_id,
        "media_type": arrival.raw_media_type,
        "body": None if blob else arrival.raw,
        "blob": blob,
    }


def attachment_rows(submission_id: int, arrival: Arrival) -> list[dict[str, Any]]:
    """Return the rows of the attachments."""
    return [
        {
            "submission_id": submission_id,
            "position": position,
            "file_name": file.name[-200:],
            "media_type": file.media_type,
            "size": file.size,
            "digest": file.digest,
            "found_clean": file.digest in arrival.found_clean,
        }
        for position, file in enumerate(arrival.attachments)
    ]


def counted(row: Mapping[str, Any], anchors: Iterable[str]) -> list[tuple[str, str, int]]:
    """Return the counter increments of a submission: by lateness, channel, state and article."""
    articles = {article_of(anchor) for anchor in anchors}
    return [
        ("received", "late" if row["late"] else "in_time", 1),
        ("channel", row["channel"].value, 1),
        ("state", row["state"].value, 1),
        *(("article", article, 1) for article in sorted(articles)),
    ]
