"""The signed tree head by mail to an auditor, once a day at most; a head that was kept, held against the tree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage

import structlog
from sqlalchemy import select

from consult import outgoing_mail
from consult.accounts.permissions import SYSTEM
from consult.app_context import settings
from consult.clock import local
from consult.files.mail.compose import AddressRefused, Enclosure, message
from consult.ledger import tree, tree_heads
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.service import record
from consult.ledger.tree_heads import TreeHead
from consult.store import db, transaction

ACT, SUBJECT = "ledger.mail_head", "tree_head"
FILE = "tree-head.json"

log = structlog.get_logger()


def send_daily(at: datetime) -> int:
    """Mail this host's newest head, unless one went out today or nothing was recorded since; return whether it did.

    Killed between sending and noting it, the next run sends the same message once more.
    """
    to, head = settings().tree_head_mail, tree_heads.newest()
    if not to or head is None:
        return 0
    last = _last()
    if last is not None and not (local(last.at).date() < local(at).date() and _is_news(head, last)):
        return 0
    try:
        outgoing_mail.send(_message(to, head, at))
    except (outgoing_mail.MailNotSent, AddressRefused) as refusal:
        log.warning("tree_head_not_mailed", why=str(refusal))
        return 0
    with transaction():
        record(SYSTEM, ACT, SUBJECT, at=at, size=head.checkpoint.size, root=head.checkpoint.root)
    return 1


def _last() -> LedgerEntry | None:
    query = select(LedgerEntry).where(LedgerEntry.subject == SUBJECT, LedgerEntry.act == ACT)
    return db.session.scalar(query.order_by(LedgerEntry.id.desc()).limit(1))


def _is_news(head: TreeHead, last: LedgerEntry) -> bool:
    """Whether the head has more than the one that was mailed and the entry of that."""
    return head.checkpoint.size > int(last.detail.get("size", 0)) + 1


def _message(to: str, head: TreeHead, at: datetime) -> EmailMessage:
    config, signed = settings(), head.checkpoint
    words = (
        f"截至{signed.at}，记录树共{signed.size}条，根哈希：\n{signed.root}\n\n"
        f"附件{FILE}是签名的树头，请另行保存。需要核对时，在平台的主机上运行：\n"
        f"flask ledger verify --head {FILE}\n（也可以直接用本邮件的原件。）"
    )
    return message(
        sender=config.mail_sender,
        sender_name=config.department,
        to=to,
        subject=f"记录树头（{signed.size}条，{config.site_name}）",
        text=words,
        at=at,
        message_id=f"tree-head-{signed.size}-{signed.root[:16]}@{config.mail_sender.rpartition('@')[2] or 'localhost'}",
        enclosures=[Enclosure(FILE, "application/json", head.line + b"\n")],
    )


def faults(kept: bytes) -> Iterator[Fault]:
    """Hold the tree against the heads that an auditor kept: a mail, its attachment, or a copied file of heads."""
    heads = [head for line in _lines(kept) if (head := tree_heads.parse(line)) is not None]
    if not heads:
        words = "文件里没有本平台签名的树头：文件被改动过，或者平台换了签名密钥。"
        yield Fault("checkpoint", "", Damage.CHANGED, words)
    size = tree.size()
    for head in heads:
        signed = head.checkpoint
        if signed.size > size:
            words = (
                f"记录树只有 {size} 条，{signed.at} 签名的树头有 {signed.size} 条："
                "有记录被删除，或者数据库被换成了较早的副本。"
            )
            yield Fault("checkpoint", str(signed.size), Damage.REMOVED, words)
        elif _root(signed.size) != signed.root:
            words = f"记录树的前 {signed.size} 条与 {signed.at} 签名的树头不同：其中有记录被改写或者删除。"
            yield Fault("checkpoint", str(signed.size), Damage.CHANGED, words)


def _root(size: int) -> str:
    try:
        return tree.root(size).hex()
    except LookupError:  # a node is missing
        return ""


def _lines(kept: bytes) -> Iterator[bytes]:
    """Yield the lines that may be heads: of the file itself, and of the parts of a mail."""
    parts = [kept]
    if not kept.lstrip().startswith(b"{"):
        mail = message_from_bytes(kept)
        parts += [payload for part in mail.walk() if isinstance(payload := part.get_payload(decode=True), bytes)]
    for part in parts:
        yield from (line.strip() for line in part.splitlines() if line.strip().startswith(b"{"))
