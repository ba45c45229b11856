"""The verbs on letters: put one into the queue, send what is due, try one again, give one up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import islice
from typing import Final

import structlog
from sqlalchemy import ColumnElement, func, select, update

from consult import outgoing_mail
from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.app_context import settings
from consult.clock import local
from consult.files.mail.compose import AddressRefused, new_message_id
from consult.ledger.continuation import RELEASE_MAIL, SUBJECT, restored_since_release
from consult.ledger.service import record
from consult.mail_queue.hooks import Pointless, Unsendable, composers, endings
from consult.mail_queue.models import MailPurpose, MailState, OutgoingMail
from consult.store import bulk, db, raw_transaction, transaction
from consult.store.locking import lock_row

PAUSES: Final = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 1440, 1440)
)
"""After each attempt that was put off; after the last the letter is given up (RFC 5321, 4.5.4.1: four to five days)."""
TAKEN_FOR: Final = timedelta(minutes=10)
"""How long a letter belongs to the worker that sends it; one that was killed loses it then."""
BATCH: Final = 200
TOGETHER: Final = 400
"""Letters that are looked up at once."""
AWAY: Final = 3
"""So many letters in a row that reached no server mean that there is none now."""
ANSWER_CHARACTERS: Final = 300
PROMPT: Final = (MailPurpose.RECEIPT, MailPurpose.CONFIRM_SUBSCRIPTION)
"""Purposes of letters that answer what a visitor has just done."""

log = structlog.get_logger()


def put(
    purpose: MailPurpose, subject: str, address: str, *, at: datetime, message_id: str = "", key: str = ""
) -> OutgoingMail | None:
    """Put a letter into the queue, in the caller's transaction; None where the same is in it.

    Arguments:
        message_id: without brackets; made up where none is given.
        key: makes the letter one however often it is asked for, as part of its Message-ID.
    """
    if key:
        message_id = _message_id(purpose, key)
    message_id = message_id or new_message_id(settings().mail_sender)
    row = {
        "purpose": purpose,
        "subject": subject,
        "address": address.strip().lower()[:320],
        "message_id": message_id,
        "queued_at": at,
        "state": MailState.WAITING,
        "attempts": 0,
        "next_at": at,
        "answer": "",
        "ended_at": None,
    }
    with raw_transaction():
        identifier = bulk.insert_new(OutgoingMail, row)
    return db.session.get(OutgoingMail, identifier) if identifier is not None else None


@dataclass(frozen=True)
class Wanted:
    """A letter that is to be in the queue once; see ``put``."""

    purpose: MailPurpose
    subject: str
    address: str
    key: str


def put_missing(wanted: Iterable[Wanted], *, at: datetime) -> int:
    """Put those letters into the queue that aren't in it; return how many. Most often all are, which costs little."""
    added, rest = 0, iter(wanted)
    while some := list(islice(rest, TOGETHER)):
        by_id = {_message_id(letter.purpose, letter.key): letter for letter in some}
        there = set(db.session.scalars(select(OutgoingMail.message_id).where(OutgoingMail.message_id.in_(by_id))))
        for letter in (letter for message_id, letter in by_id.items() if message_id not in there):
            added += put(letter.purpose, letter.subject, letter.address, at=at, key=letter.key) is not None
    return added


def _message_id(purpose: MailPurpose, key: str) -> str:
    return f"{purpose.value}.{key}@{settings().mail_sender.rpartition('@')[2] or 'localhost'}"


def count_to(address: str, purposes: Collection[MailPurpose], since: datetime) -> int:
    """Return how many letters of some purposes went or go to an address since a moment."""
    query = select(func.count()).where(
        OutgoingMail.address == address.strip().lower()[:320],
        OutgoingMail.purpose.in_(purposes),
        OutgoingMail.queued_at > since,
        OutgoingMail.state.in_((MailState.WAITING, MailState.SENT)),
    )
    return db.session.scalar(query) or 0


@dataclass(frozen=True)
class Tried:
    """What became of a letter that was to go out: sent, or why it wasn't."""

    sent: bool
    trouble: str = ""


def deliver_now(wanted: Sequence[Wanted], *, at: datetime, insist: bool = False) -> list[Tried | None]:
    """Put letters into the queue where they aren't yet, and send those that are due; return what became of each.

    None: it was sent, or came to nothing, before.

    Arguments:
        insist: a person asks for it: letters that wait after a passing failure are tried before their time.
    """
    ids = [_message_id(letter.purpose, letter.key) for letter in wanted]
    before = _states(ids)
    put_missing(wanted, at=at)
    if insist:
        _hurry(ids, at)
    with suppress(outgoing_mail.MailNotSent):  # each letter has its trouble in its row
        deliver(at, message_ids=ids)
    after = _states(ids)
    return [_tried(before.get(id_), after.get(id_)) for id_ in ids]


