"""What the ledger says of a submission: one statement of all that was received, and the proof of its receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from consult.intake.models import RawForm, Submission
from consult.ledger import publication
from consult.ledger.proofs import salted_digest
from consult.ledger.service import canonical
from consult.text.sentences import sentence

OWN = ("number", "channel", "sender_kind", "subject", "name", "contact", "publish_name", "keep_private", "external_id")
RECEIVE = "submission.receive"
"""The act under which the ledger holds a submission's receipt."""


def statement(
    submission: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
    raw: tuple[str, str],
    attachments: Sequence[Mapping[str, Any]],
) -> bytes:
    """Return what was received as one document in canonical form: its salted digest stands in the ledger.

    It names everything that never changes afterwards: who wrote what on which provision, by which channel, when, the
    raw form and each attachment by its SHA-256.

    Arguments:
        submission, parts, attachments: columns of the rows; moments may be aware or ISO text.
        raw: media type and SHA-256 of the raw form.
    """
    return canonical(
        {
            **{name: submission[name] for name in OWN},
            "received_at": _moment(submission["received_at"]),
            "parts": [{name: part[name] for name in ("anchor", "content", "quote")} for part in parts],
            "raw": {"media_type": raw[0], "sha256": raw[1]},
            "attachments": [
                {
                    "name": file["file_name"],
                    "media_type": file["media_type"],
                    "size": file["size"],
                    "sha256": file["digest"],
                }
                for file in attachments
            ],
        }
    )


@lru_cache(maxsize=1024)
def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def digest_of(salt: str, stated: bytes) -> str:
    """Return the salted digest of a statement: nobody can guess a short text back from it."""
    return salted_digest(bytes.fromhex(salt), stated)


def raw_digest(raw: RawForm) -> str:
    """Return the SHA-256 of a stored raw form, in hexadecimal."""
    return raw.blob or sha256(raw.body or b"").hexdigest()


def statement_of(submission: Submission) -> bytes:
    """Return the statement of a stored submission; raises ValueError when its rows no longer give the digest."""
    own = {name: getattr(submission, name) for name in (*OWN, "received_at")}
    parts = [{"anchor": part.anchor, "content": part.content, "quote": part.quote} for part in submission.parts]
    raw = submission.raw.media_type, raw_digest(submission.raw)
    files = [
        {"file_name": file.file_name, "media_type": file.media_type, "size": file.size, "digest": file.digest}
        for file in submission.attachments
    ]
    for consent in (own["publish_name"], True):  # a consent that was taken back had been given
        stated = statement(own | {"publish_name": consent}, parts, raw, files)
        if digest_of(submission.salt, stated) == submission.digest:
            return stated
    raise ValueError(f"submission {submission.number} isn't as it was received")


def is_provable(submission: Submission) -> bool:
    """Say whether a published checkpoint covers the submission's receipt."""
    return publication.is_covered(RECEIVE, _subject(submission))


def receipt_proof(submission: Submission) -> dict[str, Any]:
    """Return the document by which the holder of a receipt proves that the submission is in the published record.

    Its format is in docs/transparency.md.

    Raises:
        NotProvable: no checkpoint covers it yet, or its rows were touched.
    """
    try:
        stated = statement_of(submission)
    except ValueError:
        raise publication.NotProvable(
            sentence("这件来件的内容与收到时不符，不能出具证明。请与我们联系，并保存好回执。")
        ) from None
    return publication.prove(RECEIVE, _subject(submission), bytes.fromhex(submission.salt), stated.decode())


def _subject(submission: Submission) -> str:
    return f"submission:{submission.number}"
