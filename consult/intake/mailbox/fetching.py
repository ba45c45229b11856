"""Reading mailboxes over IMAP: what lies beyond the last UID, nothing changed on the server, each message once.

A message's bytes and the note that its UID was read stand in one transaction, so that a process killed at any moment
neither loses nor doubles one. A new UIDVALIDITY makes all UIDs worthless (RFC 3501, 2.3.1.1): everything is read again,
and what is there already is recognised by its content.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from consult.intake.mailbox import boxes, keeping, service
from consult.intake.mailbox.errors import MailboxRefused
from consult.intake.mailbox.failures import FAILURES, in_words
from consult.intake.mailbox.keeping import Letter
from consult.intake.mailbox.models import Encryption, Mailbox
from consult.store import db, transaction

TIMEOUT_SECONDS = 30
TOGETHER = 50
TOGETHER_BYTES = 8 << 20
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_EMPTY = re.compile(rb'BODY\[\] (?:""|NIL)')
_INTERNAL_DATE = re.compile(rb'INTERNALDATE "([^"]{20,30})"')
_WHO_WE_ARE = '("name" "consult" "version" "1")'


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
    try:
        with _opened(mailbox) as connection:
            uidvalidity = _uidvalidity(connection)
            last = _begin(mailbox, uidvalidity)
            for chunk in _chunks(connection, _uids_beyond(connection, last)):
                letters = _whole(connection, chunk, mailbox)
                kept = keeping.keep(letters, at=at, mailbox=mailbox, uidvalidity=uidvalidity, read_up_to=chunk[-1])
                service.sort([one.id for one in kept], at=at)
                for letter, ingested in zip(letters, service.outcomes(kept), strict=True):
                    yield Fetched(mailbox, letter.uid or 0, ingested)
    except FAILURES as error:
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
        with _opened(mailbox) as connection:
            _uidvalidity(connection)
            n = len(_uids_beyond(connection, 0))
    except FAILURES as error:
        raise MailboxRefused(in_words(error, mailbox)) from error
    return f"连接正常，文件夹“{mailbox.folder}”里有 {n:,} 封邮件。"


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[BaseMailBox]:
    """Connect, sign in and open the folder for reading only."""
    password = boxes.password_of(mailbox)
    connection = _connect(mailbox)
    try:
        _sign_in(connection, mailbox.user, password)
        connection.folder.set(mailbox.folder, readonly=True)
        yield connection
    finally:
        try:
            connection.client.logout()
        except FAILURES:
            connection.client.shutdown()


def _sign_in(connection: BaseMailBox, user: str, password: str) -> None:
    """Sign in, and say which program this is where the server asks for it (RFC 2971).

    网易邮箱 (163.com, 126.com) opens no folder to a program that didn't. LOGIN takes no password beyond ASCII.
    """
    sign_in = connection.login if f"{user}{password}".isascii() else connection.login_utf8
    sign_in(user, password, initial_folder=None)
    if "ID" in connection.client.capabilities:
        connection.client.xatom("ID", _WHO_WE_ARE)


def _connect(mailbox: Mailbox) -> BaseMailBox:
    place: dict[str, Any] = {"host": mailbox.host, "port": mailbox.port, "timeout": TIMEOUT_SECONDS}
    if mailbox.encryption is Encryption.NONE:
        return MailBoxUnencrypted(**place)
    kind = MailBox if mailbox.encryption is Encryption.TLS else MailBoxStartTls
    return kind(**place, ssl_context=ssl.create_default_context())


def _uidvalidity(connection: BaseMailBox) -> int:
    _, data = connection.client.response("UIDVALIDITY")
    if not data or not data[0]:
        raise MailboxRefused("邮件服务器没有给出 UIDVALIDITY，不能保证不漏不重，没有读取。")
    return int(data[0])


def _begin(mailbox: Mailbox, uidvalidity: int) -> int:
    """Return the last UID that was read under this UIDVALIDITY; a new one begins at the beginning."""
    with transaction() as session:
        session.refresh(mailbox, with_for_update=True)
        if mailbox.uidvalidity != uidvalidity:
            mailbox.uidvalidity, mailbox.last_uid = uidvalidity, 0
        return mailbox.last_uid


def _uids_beyond(connection: BaseMailBox, last: int) -> list[int]:
    """Return the UIDs beyond ``last``, ascending; ``n:*`` names the last message even where that lies below n."""
    answer = connection.client.uid("SEARCH", f"UID {last + 1}:*")
    _expect_ok(answer)
    return sorted({int(word) for line in answer[1] if line for word in line.split() if int(word) > last})


def _chunks(connection: BaseMailBox, uids: Sequence[int]) -> Iterator[list[int]]:
    """Cut UIDs into groups that are fetched at once, by number and by size."""
    for start in range(0, len(uids), TOGETHER):
        some = list(uids[start : start + TOGETHER])
        sizes = _sizes(connection, some)
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


def _sizes(connection: BaseMailBox, uids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for item in _fetched(connection, uids, "(UID RFC822.SIZE)"):
        line = item[0] if isinstance(item, tuple) else item
        uid, size = _UID.search(line or b""), _SIZE.search(line or b"")
        if uid and size:
            found[int(uid[1])] = int(size[1])
    return found


def _whole(connection: BaseMailBox, uids: Sequence[int], mailbox: Mailbox) -> list[Letter]:
    """Fetch messages; one that is no longer there was removed meanwhile.

    Raises:
        MailboxRefused: the server keeps one back that is there; nothing beyond it may be noted as read.
    """
    letters = list(_letters(connection, uids, mailbox))
    missing = set(uids) - {letter.uid for letter in letters}
    for uid in sorted(missing & set(_uids_beyond(connection, min(missing) - 1)) if missing else ()):
        again = list(_letters(connection, [uid], mailbox))
        if not again and uid in _uids_beyond(connection, uid - 1):
            raise MailboxRefused(f"邮件服务器没有给出 UID {uid} 的邮件，停在这一封之前。请检查邮箱里的这封邮件。")
        letters += again
    return sorted(letters, key=lambda letter: letter.uid or 0)


def _letters(connection: BaseMailBox, uids: Sequence[int], mailbox: Mailbox) -> Iterator[Letter]:
    """Fetch messages whole, without marking them as read."""
    items = _fetched(connection, uids, "(UID INTERNALDATE BODY.PEEK[])")
    wanted, source = set(uids), f"{mailbox.user}@{mailbox.host}/{mailbox.folder}"
    for place, item in enumerate(items):
        rest = items[place + 1] if place + 1 < len(items) and isinstance(items[place + 1], bytes) else b""
        line = item[0] + b" " + rest if isinstance(item, tuple) else item  # some name the UID after the message
        if not isinstance(item, tuple) and not _EMPTY.search(item):
            continue
        uid = _UID.search(line)
        if uid and int(uid[1]) in wanted:
            wanted.discard(int(uid[1]))
            raw = item[1] if isinstance(item, tuple) else b""
            yield Letter(raw, source, _internal_date(line), int(uid[1]))


def _internal_date(line: bytes) -> datetime | None:
    found = _INTERNAL_DATE.search(line)
    try:
        return datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z") if found else None
    except ValueError:
        return None


def _fetched(connection: BaseMailBox, uids: Sequence[int], what: str) -> list[Any]:
    answer = connection.client.uid("FETCH", ",".join(map(str, uids)), what)
    _expect_ok(answer)
    return [item for item in answer[1] if item is not None]


def _expect_ok(answer: tuple[str, Any]) -> None:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"{answer[0]} {answer[1]!r:.200}")


def _note(mailbox: Mailbox, at: datetime, error: str) -> None:
    db.session.rollback()
    with transaction() as session:
        row = session.get_one(Mailbox, mailbox.id, populate_existing=True)
        row.tried_at, row.error = at, error
        if not error:
            row.fetched_at = at