def _hurry(message_ids: Sequence[str], at: datetime) -> None:
    """Make letters due that were put off; one that a worker is sending has no answer."""
    put_off = (OutgoingMail.state == MailState.WAITING, OutgoingMail.answer != "", OutgoingMail.next_at > at)
    with transaction() as session:
        for start in range(0, len(message_ids), TOGETHER):
            some = OutgoingMail.message_id.in_(message_ids[start : start + TOGETHER])
            session.execute(update(OutgoingMail).where(some, *put_off).values(next_at=at))


def _states(message_ids: Sequence[str]) -> dict[str, tuple[MailState, str]]:
    columns = OutgoingMail.message_id, OutgoingMail.state, OutgoingMail.answer
    states: dict[str, tuple[MailState, str]] = {}
    for start in range(0, len(message_ids), TOGETHER):
        query = select(*columns).where(OutgoingMail.message_id.in_(message_ids[start : start + TOGETHER]))
        states |= {row.message_id: (row.state, row.answer) for row in db.session.execute(query)}
    return states


def _tried(before: tuple[MailState, str] | None, after: tuple[MailState, str] | None) -> Tried | None:
    if after is None or (before is not None and before[0] is not MailState.WAITING):
        return None
    state, answer = after
    if state is MailState.SENT:
        return Tried(sent=True)
    return Tried(sent=False, trouble=answer or f"{state.label.words}，请查看待发信件")


def deliver(
    at: datetime,
    *,
    purposes: Collection[MailPurpose] = tuple(MailPurpose),
    message_ids: Collection[str] | None = None,
    limit: int = BATCH,
) -> int:
    """Send the letters that are due, those first that have waited longest; return how many were sent.

    Arguments:
        message_ids: only these letters, however many.

    A permanent answer is the end of that letter; a passing one lets it wait, longer each time. Killed between sending
    and noting it, a letter goes out once more under the same Message-ID.

    Raises:
        MailNotSent: no mail server answers; everything waits.
    """
    due = select(OutgoingMail.id).where(
        OutgoingMail.state == MailState.WAITING, OutgoingMail.next_at <= at, OutgoingMail.purpose.in_(purposes)
    )
    restored = restored_since_release()
    if restored is not None:
        due = due.where(~_held(restored))
    if message_ids is None:
        chosen = list(db.session.scalars(due.order_by(OutgoingMail.next_at, OutgoingMail.id).limit(limit)))
    else:
        named = list(message_ids)
        parts = (named[start : start + TOGETHER] for start in range(0, len(named), TOGETHER))
        chosen = [id_ for part in parts for id_ in db.session.scalars(due.where(OutgoingMail.message_id.in_(part)))]
    sent = away = 0
    for identifier in chosen:
        letter = _take(identifier, at)
        if letter is None:
            continue
        try:
            _send(letter, at)
        except Pointless as why:
            _end(letter, MailState.POINTLESS, at, str(why))
        except (outgoing_mail.MailRejected, AddressRefused, Unsendable) as why:
            _end(letter, MailState.REFUSED, at, str(why))
            away = 0
        except outgoing_mail.MailPutOff as why:
            _put_off(letter, at, str(why))
            away = 0
        except outgoing_mail.MailNotSent as why:
            _put_off(letter, at, str(why))
            away += 1
            if away == AWAY:
                raise
        else:
            _end(letter, MailState.SENT, at)
            sent, away = sent + 1, 0
    if away and not sent:
        raise outgoing_mail.MailNotSent("邮件服务器没有回应，信件稍后再发。")
    return sent


def _held(restored: datetime) -> ColumnElement[bool]:
    """What waits for a person since a restore: all but answers to what visitors have done since."""
    return ~((OutgoingMail.queued_at > restored) & OutgoingMail.purpose.in_(PROMPT))


@dataclass(frozen=True)
class Held:
    """Letters that are held since a restore: since when, and how many wait."""

    since: datetime
    letters: int


def held() -> Held | None:
    """Return what is held since a restore; None where nothing is, or a person has let letters out."""
    restored = restored_since_release()
    if restored is None:
        return None
    waiting = select(func.count()).where(OutgoingMail.state == MailState.WAITING, _held(restored))
    return Held(restored, db.session.scalar(waiting) or 0)


def release(actor: Actor, *, at: datetime) -> int:
    """Let letters out again after a restore, invitations and reminders among them; return how many wait here.

    Raises:
        Refused: nothing is held.
    """
    require(actor, Act.MANAGE_MAILBOXES)
    with transaction():
        waiting = held()
        if waiting is None:
            raise Refused("发信没有暂停。")
        record(actor, RELEASE_MAIL, SUBJECT, at=at, letters=waiting.letters)
    return waiting.letters


def _take(identifier: int, at: datetime) -> OutgoingMail | None:
    """Take a letter that is due, unless another worker has; only one of any number gets it."""
    with transaction() as session:
        taken = session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.id == identifier, OutgoingMail.state == MailState.WAITING, OutgoingMail.next_at <= at)
            .values(next_at=at + TAKEN_FOR, attempts=OutgoingMail.attempts + 1, answer="")
            .returning(OutgoingMail.id)
        ).scalar_one_or_none()
    return db.session.get_one(OutgoingMail, identifier, populate_existing=True) if taken is not None else None


