"""Messages that a mail server keeps back: noted by their UIDs, asked for again a few times, shown; the others go on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, select

from consult.accounts.permissions import Act, Actor, require
from consult.intake.mailbox.models import Ending, Mailbox, Withheld
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.claiming import hold

TRIES = 12
"""How often a message is asked for by the worker: the waits double from two minutes, all together some days."""
_SAID_CHARACTERS = 300


def note(mailbox: Mailbox, uidvalidity: int, said: Mapping[int, str], *, at: datetime) -> None:
    """Note that the server kept messages back, once more where that is known; ``said``: its words by UID."""
    if not said:
        return
    with transaction() as session:
        hold(mailbox)
        known = {row.uid: row for row in session.scalars(_of(mailbox, uidvalidity).where(Withheld.uid.in_(said)))}
        for uid, words in said.items():
            row = known.get(uid)
            if row is None:
                row = Withheld(mailbox_id=mailbox.id, uidvalidity=uidvalidity, uid=uid, first_at=at, tries=0)
                session.add(row)
            row.tried_at, row.tries, row.said = at, row.tries + 1, words.replace("\x00", "")[:_SAID_CHARACTERS]


def settle(mailbox: Mailbox, uidvalidity: int, uids: Collection[int], ending: Ending) -> None:
    """Note how the waiting for messages ended, for those among ``uids`` that were waited for."""
    query = _of(mailbox, uidvalidity).where(Withheld.ending.is_(None), Withheld.uid.in_(uids))
    if not db.session.scalar(query.limit(1)):
        return
    with transaction() as session:
        for row in session.scalars(query.with_for_update()):
            row.ending = ending


def due(mailbox: Mailbox, uidvalidity: int, *, at: datetime) -> list[int]:
    """Return the UIDs that are to be asked for again by now, ascending."""
    rows = db.session.scalars(_of(mailbox, uidvalidity).where(Withheld.ending.is_(None), Withheld.tries < TRIES))
    return sorted(row.uid for row in rows if row.tried_at + timedelta(minutes=2**row.tries) <= at)


def waited_for(mailboxes: Sequence[Mailbox]) -> dict[int, list[Withheld]]:
    """Return by mailbox id what is kept back as the folders are numbered now, by UID."""
    query = (
        select(Withheld)
        .join(Mailbox, (Mailbox.id == Withheld.mailbox_id) & (Mailbox.uidvalidity == Withheld.uidvalidity))
        .where(Withheld.ending.is_(None), Mailbox.id.in_([mailbox.id for mailbox in mailboxes]))
        .order_by(Withheld.uid)
    )
    found: dict[int, list[Withheld]] = {}
    for row in db.session.scalars(query):
        found.setdefault(row.mailbox_id, []).append(row)
    return found


def is_given_up(row: Withheld) -> bool:
    """Say whether the worker asks no more for a message."""
    return row.tries >= TRIES


def ask_again(actor: Actor, mailbox: Mailbox, *, at: datetime) -> int:
    """Let the next fetch begin anew to ask for what is kept back of a mailbox; return how many messages that is."""
    require(actor, Act.MANAGE_MAILBOXES)
    with transaction():
        rows = waited_for([mailbox]).get(mailbox.id, [])
        for row in rows:
            row.tries = 0
        if rows:
            uids = [row.uid for row in rows]
            record(actor, "mailbox.ask_again", f"mailbox:{mailbox.id}", at=at, uids=uids)
    return len(rows)


def _of(mailbox: Mailbox, uidvalidity: int) -> Select[Withheld]:
    return select(Withheld).where(Withheld.mailbox_id == mailbox.id, Withheld.uidvalidity == uidvalidity)
