"""Setting up mailboxes: added, changed, closed, tested; passwords are encrypted with a key in the data folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.intake.mailbox.errors import MailboxRefused
from consult.intake.mailbox.models import Encryption, Mailbox
from consult.ledger.service import record
from consult.settings import settings
from consult.store import db, transaction
from consult.store.claiming import hold, take_turns

TURNS = "mailbox.place"
"""What who sets a mailbox up or changes one takes turns with: two would read the same folder."""
PORTS = {Encryption.TLS: 993, Encryption.STARTTLS: 143, Encryption.NONE: 143}


@dataclass(frozen=True)
class Terms:
    """The settings of a mailbox, as somebody gives them; an empty password leaves the stored one."""

    host: str
    user: str
    password: str = ""
    port: int | None = None
    encryption: Encryption = Encryption.TLS
    folder: str = "INBOX"
    address: str = ""


def add(actor: Actor, terms: Terms, *, at: datetime) -> Mailbox:
    """Set a mailbox up; the worker reads it from now on.

    Raises:
        MailboxRefused: a setting is missing, or the same folder of the same account is set up already.
    """
    require(actor, Act.MANAGE_MAILBOXES)
    if not terms.password:
        raise MailboxRefused("请填写邮箱的密码或者授权码。", "password")
    with transaction() as session:
        take_turns(TURNS)
        mailbox = Mailbox(created_at=at, password_sealed=seal(terms.password))
        _fill(mailbox, terms)
        session.add(mailbox)
        session.flush()
        _record(actor, "mailbox.add", mailbox, at)
    return mailbox


def change(actor: Actor, mailbox: Mailbox, terms: Terms, *, at: datetime) -> None:
    """Change a mailbox's settings. Another account or folder is read from its beginning."""
    require(actor, Act.MANAGE_MAILBOXES)
    with transaction():
        take_turns(TURNS)
        hold(mailbox)
        before = (mailbox.host, mailbox.user, mailbox.folder)
        _fill(mailbox, terms)
        if terms.password:
            mailbox.password_sealed = seal(terms.password)
        if before != (mailbox.host, mailbox.user, mailbox.folder):
            mailbox.uidvalidity, mailbox.last_uid = None, 0
        _record(actor, "mailbox.change", mailbox, at, password_changed=bool(terms.password))


def close(actor: Actor, mailbox: Mailbox, *, at: datetime) -> None:
    """Stop reading a mailbox; what came stays."""
    _switch(actor, mailbox, False, "mailbox.close", at)


def reopen(actor: Actor, mailbox: Mailbox, *, at: datetime) -> None:
    """Read a closed mailbox again, from where it was left."""
    _switch(actor, mailbox, True, "mailbox.reopen", at)


def everything() -> list[Mailbox]:
    """Return all mailboxes, those in use first."""
    return list(db.session.scalars(select(Mailbox).order_by(Mailbox.active.desc(), Mailbox.id)))


def in_use() -> list[Mailbox]:
    """Return the mailboxes that are read."""
    return list(db.session.scalars(select(Mailbox).where(Mailbox.active.is_(True)).order_by(Mailbox.id)))


def _switch(actor: Actor, mailbox: Mailbox, active: bool, act: str, at: datetime) -> None:
    require(actor, Act.MANAGE_MAILBOXES)
    with transaction():
        hold(mailbox)
        if mailbox.active is not active:
            mailbox.active = active
            _record(actor, act, mailbox, at)


def _fill(mailbox: Mailbox, terms: Terms) -> None:
    """Put checked settings into a mailbox."""
    host, user, folder = terms.host.strip(), terms.user.strip(), terms.folder.strip() or "INBOX"
    for text, field, words in ((host, "host", "请填写邮件服务器的地址。"), (user, "user", "请填写邮箱的用户名。")):
        if not text or len(text) > 254 or any(char.isspace() for char in text):
            raise MailboxRefused(words, field)
    port = terms.port or PORTS[terms.encryption]
    if not 1 <= port <= 65535:
        raise MailboxRefused(f"端口 {port} 不对，应当在 1 到 65535 之间。", "port")
    query = select(Mailbox.id).where(
        Mailbox.host == host, Mailbox.port == port, Mailbox.user == user, Mailbox.folder == folder
    )
    with db.session.no_autoflush:
        other = db.session.scalar(query)
    if other is not None and other != mailbox.id:
        raise MailboxRefused("这个邮箱的这个文件夹已经设置过。", "user")
    address = terms.address.strip() or (user if "@" in user else "")
    mailbox.host, mailbox.port, mailbox.encryption = host, port, terms.encryption
    mailbox.user, mailbox.folder, mailbox.address = user, folder[:255], address[:254]
    mailbox.error = ""


def seal(password: str) -> str:
    """Return a password as it is stored."""
    return Fernet(_key()).encrypt(password.encode()).decode("ascii")


def password_of(mailbox: Mailbox) -> str:
    """Return a mailbox's password.

    Raises:
        MailboxRefused: it was encrypted with another key than the one in the data folder.
    """
    try:
        return Fernet(_key()).decrypt(mailbox.password_sealed.encode("ascii")).decode()
    except InvalidToken:
        raise MailboxRefused(
            "邮箱密码解不开：数据目录里的密钥（mailbox_key）换过。请重新填写密码。", "password"
        ) from None


def _key() -> bytes:
    """Return the key in the data folder, made on first use by whichever process is first."""
    path = settings().data_dir / "mailbox_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"mailbox_key.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(Fernet.generate_key())
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass  # another process was first; its key is the key
        finally:
            fresh.unlink()
    return path.read_bytes().strip()


def _record(actor: Actor, act: str, mailbox: Mailbox, at: datetime, **detail: Any) -> None:
    place = f"{mailbox.host}:{mailbox.port}/{mailbox.folder}"
    record(actor, act, f"mailbox:{mailbox.id}", at=at, user=mailbox.user, place=place, **detail)
