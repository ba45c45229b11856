"""The conversation with a mail server (RFC 3501): a folder opened for reading only, what lies in it, messages whole.

A server may keep a message back: it answers NO, leaves the message out of its answer, or closes the connection in the
middle of it, as Dovecot does with a file that it can't read. ``HandedOut`` tells the first two, ``Closed`` the last.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from consult.intake.mailbox import boxes
from consult.intake.mailbox.errors import MailboxRefused
from consult.intake.mailbox.failures import FAILURES
from consult.intake.mailbox.keeping import Letter
from consult.intake.mailbox.models import Encryption, Mailbox

TIMEOUT_SECONDS = 30
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_EMPTY = re.compile(rb'BODY\[\] (?:""|NIL)')
_INTERNAL_DATE = re.compile(rb'INTERNALDATE "([^"]{20,30})"')
_WHO_WE_ARE = '("name" "consult" "version" "1")'
_LEFT_OUT = "应答里没有这封邮件"


class Closed(Exception):
    """The server closed the connection while it was to hand out a message, with the words that it gave."""


@dataclass(frozen=True)
class HandedOut:
    """Messages that the server gave, by UID, and those that it kept back, each with its words."""

    letters: list[Letter] = field(default_factory=list)
    kept_back: dict[int, str] = field(default_factory=dict)


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[BaseMailBox]:
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


def uidvalidity(connection: BaseMailBox) -> int:
    """Return the folder's UIDVALIDITY; MailboxRefused where the server names none."""
    _, data = connection.client.response("UIDVALIDITY")
    if not data or not data[0]:
        raise MailboxRefused("邮件服务器没有给出 UIDVALIDITY，不能保证不漏不重，没有读取。")
    return int(data[0])


def uids_beyond(connection: BaseMailBox, last: int) -> list[int]:
    """Return the UIDs beyond ``last``, ascending; ``n:*`` names the last message even where that lies below n."""
    answer = connection.client.uid("SEARCH", f"UID {last + 1}:*")
    _expect_ok(answer)
    return sorted({int(word) for line in answer[1] if line for word in line.split() if int(word) > last})


def sizes(connection: BaseMailBox, uids: Sequence[int]) -> dict[int, int]:
    """Return the sizes of messages in bytes, as far as the server tells them."""
    found: dict[int, int] = {}
    for item in _fetched(connection, uids, "(UID RFC822.SIZE)"):
        line = item[0] if isinstance(item, tuple) else item
        uid, size = _UID.search(line or b""), _SIZE.search(line or b"")
        if uid and size:
            found[int(uid[1])] = int(size[1])
    return found


def hand_out(connection: BaseMailBox, uids: Sequence[int], source: str) -> HandedOut:
    """Fetch messages whole; one that is no longer there was removed meanwhile and is in neither list.

    Raises:
        Closed: the server closed the connection over one of them.
    """
    letters, refused = _asked_for(connection, uids, source)
    kept_back = {uids[0]: refused} if refused and len(uids) == 1 else {}
    missing = set(uids) - {letter.uid for letter in letters} - set(kept_back)
    for uid in sorted(missing & set(uids_beyond(connection, min(missing) - 1)) if missing else ()):
        again, refused = _asked_for(connection, [uid], source)
        if not again and (refused or uid in uids_beyond(connection, uid - 1)):
            kept_back[uid] = refused or _LEFT_OUT
        letters += again
    return HandedOut(sorted(letters, key=lambda letter: letter.uid or 0), kept_back)


def _asked_for(connection: BaseMailBox, uids: Sequence[int], source: str) -> tuple[list[Letter], str]:
    """Ask for messages once; return those that came, and the server's words where it refused."""
    try:
        items = _fetched(connection, uids, "(UID INTERNALDATE BODY.PEEK[])")
    except imaplib.IMAP4.abort as error:
        if said := connection.client.untagged_responses.get("BYE"):
            raise Closed(_in_text(said[-1])) from error
        raise
    except imaplib.IMAP4.error as error:
        return [], str(error)
    return list(_letters(items, uids, source)), ""


def _letters(items: Sequence[Any], uids: Sequence[int], source: str) -> Iterator[Letter]:
    wanted = set(uids)
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
        raise imaplib.IMAP4.error(f"{answer[0]} {' '.join(map(_in_text, answer[1] or ()))}"[:300])


def _in_text(said: Any) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
