"""The ledger statement of a submission, covering everything received, and the proof of its receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from consult.intake.models import RawForm, Submission
from consult.ledger import publication
from consult.ledger.models import LedgerEntry
from consult.ledger.proofs import salted_digest
from consult.ledger.service import canonical
from consult.store import db
from consult.text.sentences import sentence

OWN = ("number", "channel", "sender_kind", "subject", "name", "contact", "publish_name", "keep_private", "external_id")
RECEIVE = "submission.receive"
"""The act that records a submission in the ledger."""
RECOGNISE = "submission.recognise"
"""The act that finds a submission to be an organisation's."""
ERASE = "submission.erase_personal"
"""The act that deletes personal data of the sender."""
CORRECT = "submission.correct_sender"
"""The act that corrects name or contact."""
RESTATING = (ERASE, CORRECT)
"""The acts after which the rows are held to the digest of the act, no longer to that of the receipt."""


def statement(
    submission: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
    raw: tuple[str, str],
    attachments: Sequence[Mapping[str, Any]],
    answers: Sequence[Mapping[str, Any]] = (),
) -> bytes:
    """Return everything received as one canonical document, whose salted digest is in the ledger.

    It covers everything that never changes: sender, texts and their provisions, answers and their questions, channel,
    time, the raw form and each attachment by its SHA-256. Without answers it is what it was before there were any.

    Arguments:
        submission, parts, attachments, answers: columns of the rows; moments may be aware or ISO text.
        raw: media type and SHA-256 of the raw form.
    """
    answered = [{"question": answer["question_id"], "content": answer["content"]} for answer in answers]
    return canonical(
        {
            **({"answers": answered} if answered else {}),
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
    """Return the salted digest of a statement; the salt prevents guessing short texts."""
    return salted_digest(bytes.fromhex(salt), stated)


def raw_digest(raw: RawForm) -> str:
    """Return the SHA-256 of a stored raw form, in hexadecimal."""
    return raw.erased_digest or raw.blob or sha256(raw.body or b"").hexdigest()


def statement_of(submission: Submission) -> bytes:
    """Return the statement of a stored submission; raises ValueError when its rows no longer give the digest."""
    restated = last_restated(submission)
    if restated is not None:
        stated = stated_now(submission)
        if digest_of(submission.salt, stated) == restated.digest:
            return stated
        raise ValueError(f"submission {submission.number} isn't as its personal data were left")
    for consent in (submission.publish_name, True):  # a withdrawn consent had been given
        stated = stated_now(submission, publish_name=consent)
        if digest_of(submission.salt, stated) == submission.digest:
            return stated
    raise ValueError(f"submission {submission.number} isn't as it was received")


def last_restated(submission: Submission) -> LedgerEntry | None:
    """Return the last act that deleted or corrected personal data, if there was one."""
    query = select(LedgerEntry).where(LedgerEntry.subject == _subject(submission), LedgerEntry.act.in_(RESTATING))
    return db.session.scalars(query.order_by(LedgerEntry.id.desc()).limit(1)).first()


def stated_now(submission: Submission, **changed: Any) -> bytes:
    """Return the statement that the stored rows give."""
    columns = {name: getattr(submission, name) for name in (*OWN, "received_at")}
    parts = [{"anchor": part.anchor, "content": part.content, "quote": part.quote} for part in submission.parts]
    raw = submission.raw.media_type, raw_digest(submission.raw)
    files = [
        {"file_name": file.file_name, "media_type": file.media_type, "size": file.size, "digest": file.digest}
        for file in submission.attachments
    ]
    answers = [{"question_id": answer.question_id, "content": answer.content} for answer in submission.answers]
    return statement(columns | changed, parts, raw, files, answers)


def erased_note(digest: str) -> bytes:
    """Return what stands in the place of a raw form that was deleted."""
    return f"原始内容已按个人信息保存期限删除。它的 SHA-256 是 {digest}。\n".encode()


def is_provable(submission: Submission) -> bool:
    """Whether a published checkpoint covers the submission's receipt."""
    return publication.is_covered(_proving_act(submission), _subject(submission))


def receipt_proof(submission: Submission) -> dict[str, Any]:
    """Return the document by which the holder of a receipt proves that the submission is in the published record.

    Its format is in docs/transparency.md.

    Raises:
        NotProvable: no checkpoint covers it yet, or its rows were changed.
    """
    try:
        stated = statement_of(submission)
    except ValueError:
        raise publication.NotProvable(
            sentence("这件来件的内容与收到时不符，不能出具证明。请与我们联系，并保存好回执。")
        ) from None
    return publication.prove(
        _proving_act(submission), _subject(submission), bytes.fromhex(submission.salt), stated.decode()
    )


def _proving_act(submission: Submission) -> str:
    restated = last_restated(submission)
    return restated.act if restated is not None else RECEIVE


def _subject(submission: Submission) -> str:
    return f"submission:{submission.number}"
