"""Keeping messages before anything looks into them: the bytes first, all else afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert, select, text

from consult.intake.mailbox import same
from consult.intake.mailbox.models import Mailbox, MailMessage, Sighting
from consult.intake.models import RawForm
from consult.intake.rows import RAW_IN_ROW_BYTES
from consult.settings import blobs
from consult.store import db, transaction
from consult.store.claiming import insert_unless_there

SOURCE_CHARACTERS = 300
KEEPING_LOCK = 5_327_001
"""Key of the lock on PostgreSQL."""


@dataclass(frozen=True)
class Letter:
    """A message as it arrived: its bytes, where from, and when the mail server took it, where that is known.

    ``uid`` is the place in a mailbox for what was fetched.
    """

    raw: bytes
    source: str = ""
    server_at: datetime | None = None
    uid: int | None = None


@dataclass(frozen=True)
class Kept:
    """The row that holds a message, and whether an earlier delivery had brought the same one."""

    id: int
    again: bool


def keep(
    letters: Sequence[Letter],
    *,
    at: datetime,
    mailbox: Mailbox | None = None,
    uidvalidity: int = 0,
    read_up_to: int = 0,
) -> list[Kept]:
    """Store messages and note where they were seen, in one transaction; the same content is stored once.

    Arguments:
        mailbox, uidvalidity: where they were fetched from; with them the place that was read up to moves on, in the
            same transaction, to ``read_up_to``.
    """
    digests = [same.digest_of(letter.raw) for letter in letters]
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
            "scan_due": False,
        }
        for place, letter in enumerate(letters)
    ]
    with transaction() as session:
        _take_turns()
        fresh = _insert_unless_there(rows)
        ids = _ids(digests)
        if mailbox is not None:
            _note(mailbox, uidvalidity, letters, [ids[digest] for digest in digests], at)
            row = session.get(Mailbox, mailbox.id, with_for_update=True, populate_existing=True)
            if row is not None and row.uidvalidity == uidvalidity:
                row.last_uid = max(row.last_uid, read_up_to)
    kept, first = [], set(fresh)
    for digest in digests:
        kept.append(Kept(ids[digest], again=digest not in first))
        first.discard(digest)
    return kept


def _insert_unless_there(rows: Sequence[dict[str, Any]]) -> set[str]:
    """Insert rows whose digest isn't there, under the lock that keeps others from it; return those digests."""
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["digest"], row)
    for digest in _ids(list(first)):
        del first[digest]
    if first:
        db.session.connection().execute(insert(cast(Table, MailMessage.__table__)), list(first.values()))
    return set(first)


def _take_turns() -> None:
    """Let one process at a time insert: two with the same messages in another order would wait for one another."""
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEEPING_LOCK})


def _ids(digests: Sequence[str]) -> dict[str, int]:
    query = select(MailMessage.digest, MailMessage.id).where(MailMessage.digest.in_(digests))
    return {row.digest: row.id for row in db.session.execute(query)}


def _note(mailbox: Mailbox, uidvalidity: int, letters: Sequence[Letter], ids: Sequence[int], at: datetime) -> None:
    for letter, id_ in zip(letters, ids, strict=True):
        insert_unless_there(
            Sighting, mailbox_id=mailbox.id, uidvalidity=uidvalidity, uid=letter.uid, mail_id=id_, at=at
        )


def raw_of(mail: MailMessage) -> bytes:
    """Return the bytes of a stored message; raises BlobMissing or BlobAltered."""
    if mail.body is not None:
        return mail.body
    if mail.blob is not None:
        return blobs().get(mail.blob)
    form = db.session.get_one(RawForm, mail.submission_id)
    return form.body if form.body is not None else blobs().get(form.blob or "")
