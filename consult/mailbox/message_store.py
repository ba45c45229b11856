"""Stores messages before they are parsed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert, select

from consult.app_context import blobs
from consult.intake.ledger_statement import erased_note
from consult.intake.models import RawForm
from consult.intake.submission_rows import RAW_IN_ROW_BYTES
from consult.ledger.rows import changes
from consult.mailbox import deduplication
from consult.mailbox.models import Mailbox, MailMessage, Sighting
from consult.store import db, transaction
from consult.store.locking import advisory_lock, insert_if_absent

SOURCE_CHARACTERS = 300


@dataclass(frozen=True)
class RawMessage:
    """A message as it arrived: its bytes, its source, and when the mail server accepted it, if known.

    ``uid`` is set for messages fetched from a mailbox.
    """

    raw: bytes
    source: str = ""
    server_at: datetime | None = None
    uid: int | None = None


@dataclass(frozen=True)
class StoredMessage:
    """The id of a stored message, and whether it is a repeated delivery."""

    id: int
    is_repeat: bool


def store(
    letters: Sequence[RawMessage],
    *,
    at: datetime,
    mailbox: Mailbox | None = None,
    uidvalidity: int = 0,
    read_up_to: int = 0,
    enclosed_in: int | None = None,
) -> list[StoredMessage]:
    """Store messages and their sightings in one transaction; the same content is stored once.

    Arguments:
        mailbox, uidvalidity: where they were fetched from; ``last_uid`` becomes ``read_up_to`` in the same transaction.
        enclosed_in: the message that they were enclosed in.
    """
    digests = [deduplication.digest_of(letter.raw) for letter in letters]
    large = {place for place, letter in enumerate(letters) if len(letter.raw) > RAW_IN_ROW_BYTES}
    stored = dict(zip(sorted(large), blobs().put_many([letters[i].raw for i in sorted(large)]), strict=True))
    rows = [
        {
            "digest": digests[place],
            "size": len(letter.raw),
            "body": None if place in large else letter.raw,
            "blob": stored.get(place),
            "source": letter.source.replace("\x00", "")[:SOURCE_CHARACTERS],
            "stored_at": at,
            "server_at": letter.server_at,
            "why": "",
            "attempts": 0,
            "message_id": "",
            "sender": "",
            "subject": "",
            "automatic": "",
            "answer_due": False,
            "answer_held": False,
            "enclosed_in": enclosed_in,
            "scan_due": False,
        }
        for place, letter in enumerate(letters)
    ]
    with transaction() as session:
        advisory_lock("mail.store")  # the same messages in another order would deadlock
        fresh = _insert_if_absent(rows)
        ids = _ids(digests)
        if mailbox is not None:
            _note(mailbox, uidvalidity, letters, [ids[digest] for digest in digests], at)
            row = session.get(Mailbox, mailbox.id, with_for_update=True, populate_existing=True)
            if row is not None and row.uidvalidity == uidvalidity:
                row.last_uid = max(row.last_uid, read_up_to)
    kept, first = [], set(fresh)
    for digest in digests:
        kept.append(StoredMessage(ids[digest], is_repeat=digest not in first))
        first.discard(digest)
    return kept


def _insert_if_absent(rows: Sequence[dict[str, Any]]) -> set[str]:
    """Insert the rows with new digests under a lock; return those digests."""
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["digest"], row)
    for digest in _ids(list(first)):
        del first[digest]
    if first:
        table = cast(Table, MailMessage.__table__)
        db.session.connection().execute(insert(table), list(first.values()))
        changes.note_new(table, _ids(list(first)).values())
    return set(first)


def _ids(digests: Sequence[str]) -> dict[str, int]:
    query = select(MailMessage.digest, MailMessage.id).where(MailMessage.digest.in_(digests))
    return {row.digest: row.id for row in db.session.execute(query)}


def _note(mailbox: Mailbox, uidvalidity: int, letters: Sequence[RawMessage], ids: Sequence[int], at: datetime) -> None:
    for letter, id_ in zip(letters, ids, strict=True):
        insert_if_absent(Sighting, mailbox_id=mailbox.id, uidvalidity=uidvalidity, uid=letter.uid, mail_id=id_, at=at)


def raw_of(mail: MailMessage) -> bytes:
    """Return the bytes of a stored message; raises BlobMissing or BlobAltered."""
    if mail.body is not None:
        return mail.body
    if mail.blob is not None:
        return blobs().get(mail.blob)
    if mail.erased_at is not None:
        return erased_note(mail.digest)
    form = db.session.get_one(RawForm, mail.submission_id)
    return form.body if form.body is not None else blobs().get(form.blob or "")
