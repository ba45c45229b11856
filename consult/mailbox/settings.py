"""Settings of mailboxes: add, change, close, reopen; passwords are stored encrypted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import settings
from consult.ledger.service import record
from consult.mailbox.errors import MailboxRefused
from consult.mailbox.models import Encryption, Mailbox
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_row
from consult.stored_secrets import decrypt, encrypt

SETUP_LOCK = "mailbox.place"
"""Lock for adding and changing mailboxes, so that no folder is added twice."""
PORTS = {Encryption.TLS: 993, Encryption.STARTTLS: 143, Encryption.NONE: 143}


@dataclass(frozen=True)
class MailboxSettings:
    """The settings of a mailbox as entered; an empty password keeps the stored one."""

    host: str
    user: str
    password: str = ""
    port: int | None = None
    encryption: Encryption = Encryption.TLS
    folder: str = "INBOX"
    address: str = ""


def add(actor: Actor, terms: MailboxSettings, *, at: datetime) -> Mailbox:
    """Add a mailbox; the worker fetches it from now on.

    Raises:
        MailboxRefused: a setting is missing, or the same folder of the same account exists already.
    """
    require(actor, Act.MANAGE_MAILBOXES)
    if not terms.password:
        raise MailboxRefused("请填写邮箱的密码或者授权码。", "password")
    with transaction() as session:
        advisory_lock(SETUP_LOCK)
        mailbox = Mailbox(created_at=at, password_sealed=encrypt(terms.password))
        _fill(mailbox, terms)
        session.add(mailbox)
        session.flush()
        _record(actor, "mailbox.add", mailbox, at)
    return mailbox


def change(actor: Actor, mailbox: Mailbox, terms: MailboxSettings, *, at: datetime) -> None:
    """Change a mailbox's settings; another account or folder is fetched from its beginning.

    The stored password goes only where it was typed in for: another server, port, user or encryption needs it again.

    Raises:
        MailboxRefused: a setting is missing, the password with it, or the folder exists already.
    """
    require(actor, Act.MANAGE_MAILBOXES)
    with transaction():
        advisory_lock(SETUP_LOCK)
        lock_row(mailbox)
        before, destination = (mailbox.host, mailbox.user, mailbox.folder), _destination(mailbox)
        _fill(mailbox, terms)
        if not terms.password and destination != _destination(mailbox):
            raise MailboxRefused("改了服务器、端口、用户名或者加密方式，请重新填写密码。", "password")
        if terms.password:
            mailbox.password_sealed = encrypt(terms.password)
        if before != (mailbox.host, mailbox.user, mailbox.folder):
            mailbox.uidvalidity, mailbox.last_uid = None, 0
        _record(actor, "mailbox.change", mailbox, at, password_changed=bool(terms.password))


def close(actor: Actor, mailbox: Mailbox, *, at: datetime) -> None:
    """Stop fetching a mailbox; its messages stay."""
    _switch(actor, mailbox, False, "mailbox.close", at)


def reopen(actor: Actor, mailbox: Mailbox, *, at: datetime) -> None:
    """Resume fetching a closed mailbox from its last UID."""
    _switch(actor, mailbox, True, "mailbox.reopen", at)


def all_mailboxes() -> list[Mailbox]:
    """Return all mailboxes, those in use first."""
    return list(db.session.scalars(select(Mailbox).order_by(Mailbox.active.desc(), Mailbox.id)))


def active_mailboxes() -> list[Mailbox]:
    """Return the active mailboxes."""
    return list(db.session.scalars(select(Mailbox).where(Mailbox.active.is_(True)).order_by(Mailbox.id)))


def check_public_url() -> None:
    """Check that the site knows its address if mail comes in that it acknowledges with links.

    Raises:
        MailboxRefused: it doesn't, and others than this machine reach it.
    """
    config = settings()
    if not config.public_url and not config.on_this_machine_alone() and active_mailboxes():
        raise MailboxRefused("设了征集信箱，没有设 PUBLIC_URL：邮件里的链接会打不开。请把它设为公众访问的网址。")


def _switch(actor: Actor, mailbox: Mailbox, active: bool, act: str, at: datetime) -> None:
    require(actor, Act.MANAGE_MAILBOXES)
    with transaction():
        lock_row(mailbox)
        if mailbox.active is not active:
            mailbox.active = active
            _record(actor, act, mailbox, at)


def _destination(mailbox: Mailbox) -> tuple[str, int, str, Encryption]:
    return mailbox.host, mailbox.port, mailbox.user, mailbox.encryption


def check_host(host: str) -> None:
    """Refuse a mail server that the platform's operator didn't allow (``MAILBOX_HOSTS``).

    Raises:
        MailboxRefused: it isn't among them.
    """
    allowed = [name.strip().lower() for name in settings().mailbox_hosts.split(",") if name.strip()]
    if allowed and not any(fnmatchcase(host.lower(), name) for name in allowed):
        raise MailboxRefused(
            f"不能连接“{host[:80]}”：不在允许的邮件服务器（MAILBOX_HOSTS）之列。请联系系统运维。", "host"
        )


def _fill(mailbox: Mailbox, terms: MailboxSettings) -> None:
    """Validate settings and assign them to a mailbox."""
    host, user, folder = terms.host.strip(), terms.user.strip(), terms.folder.strip() or "INBOX"
    for text, field, words in ((host, "host", "请填写邮件服务器的地址。"), (user, "user", "请填写邮箱的用户名。")):
        if not text or len(text) > 254 or any(char.isspace() for char in text):
            raise MailboxRefused(words, field)
    check_host(host)
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


def password_of(mailbox: Mailbox) -> str:
    """Return a mailbox's password.

    Raises:
        MailboxRefused: it was encrypted with a key that the platform no longer has.
    """
    password = decrypt(mailbox.password_sealed)
    if password is None:
        raise MailboxRefused("邮箱密码解不开：密钥文件（KEYS_FILE）换过。请重新填写密码。", "password")
    return password


def encrypt_again() -> None:
    """Encrypt every password with the newest key, in the caller's transaction; one that can't be read stays."""
    for mailbox in db.session.scalars(select(Mailbox).order_by(Mailbox.id).with_for_update()):
        password = decrypt(mailbox.password_sealed)
        if password is not None:
            mailbox.password_sealed = encrypt(password)


def _record(actor: Actor, act: str, mailbox: Mailbox, at: datetime, **detail: Any) -> None:
    place = f"{mailbox.host}:{mailbox.port}/{mailbox.folder}"
    record(actor, act, f"mailbox:{mailbox.id}", at=at, user=mailbox.user, place=place, **detail)
