"""Trusted senders: systems that submit through the API with an API key (a hotline, a portal)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import select

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.intake.models import Channel, TrustedSender
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_row

PREFIX = "zq_"
NAME_CHARACTERS = 80


class SenderRefused(Refused):
    """A sender can't be admitted, or doesn't exist."""


def admit(actor: Actor, *, name: str, channel: Channel, at: datetime) -> tuple[TrustedSender, str]:
    """Admit a system under a name; it submits through ``channel``. Returns it with its key, which is shown only once.

    Raises:
        SenderRefused: the name is missing or taken.
    """
    require(actor, Act.MANAGE_ACCOUNTS)
    name = name.strip()
    if not 1 <= len(name) <= NAME_CHARACTERS:
        raise SenderRefused(f"名称应当有 1 到 {NAME_CHARACTERS} 个字。")
    key = PREFIX + secrets.token_urlsafe(32)
    with transaction() as session:
        advisory_lock("sender.admit")  # otherwise two could get the same name
        if session.scalar(select(TrustedSender.id).where(TrustedSender.name == name)) is not None:
            raise SenderRefused(f"“{name}”已经有密钥。要换密钥，请先停用，再用另一个名称建立。")
        sender = TrustedSender(name=name, channel=channel, key_hash=_hash(key), created_at=at)
        session.add(sender)
        session.flush()
        record(actor, "sender.admit", f"sender:{sender.id}", at=at, name=name, channel=channel.value)
    return sender, key


def revoke(actor: Actor, name: str, *, at: datetime) -> TrustedSender:
    """Revoke a sender's key permanently; its submissions stay."""
    require(actor, Act.MANAGE_ACCOUNTS)
    with transaction() as session:
        sender = session.scalar(select(TrustedSender).where(TrustedSender.name == name))
        if sender is None:
            raise SenderRefused(f"没有名称为“{name}”的密钥。")
        lock_row(sender)
        if sender.revoked_at is None:
            sender.revoked_at = at
            record(actor, "sender.revoke", f"sender:{sender.id}", at=at, name=name)
    return sender


def known(key: str) -> TrustedSender | None:
    """Return the sender with this key, unless it is revoked."""
    sender = db.session.scalar(select(TrustedSender).where(TrustedSender.key_hash == _hash(key)))
    return sender if sender is not None and sender.revoked_at is None else None


def everybody() -> list[TrustedSender]:
    """Return all senders, oldest first."""
    return list(db.session.scalars(select(TrustedSender).order_by(TrustedSender.id)))


def _hash(key: str) -> str:
    return hashlib.sha256(b"sender-key\0" + key.encode("utf-8", "surrogatepass")).hexdigest()
