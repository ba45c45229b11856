"""Reading mailboxes over IMAP: what lies beyond the last UID, nothing changed on the server, each message once.

A message's bytes and the note that its UID was read stand in one transaction, so that a process killed at any moment
neither loses nor doubles one. A new UIDVALIDITY makes all UIDs worthless (RFC 3501, 2.3.1.1): everything is read again,
and what is there already is recognised by its content. A message that the server keeps back holds up no other: it is
noted before anything beyond it counts as read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from imap_tools import BaseMailBox

from consult.intake.mailbox import keeping, server, service, withheld
from consult.intake.mailbox.errors import MailboxRefused
from consult.intake.mailbox.failures import FAILURES, in_words
from consult.intake.mailbox.models import Ending, Mailbox
from consult.store import db, transaction
from consult.store.claiming import hold

TOGETHER = 50
TOGETHER_BYTES = 8 << 20
IN_A_ROW = 20
"""After so many messages kept back one after the other the rest waits for the next fetch: the server may be unwell."""
BREAKS = 10
"""A message over which the line broke so often is taken for one that the server keeps back."""
_BROKE = "连接在取这封邮件时反复中断"


@dataclass(frozen=True)
class Fetched:
    """A message that was fetched: where from, its UID, and what became of it."""

    mailbox: Mailbox
    uid: int
    ingested: service.Ingested


def fetch(mailbox: Mailbox, *, at: datetime) -> Iterator[Fetched]:
    """Fetch what is new in a mailbox, message by message, and yield what became of each.

    Raises:
        MailboxRefused: the server can't be reached or refuses; what came before is kept. The mailbox notes it.
    """
    reading = _Reading(mailbox, at)
    try:
        while not reading.done:
            yield from reading.go_on()
    except FAILURES as error:
        reading.note_break()
        refusal = MailboxRefused(in_words(error, mailbox))
        _note(mailbox, at, str(refusal))
        raise refusal from error
    except MailboxRefused as refusal:
        _note(mailbox, at, str(refusal))
        raise
    _note(mailbox, at, "")


def test(mailbox: Mailbox) -> str:
    """Connect, sign in and open the folder; return what was found, in Chinese.

    Raises:
        MailboxRefused: what is wrong and what to do.
    """
    try:
        with server.opened(mailbox) as connection:
            server.uidvalidity(connection)
            n = len(server.uids_beyond(connection, 0))
    except FAILURES as error:
        raise MailboxRefused(in_words(error, mailbox)) from error
    return f"连接正常，文件夹“{mailbox.folder}”里有 {n:,} 封邮件。"


class _Reading:
    """One fetch of a mailbox, over as many connections as the server makes necessary."""

    def __init__(self, mailbox: Mailbox, at: datetime) -> None:
        self.done = False
        self._mailbox = mailbox
        self._at = at
        self._source = f"{mailbox.user}@{mailbox.host}/{mailbox.folder}"
        self._uidvalidity = 0
        self._singly = mailbox.breaks > 0  # so that it shows which message the line breaks over
        self._asked: Sequence[int] = ()
        self._in_a_row = 0

    def go_on(self) -> Iterator[Fetched]:
        """Read over one connection to the end, or until the server closes it over a message."""
        try:
            with server.opened(self._mailbox) as connection:
                self._uidvalidity = server.uidvalidity(connection)
                last = _begin(self._mailbox, self._uidvalidity)
                for chunk in _chunks(connection, server.uids_beyond(connection, last), singly=self._singly):
                    yield from self._take(connection, chunk, read_up_to=chunk[-1])
                for uid in withheld.due(self._mailbox, self._uidvalidity, at=self._at):
                    yield from self._take(connection, [uid], read_up_to=0)
                self.done = True
        except server.Closed as closed:
            if len(self._asked) > 1:
                self._singly = True
            else:
                self._pass_over(str(closed))

    def _take(self, connection: BaseMailBox, uids: Sequence[int], *, read_up_to: int) -> Iterator[Fetched]:
        """Fetch messages, note those that the server keeps back, and keep the others: only then they count as read."""
        self._asked = uids
        out = server.hand_out(connection, uids, self._source)
        self._asked = ()
        withheld.note(self._mailbox, self._uidvalidity, out.kept_back, at=self._at)
        kept = keeping.keep(
            out.letters, at=self._at, mailbox=self._mailbox, uidvalidity=self._uidvalidity, read_up_to=read_up_to
        )
        came = {letter.uid or 0 for letter in out.letters}
        withheld.settle(self._mailbox, self._uidvalidity, came, Ending.CAME)
        withheld.settle(self._mailbox, self._uidvalidity, set(uids) - came - set(out.kept_back), Ending.GONE)
        service.sort([one.id for one in kept], at=self._at)
        for letter, ingested in zip(out.letters, service.outcomes(kept), strict=True):
            yield Fetched(self._mailbox, letter.uid or 0, ingested)
        self._count_in_a_row(0 if out.letters else self._in_a_row + len(out.kept_back))

    def _pass_over(self, said: str) -> None:
        """Note that the server keeps the message back that was asked for last, and count it as read."""
        withheld.note(self._mailbox, self._uidvalidity, {self._asked[0]: said}, at=self._at)
        with transaction():
            hold(self._mailbox)
            if self._mailbox.uidvalidity == self._uidvalidity:
                self._mailbox.last_uid = max(self._mailbox.last_uid, self._asked[0])
        self._count_in_a_row(self._in_a_row + 1)

    def _count_in_a_row(self, n: int) -> None:
        self._in_a_row = n
        if n >= IN_A_ROW:
            raise MailboxRefused(f"邮件服务器一连 {n} 封邮件都没有给出，已经记下，下次从后面接着读。请检查邮件服务器。")

    def note_break(self) -> None:
        """Note at which message the line broke; one over which it breaks again and again is passed over."""
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
            self._pass_over(_BROKE)


def _begin(mailbox: Mailbox, uidvalidity: int) -> int:
    """Return the last UID that was read under this UIDVALIDITY; a new one begins at the beginning."""
    with transaction():
        hold(mailbox)
        if mailbox.uidvalidity != uidvalidity:
            mailbox.uidvalidity, mailbox.last_uid = uidvalidity, 0
        return mailbox.last_uid


def _chunks(connection: BaseMailBox, uids: Sequence[int], *, singly: bool) -> Iterator[list[int]]:
    """Cut UIDs into groups that are fetched at once, by number and by size."""
    if singly:
        yield from ([uid] for uid in uids[:TOGETHER])
        uids = uids[TOGETHER:]
    for start in range(0, len(uids), TOGETHER):
        some = list(uids[start : start + TOGETHER])
        sizes = server.sizes(connection, some)
        chunk: list[int] = []
        total = 0
        for uid in some:
            size = sizes.get(uid, 0)
            if chunk and total + size > TOGETHER_BYTES:
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
