"""Messages that a mail server withholds: recorded by UID, retried a few times, and shown; the others are fetched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, select

from consult.accounts.permissions import Act, Actor, require
from consult.ledger.service import record
from consult.mailbox.models import Ending, Mailbox, Withheld
from consult.store import db, transaction
from consult.store.locking import lock_row

TRIES = 12
"""Maximum attempts of the worker, with exponential backoff from two minutes: some days in all."""
_WORDS_CHARACTERS = 300


def record_withheld(mailbox: Mailbox, uidvalidity: int, words_by_uid: Mapping[int, str], *, at: datetime) -> None:
    """Record withheld messages, or another attempt for known ones; ``words_by_uid``: the server's words by UID."""
    if not words_by_uid:
        return
    with transaction() as session:
        lock_row(mailbox)
        known = {
            row.uid: row for row in session.scalars(_of(mailbox, uidvalidity).where(Withheld.uid.in_(words_by_uid)))
        }
        for uid, words in words_by_uid.items():
            row = known.get(uid)
            if row is None:
                row = Withheld(mailbox_id=mailbox.id, uidvalidity=uidvalidity, uid=uid, first_at=at, tries=0)
                session.add(row)
            row.tried_at, row.tries, row.server_words = at, row.tries + 1, words.replace("\x00", "")[:_WORDS_CHARACTERS]


def end_retries(mailbox: Mailbox, uidvalidity: int, uids: Collection[int], ending: Ending) -> None:
    """Record how the retries ended for those of ``uids`` that were withheld."""
    query = _of(mailbox, uidvalidity).where(Withheld.ending.is_(None), Withheld.uid.in_(uids))
    if not db.session.scalar(query.limit(1)):
        return
    with transaction() as session:
        for row in session.scalars(query.with_for_update()):
            row.ending = ending


def due(mailbox: Mailbox, uidvalidity: int, *, at: datetime) -> list[int]:
    """Return the UIDs due for a retry, ascending."""
    rows = db.session.scalars(_of(mailbox, uidvalidity).where(Withheld.ending.is_(None), Withheld.tries < TRIES))
    return sorted(row.uid for row in rows if row.tried_at + timedelta(minutes=2**row.tries) <= at)


def withheld(mailboxes: Sequence[Mailbox]) -> dict[int, list[Withheld]]:
    """Return the withheld messages under the current UIDVALIDITY, by mailbox id, in order of UID."""
    query = (
        select(Withheld)
        .join(Mailbox, (Mailbox.id == Withheld.mailbox_id) & (Mailbox.uidvalidity == Withheld.uidvalidity))
        .where(Withheld.ending.is_(None), Mailbox.id.in_([mailbox.id for mailbox in mailboxes]))
        .order_by(Withheld.uid)
    )
    by_mailbox: dict[int, list[Withheld]] = {}
    for row in db.session.scalars(query):
        by_mailbox.setdefault(row.mailbox_id, []).append(row)
    return by_mailbox


def is_given_up(row: Withheld) -> bool:
    """Whether the worker has stopped retrying a message."""
    return row.tries >= TRIES


def restart(actor: Actor, mailbox: Mailbox, *, at: datetime) -> int:
    """Restart the retries for the withheld messages of a mailbox; return how many there are."""
    require(actor, Act.MANAGE_MAILBOXES)
    with transaction():
        rows = withheld([mailbox]).get(mailbox.id, [])
        for row in rows:
            row.tries = 0
        if rows:
            uids = [row.uid for row in rows]
            record(actor, "mailbox.ask_again", f"mailbox:{mailbox.id}", at=at, uids=uids)
    return len(rows)


def _of(mailbox: Mailbox, uidvalidity: int) -> Select[Withheld]:
    return select(Withheld).where(Withheld.mailbox_id == mailbox.id, Withheld.uidvalidity == uidvalidity)