def _send(letter: OutgoingMail, at: datetime) -> None:
    (compose,) = composers[letter.purpose].all()
    message = compose(letter, at)
    for name, value in (("Message-ID", f"<{letter.message_id}>"), ("Date", format_datetime(local(at)))):
        del message[name]
        message[name] = value
    outgoing_mail.send(message)


def _end(letter: OutgoingMail, state: MailState, at: datetime, answer: str = "") -> None:
    with transaction():
        lock_row(letter)
        letter.state, letter.ended_at, letter.next_at = state, at, None
        letter.answer = answer[:ANSWER_CHARACTERS]
        for ended in endings[letter.purpose].all() if letter.purpose in endings else ():
            ended(letter, at)
    if state is not MailState.SENT:
        log.warning("mail_ended", letter=letter.id, purpose=letter.purpose.value, state=state.value)


def _put_off(letter: OutgoingMail, at: datetime, answer: str) -> None:
    if letter.attempts > len(PAUSES):
        _end(letter, MailState.GIVEN_UP, at, f"多次未能送达：{answer}")
        return
    with transaction():
        lock_row(letter)
        letter.next_at = at + PAUSES[letter.attempts - 1]
        letter.answer = answer[:ANSWER_CHARACTERS]


def retry(actor: Actor, identifier: int, *, at: datetime) -> OutgoingMail:
    """Have a letter tried again now: one that waits, was refused or was given up.

    Raises:
        Refused: there is none, it was sent, or its address was deleted.
    """
    require(actor, Act.MANAGE_MAILBOXES)
    with transaction():
        letter = _locked(identifier)
        if letter.state in (MailState.SENT, MailState.POINTLESS) or not letter.address:
            raise Refused(f"第 {letter.id} 封信{letter.state.label.words}，不能再发。")
        letter.state, letter.attempts, letter.next_at, letter.ended_at = MailState.WAITING, 0, at, None
        record(actor, "mail.retry", f"mail_out:{letter.id}", at=at)
    return letter


def give_up(actor: Actor, identifier: int, *, at: datetime) -> OutgoingMail:
    """Give up a letter that waits.

    Raises:
        Refused: there is none, or it doesn't wait.
    """
    require(actor, Act.MANAGE_MAILBOXES)
    with transaction():
        letter = _locked(identifier)
        if letter.state is not MailState.WAITING:
            raise Refused(f"第 {letter.id} 封信{letter.state.label.words}，没有等待发送。")
        _end(letter, MailState.GIVEN_UP, at, f"{actor.name}决定不再发送")
        record(actor, "mail.give_up", f"mail_out:{letter.id}", at=at)
    return letter


def _locked(identifier: int) -> OutgoingMail:
    letter = db.session.get(OutgoingMail, identifier)
    if letter is None:
        raise Refused(f"没有编号为 {identifier} 的信。")
    lock_row(letter)
    return letter


def listed(*, state: MailState | None = None, before: int = 0, limit: int = 50) -> list[OutgoingMail]:
    """Return letters, newest first: in one state, or all that wait or were never delivered."""
    states = (state,) if state is not None else (MailState.WAITING, MailState.REFUSED, MailState.GIVEN_UP)
    query = select(OutgoingMail).where(OutgoingMail.state.in_(states))
    if before:
        query = query.where(OutgoingMail.id < before)
    return list(db.session.scalars(query.order_by(OutgoingMail.id.desc()).limit(limit)))


def counts() -> dict[MailState, int]:
    """Return how many letters there are in each state."""
    query = select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)
    there = {state: int(n) for state, n in db.session.execute(query)}
    return {state: there.get(state, 0) for state in MailState}


def oldest_waiting() -> datetime | None:
    """Return since when the oldest letter has waited."""
    return db.session.scalar(select(func.min(OutgoingMail.queued_at)).where(OutgoingMail.state == MailState.WAITING))


def delete_addresses(subject: str) -> None:
    """Delete the addresses of the letters about something, with the caller's act; those that wait aren't sent."""
    for letter in db.session.scalars(select(OutgoingMail).where(OutgoingMail.subject == subject)):
        letter.address = ""
        if letter.state is MailState.WAITING:
            letter.state, letter.next_at = MailState.POINTLESS, None
            letter.answer = "联系方式已经删除"


def delete_address_of_ended(message_id: str) -> None:
    """Delete the address of a letter that has ended, with the caller's act."""
    query = select(OutgoingMail).where(OutgoingMail.message_id == message_id, OutgoingMail.state != MailState.WAITING)
    for letter in db.session.scalars(query):
        letter.address = ""


def count_old_addresses(before: datetime) -> int:
    """Return how many addresses ``delete_old_addresses`` would delete."""
    return db.session.scalar(select(func.count()).select_from(OutgoingMail).where(*_old(before))) or 0


def delete_old_addresses(before: datetime) -> int:
    """Delete the addresses of letters that ended before a moment; return how many."""
    with transaction() as session:
        statement = update(OutgoingMail).where(*_old(before)).values(address="").returning(OutgoingMail.id)
        return len(session.execute(statement).all())


def _old(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (OutgoingMail.ended_at < before, OutgoingMail.address != "")
