"""Fetches mailboxes over IMAP: all messages after the last UID, each once, without changes on the server.

A message and its UID are stored in one transaction, so that a process killed at any moment neither loses nor duplicates
one. A new UIDVALIDITY invalidates all UIDs (RFC 3501, 2.3.1.1): everything is fetched again, and known messages are
recognised by their content. A message that the server withholds doesn't block the others: it is recorded before
``last_uid`` moves past it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from imap_tools import BaseMailBox

from consult.accounts.models import Role
from consult.accounts.permissions import Act, Actor, require
from consult.mailbox import imap_client, message_store, retries, service
from consult.mailbox.connection_errors import FAILURES, describe
from consult.mailbox.errors import MailboxRefused
from consult.mailbox.models import Ending, Mailbox
from consult.store import db, transaction
from consult.store.locking import lock_row

BATCH = 50
BATCH_BYTES = 8 << 20
IN_A_ROW = 20
"""Withheld messages in a row after which the fetch stops until the next run: the server may have a problem."""
BREAKS = 10
"""Broken connections over a message after which it counts as withheld."""
_BROKE = "连接在取这封邮件时反复中断"

NO_DETAILS = "未能读取这个信箱。请核对各项设置；具体原因由管理员查看。"


@dataclass(frozen=True)
class Fetched:
    """A fetched message: its mailbox, its UID, and the result of ingesting it."""

    mailbox: Mailbox
    uid: int
    ingested: service.Ingested


def fetch(mailbox: Mailbox, *, at: datetime) -> Iterator[Fetched]:
    """Fetch the new messages of a mailbox and yield the result of each.

    Raises:
        MailboxRefused: the server can't be reached or refuses; the error is stored, earlier messages are kept.
    """
    run = _FetchRun(mailbox, at)
    try:
        while not run.done:
            yield from run.fetch_over_connection()
    except FAILURES as error:
        run.note_break()
        refusal = MailboxRefused(describe(error, mailbox))
        _note(mailbox, at, str(refusal))
        raise refusal from error
    except MailboxRefused as refusal:
        _note(mailbox, at, str(refusal))
        raise
    _note(mailbox, at, "")


def sees_details(actor: Actor) -> bool:
    """Say whether an actor reads why a mail server couldn't be read."""
    return actor.kind == "system" or actor.role is Role.ADMIN


def test(actor: Actor, mailbox: Mailbox) -> str:
    """Connect, sign in and open the folder; return the result in Chinese.

    Raises:
        MailboxRefused: what is wrong and what to do; without details for who doesn't run the platform, so that nobody
            finds out by it which servers and ports there are inside.
    """
    require(actor, Act.MANAGE_MAILBOXES)
    try:
        with imap_client.open_folder(mailbox) as connection:
            imap_client.uidvalidity(connection)
            n = len(imap_client.uids_beyond(connection, 0))
    except FAILURES as error:
        raise MailboxRefused(describe(error, mailbox) if sees_details(actor) else NO_DETAILS) from error
    return f"连接正常，文件夹“{mailbox.folder}”里有 {n:,} 封邮件。"


