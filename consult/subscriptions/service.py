"""The verbs of subscribing: ask, confirm, end. The public does them; a token from the letter is the permission."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final

from sqlalchemy import ColumnElement, func, select, update

from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.files.mail.compose import AddressRefused, message
from consult.mail_queue import service as mail_queue
from consult.mail_queue.hooks import Pointless
from consult.mail_queue.models import MailPurpose, OutgoingMail
from consult.store import db, transaction
from consult.store.locking import advisory_lock
from consult.subscriptions.errors import SubscriptionRefused
from consult.subscriptions.models import LetterWish, Scope, Subscription
from consult.text.sentences import sentence

ADDRESS: Final = re.compile(r"[A-Za-z0-9][\w.+'-]{0,63}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+", re.ASCII)
"""A mail address as people write theirs; what a server makes of it is the server's to say."""
MAX_PER_DAY: Final = 3
"""Letters of one kind to an address within 24 hours that anybody can cause by typing it."""
WORDS_CHARACTERS: Final = 40
CONFIRM_WITHIN: Final = timedelta(days=7)


def base_address() -> str:
    """Return the address of the site, without a slash at its end."""
    config = settings()
    return config.public_url.rstrip("/") or f"http://{config.bind_host}:{config.port}"


def address_in(words: str) -> str:
    """Return the first mail address in some words, in lower case; empty where there is none."""
    match = ADDRESS.search(words)
    return match[0].lower() if match else ""


def subscribe(
    address: str, scope: Scope, *, words: str = "", consultation: Consultation | None = None, at: datetime
) -> None:
    """Ask for news: a letter goes to the address, and nothing more until its holder confirms.

    Who is subscribed already, or has asked too often, is answered the same way: nobody learns who is subscribed.

    Raises:
        SubscriptionRefused: no address, or no words where they are asked for.
    """
    plain = address.strip().lower()
    if not ADDRESS.fullmatch(plain):
        raise SubscriptionRefused(sentence("请写一个邮箱地址，例如 name@example.cn。"))
    wanted = " ".join(words.split())[:WORDS_CHARACTERS] if scope is Scope.WORDS else ""
    if scope is Scope.WORDS and len(wanted) < 2:
        raise SubscriptionRefused(sentence("请写至少两个字，例如“物业”。"))
    if (scope is Scope.CONSULTATION) != (consultation is not None):
        raise SubscriptionRefused(sentence("请从征求意见的页面上订阅。"))
    with transaction() as session:
        advisory_lock(f"subscribe {plain}")
        if mail_queue.count_to(plain, [MailPurpose.CONFIRM_SUBSCRIPTION], at - timedelta(days=1)) >= MAX_PER_DAY:
            return
        there = session.scalar(
            select(Subscription).where(
                Subscription.address == plain,
                Subscription.scope == scope,
                Subscription.words == wanted,
                Subscription.consultation_id == (consultation.id if consultation is not None else None),
                Subscription.ended_at.is_(None),
            )
        )
        if there is not None and there.confirmed_at is not None:
            return
        if there is None:
            there = Subscription(
                address=plain,
                scope=scope,
                words=wanted,
                consultation_id=consultation.id if consultation is not None else None,
                token=secrets.token_urlsafe(32),
                asked_at=at,
            )
            session.add(there)
            session.flush()
        there.asked_at = at
        mail_queue.put(MailPurpose.CONFIRM_SUBSCRIPTION, f"subscription:{there.id}", plain, at=at)


def by_token(token: str) -> Subscription | LetterWish | None:
    """Return what a token confirms or ends: a subscription, or the letters about a submission."""
    subscription = db.session.scalar(select(Subscription).where(Subscription.token == token))
    return subscription or db.session.scalar(select(LetterWish).where(LetterWish.token == token))


def confirm(subscription: Subscription, *, at: datetime) -> None:
    """Confirm a subscription.

    Raises:
        SubscriptionRefused: it ended, or was asked for too long ago.
    """
    with transaction() as session:
        session.refresh(subscription, with_for_update=True)
        if subscription.ended_at is not None:
            raise SubscriptionRefused(sentence("这个订阅已经取消。要再订阅，请重新填写邮箱。"))
        if subscription.confirmed_at is None:
            if at > subscription.asked_at + CONFIRM_WITHIN:
                raise SubscriptionRefused(sentence("确认的链接七天内有效，这个已经过期。请重新订阅。"))
            subscription.confirmed_at = at


def end(held: Subscription | LetterWish, *, at: datetime) -> None:
    """End a subscription, or the letters about a submission, and delete the address; a second time changes nothing."""
    with transaction() as session:
        session.refresh(held, with_for_update=True)
        if held.ended_at is None:
            held.ended_at, held.address = at, ""


def _unconfirmed(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return Subscription.confirmed_at.is_(None), Subscription.asked_at < before, Subscription.ended_at.is_(None)


def count_unconfirmed(before: datetime) -> int:
    """Return how many subscriptions were asked for before a moment and not confirmed."""
    return db.session.scalar(select(func.count()).select_from(Subscription).where(*_unconfirmed(before))) or 0


def end_unconfirmed(before: datetime, at: datetime) -> int:
    """End those subscriptions and delete their addresses; return how many."""
    with transaction() as session:
        ended = update(Subscription).where(*_unconfirmed(before)).values(ended_at=at, address="")
        return len(session.execute(ended.returning(Subscription.id)).all())


def words_of(subscription: Subscription) -> str:
    """Return in Chinese what a subscription is about."""
    if subscription.consultation is not None:
        return f"《{subscription.consultation.title}》"
    if subscription.scope is Scope.WORDS:
        return f"标题或者摘要里有“{subscription.words}”的征求意见"
    return "全部征求意见"


def compose_confirmation(letter: OutgoingMail, at: datetime) -> EmailMessage:
    """Return the letter that asks whether one wants to subscribe."""
    subscription = db.session.get(Subscription, int(letter.subject.partition(":")[2]))
    if subscription is None or subscription.ended_at is not None or subscription.confirmed_at is not None:
        raise Pointless("已经确认，或者已经取消")
    lines = [
        "您好：",
        "",
        f"有人用这个邮箱订阅{settings().site_name}的通知：{words_of(subscription)}。",
        "",
        "是您订阅的，请在七天内打开下面的网址，点“确认订阅”：",
        f"{base_address()}/subscribe/{subscription.token}",
        "",
        "不是您订阅的，不用理会这封邮件，不会再收到通知。",
    ]
    return compose(letter.address, "请确认订阅", lines, at)


def compose(address: str, subject: str, lines: list[str], at: datetime, *, unsubscribe: str = "") -> EmailMessage:
    """Return a letter of the site; with ``unsubscribe``, a token, it can be ended by one click (RFC 8058).

    Raises:
        AddressRefused: nothing can be sent there.
    """
    config = settings()
    if not address:
        raise AddressRefused("没有收件地址")
    way_out = f"{base_address()}/unsubscribe/{unsubscribe}" if unsubscribe else ""
    ending = ["", f"不想再收到，请打开：{way_out}"] if way_out else []
    mail = message(
        sender=config.mail_sender,
        sender_name=config.department,
        to=address,
        subject=subject,
        text="\n".join([*lines, *ending, "", config.department, "这是系统自动发送的邮件，不需要回复。"]),
        at=at,
    )
    if way_out:
        mail["List-Id"] = f"{config.site_name} <news.{config.mail_sender.rpartition('@')[2] or 'localhost'}>"
        mail["List-Unsubscribe"] = f"<{way_out}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail
