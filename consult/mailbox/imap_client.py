"""The IMAP client (RFC 3501): opens a folder read-only, lists its messages and fetches them.

A server may withhold a message: it answers NO, leaves the message out of its answer, or closes the connection in the
middle of it, as Dovecot does with an unreadable file. ``FetchResult`` covers the first two, ``ConnectionClosed`` the
last.
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

from consult.mailbox import settings
from consult.mailbox.connection_errors import FAILURES
from consult.mailbox.errors import MailboxRefused
from consult.mailbox.message_store import RawMessage
from consult.mailbox.models import Encryption, Mailbox

TIMEOUT_SECONDS = 30
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_EMPTY = re.compile(rb'BODY\[\] (?:""|NIL)')
_INTERNAL_DATE = re.compile(rb'INTERNALDATE "([^"]{20,30})"')
_WHO_WE_ARE = '("name" "consult" "version" "1")'
_LEFT_OUT = "应答里没有这封邮件"


class ConnectionClosed(Exception):
    """The server closed the connection during a fetch; the message is what it said."""


@dataclass(frozen=True)
class FetchResult:
    """The fetched messages, and the withheld ones by UID with the server's words."""

    letters: list[RawMessage] = field(default_factory=list)
    kept_back: dict[int, str] = field(default_factory=dict)


@contextmanager
def open_folder(mailbox: Mailbox) -> Iterator[BaseMailBox]:
    """Connect, sign in and open the folder read-only."""
    settings.check_host(mailbox.host)
    password = settings.password_of(mailbox)
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
    """Sign in, and identify this program if the server supports it (RFC 2971).

    网易邮箱 (163.com, 126.com) requires that to open a folder. LOGIN accepts only ASCII passwords.
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
    """Return the folder's UIDVALIDITY; raises MailboxRefused if the server sends none."""
    _, data = connection.client.response("UIDVALIDITY")
    if not data or not data[0]:
        raise MailboxRefused("邮件服务器没有给出 UIDVALIDITY，不能保证不漏不重，没有读取。")
    return int(data[0])


def uids_beyond(connection: BaseMailBox, last: int) -> list[int]:
    """Return the UIDs after ``last``, ascending; ``n:*`` includes the last message even if its UID is below n."""
    answer = connection.client.uid("SEARCH", f"UID {last + 1}:*")
    _expect_ok(answer)
    return sorted({int(word) for line in answer[1] if line for word in line.split() if int(word) > last})


def sizes(connection: BaseMailBox, uids: Sequence[int]) -> dict[int, int]:
    """Return the sizes of messages in bytes, as far as the server sends them."""
    by_uid: dict[int, int] = {}
    for item in _fetched(connection, uids, "(UID RFC822.SIZE)"):
        line = item[0] if isinstance(item, tuple) else item
        uid, size = _UID.search(line or b""), _SIZE.search(line or b"")
        if uid and size:
            by_uid[int(uid[1])] = int(size[1])
    return by_uid


def fetch_messages(connection: BaseMailBox, uids: Sequence[int], source: str) -> FetchResult:
    """Fetch whole messages; one that was removed in the meantime is in neither list.

    Raises:
        ConnectionClosed: the server closed the connection over one of them.
    """
    letters, refused = _fetch_once(connection, uids, source)
    kept_back = {uids[0]: refused} if refused and len(uids) == 1 else {}
    missing = set(uids) - {letter.uid for letter in letters} - set(kept_back)
    for uid in sorted(missing & set(uids_beyond(connection, min(missing) - 1)) if missing else ()):
        again, refused = _fetch_once(connection, [uid], source)
        if not again and (refused or uid in uids_beyond(connection, uid - 1)):
            kept_back[uid] = refused or _LEFT_OUT
        letters += again
    return FetchResult(sorted(letters, key=lambda letter: letter.uid or 0), kept_back)


def _fetch_once(connection: BaseMailBox, uids: Sequence[int], source: str) -> tuple[list[RawMessage], str]:
    """Fetch messages once; return those received, and the server's words if it refused."""
    try:
        items = _fetched(connection, uids, "(UID INTERNALDATE BODY.PEEK[])")
    except imaplib.IMAP4.abort as error:
        if goodbye := connection.client.untagged_responses.get("BYE"):
            raise ConnectionClosed(_decode(goodbye[-1])) from error
        raise
    except imaplib.IMAP4.error as error:
        return [], str(error)
    return list(_letters(items, uids, source)), ""


def _letters(items: Sequence[Any], uids: Sequence[int], source: str) -> Iterator[RawMessage]:
    wanted = set(uids)
    for place, item in enumerate(items):
        rest = items[place + 1] if place + 1 < len(items) and isinstance(items[place + 1], bytes) else b""
        line = item[0] + b" " + rest if isinstance(item, tuple) else item  # some servers send the UID after the message
        if not isinstance(item, tuple) and not _EMPTY.search(item):
            continue
        uid = _UID.search(line)
        if uid and int(uid[1]) in wanted:
            wanted.discard(int(uid[1]))
            raw = item[1] if isinstance(item, tuple) else b""
            yield RawMessage(raw, source, _internal_date(line), int(uid[1]))


def _internal_date(line: bytes) -> datetime | None:
    match = _INTERNAL_DATE.search(line)
    try:
        return datetime.strptime(match[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z") if match else None
    except ValueError:
        return None


def _fetched(connection: BaseMailBox, uids: Sequence[int], what: str) -> list[Any]:
    answer = connection.client.uid("FETCH", ",".join(map(str, uids)), what)
    _expect_ok(answer)
    return [item for item in answer[1] if item is not None]


def _expect_ok(answer: tuple[str, Any]) -> None:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"{answer[0]} {' '.join(map(_decode, answer[1] or ()))}"[:300])


def _decode(words: Any) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