class _FetchRun:
    """One fetch of a mailbox, over as many connections as needed."""

    def __init__(self, mailbox: Mailbox, at: datetime) -> None:
        self.done = False
        self._mailbox = mailbox
        self._at = at
        self._source = f"{mailbox.user}@{mailbox.host}/{mailbox.folder}"
        self._uidvalidity = 0
        self._singly = mailbox.breaks > 0  # to find the message over which the connection breaks
        self._asked: Sequence[int] = ()
        self._in_a_row = 0

    def fetch_over_connection(self) -> Iterator[Fetched]:
        """Fetch over one connection to the end, or until the server closes it over a message."""
        try:
            with imap_client.open_folder(self._mailbox) as connection:
                self._uidvalidity = imap_client.uidvalidity(connection)
                last = _last_uid(self._mailbox, self._uidvalidity)
                for chunk in _chunks(connection, imap_client.uids_beyond(connection, last), singly=self._singly):
                    yield from self._take(connection, chunk, read_up_to=chunk[-1])
                for uid in retries.due(self._mailbox, self._uidvalidity, at=self._at):
                    yield from self._take(connection, [uid], read_up_to=0)
                self.done = True
        except imap_client.ConnectionClosed as closed:
            if len(self._asked) > 1:
                self._singly = True
            else:
                self._skip(str(closed))

    def _take(self, connection: BaseMailBox, uids: Sequence[int], *, read_up_to: int) -> Iterator[Fetched]:
        """Fetch messages, record withheld ones and store the others; only then do they count as read."""
        self._asked = uids
        out = imap_client.fetch_messages(connection, uids, self._source)
        self._asked = ()
        retries.record_withheld(self._mailbox, self._uidvalidity, out.kept_back, at=self._at)
        kept = message_store.store(
            out.letters, at=self._at, mailbox=self._mailbox, uidvalidity=self._uidvalidity, read_up_to=read_up_to
        )
        came = {letter.uid or 0 for letter in out.letters}
        retries.end_retries(self._mailbox, self._uidvalidity, came, Ending.CAME)
        retries.end_retries(self._mailbox, self._uidvalidity, set(uids) - came - set(out.kept_back), Ending.GONE)
        service.classify([message.id for message in kept], at=self._at)
        for letter, ingested in zip(out.letters, service.outcomes(kept), strict=True):
            yield Fetched(self._mailbox, letter.uid or 0, ingested)
        self._count_in_a_row(0 if out.letters else self._in_a_row + len(out.kept_back))

    def _skip(self, words: str) -> None:
        """Record the message requested last as withheld, and count it as read."""
        retries.record_withheld(self._mailbox, self._uidvalidity, {self._asked[0]: words}, at=self._at)
        with transaction():
            lock_row(self._mailbox)
            if self._mailbox.uidvalidity == self._uidvalidity:
                self._mailbox.last_uid = max(self._mailbox.last_uid, self._asked[0])
        self._count_in_a_row(self._in_a_row + 1)

    def _count_in_a_row(self, n: int) -> None:
        self._in_a_row = n
        if n >= IN_A_ROW:
            raise MailboxRefused(f"邮件服务器一连 {n} 封邮件都没有给出，已经记下，下次从后面接着读。请检查邮件服务器。")

    def note_break(self) -> None:
        """Record at which message the connection broke; one over which it breaks repeatedly is passed over."""
        db.session.rollback()
        if not self._asked:
            return
        uid, alone = self._asked[0], len(self._asked) == 1
        with transaction() as session:
            row = session.get_one(Mailbox, self._mailbox.id, with_for_update=True, populate_existing=True)
            row.breaks = row.breaks + 1 if row.broke_at == uid else 1
            row.broke_at = uid
            gives_up = alone and row.breaks >= BREAKS
        if gives_up:
            self._skip(_BROKE)


def _last_uid(mailbox: Mailbox, uidvalidity: int) -> int:
    """Return the last UID read under this UIDVALIDITY; a new UIDVALIDITY starts from the beginning."""
    with transaction():
        lock_row(mailbox)
        if mailbox.uidvalidity != uidvalidity:
            mailbox.uidvalidity, mailbox.last_uid = uidvalidity, 0
        return mailbox.last_uid


def _chunks(connection: BaseMailBox, uids: Sequence[int], *, singly: bool) -> Iterator[list[int]]:
    """Cut UIDs into groups that are fetched at once, by number and by size."""
    if singly:
        yield from ([uid] for uid in uids[:BATCH])
        uids = uids[BATCH:]
    for start in range(0, len(uids), BATCH):
        some = list(uids[start : start + BATCH])
        sizes = imap_client.sizes(connection, some)
        chunk: list[int] = []
        total = 0
        for uid in some:
            size = sizes.get(uid, 0)
            if chunk and total + size > BATCH_BYTES:
                yield chunk
                chunk, total = [], 0
            chunk.append(uid)
            total += size
        if chunk:
            yield chunk


def _note(mailbox: Mailbox, at: datetime, error: str) -> None:
    db.session.rollback()
    with transaction() as session:
        row = session.get_one(Mailbox, mailbox.id, populate_existing=True)
        row.tried_at, row.error = at, error
        if not error:
            row.fetched_at, row.breaks = at, 0
