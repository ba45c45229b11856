"""What subscribers hear: that a consultation opened, was extended, ends in three days, has its result.

An event follows from state; each goes to each subscriber once, because the letter's Message-ID names both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final

from sqlalchemy import select

from consult.clock import local
from consult.drafting.models import Consultation, PeriodExtension, Stage
from consult.law.periods import in_words
from consult.mail_queue import service as mail_queue
from consult.mail_queue.hooks import Pointless
from consult.mail_queue.models import MailPurpose, OutgoingMail
from consult.mail_queue.service import Wanted
from consult.reporting.models import FeedbackReport, ReportState
from consult.store import db
from consult.subscriptions.models import Scope, Subscription
from consult.subscriptions.service import base_address, compose
from consult.text.search_terms import normal

RECENT: Final = timedelta(days=3)
"""Older events are no news: a worker that was away for long doesn't send them."""
BEFORE_END: Final = timedelta(days=3)
BATCH: Final = 500
OPENED, EXTENDED, CLOSING, RESULT = "opened", "extended", "closing", "result"


@dataclass(frozen=True)
class Event:
    """Something that subscribers hear of: ``ref`` is the id of what it follows from."""

    kind: str
    ref: int
    consultation: Consultation
    at: datetime


def announce(at: datetime) -> int:
    """Put a letter into the queue for each recent event and subscriber who hasn't had it; return how many."""
    return sum(_announce(event, at) for event in events(at))


def events(at: datetime) -> Iterator[Event]:
    """Yield the events of the last days, oldest kind first; nothing of what was withdrawn."""
    since = at - RECENT
    public = Consultation.stage != Stage.WITHDRAWN
    opened = select(Consultation).where(public, Consultation.opens_at > since, Consultation.opens_at <= at)
    for consultation in db.session.scalars(opened.order_by(Consultation.id)):
        if consultation.opens_at is not None and consultation.is_public(at):
            yield Event(OPENED, consultation.id, consultation, consultation.opens_at)
    extended = select(PeriodExtension, Consultation).join(
        Consultation, Consultation.id == PeriodExtension.consultation_id
    )
    for extension, consultation in db.session.execute(extended.where(public, PeriodExtension.at > since)):
        if consultation.is_public(at) and extension.closes_after > at:
            yield Event(EXTENDED, extension.id, consultation, extension.at)
    closing = select(Consultation).where(
        public, Consultation.closes_at > at, Consultation.closes_at <= at + BEFORE_END, Consultation.opens_at <= at
    )
    for consultation in db.session.scalars(closing.order_by(Consultation.id)):
        if consultation.closes_at is not None:
            yield Event(CLOSING, consultation.id, consultation, consultation.closes_at - BEFORE_END)
    result = select(FeedbackReport).where(
        FeedbackReport.state == ReportState.PUBLISHED, FeedbackReport.published_at > since
    )
    for report in db.session.scalars(result.order_by(FeedbackReport.id)):
        if report.published_at is not None and report.consultation.stage is not Stage.WITHDRAWN:
            yield Event(RESULT, report.id, report.consultation, report.published_at)


def _announce(event: Event, at: datetime) -> int:
    days = (
        f".{local(event.consultation.closes_at):%Y%m%d}"
        if event.kind == CLOSING and event.consultation.closes_at
        else ""
    )
    wanted = (
        Wanted(
            MailPurpose.NEWS,
            f"subscription:{subscription.id}/{event.kind}/{event.ref}",
            subscription.address,
            f"{subscription.id}.{event.kind}.{event.ref}{days}",
        )
        for subscription in _subscribed(event.at)
        if _wants(subscription, event.consultation)
    )
    return mail_queue.put_missing(wanted, at=at)


def _subscribed(before: datetime) -> Iterator[Subscription]:
    """Yield who had confirmed by a moment, a page at a time."""
    after = 0
    while True:
        query = select(Subscription).where(
            Subscription.id > after, Subscription.ended_at.is_(None), Subscription.confirmed_at <= before
        )
        page = list(db.session.scalars(query.order_by(Subscription.id).limit(BATCH)))
        yield from page
        if len(page) < BATCH:
            return
        after = page[-1].id


def _wants(subscription: Subscription, consultation: Consultation) -> bool:
    if subscription.scope is Scope.CONSULTATION:
        return subscription.consultation_id == consultation.id
    if subscription.scope is Scope.ALL:
        return True
    return normal(subscription.words) in normal(f"{consultation.title} {consultation.summary}")


def compose_news(letter: OutgoingMail, at: datetime) -> EmailMessage:
    """Return the letter about an event; pointless once it isn't so any more."""
    identifier, kind, ref = letter.subject.removeprefix("subscription:").split("/")
    subscription = db.session.get(Subscription, int(identifier))
    event = next((event for event in events(at) if (event.kind, event.ref) == (kind, int(ref))), None)
    if subscription is None or subscription.ended_at is not None:
        raise Pointless("已经取消订阅")
    if event is None:
        raise Pointless("通知的事项已经过去，或者已经撤回")
    subject, lines = _words(event)
    return compose(letter.address, subject, ["您好：", "", *lines], at, unsubscribe=subscription.token)


def _words(event: Event) -> tuple[str, list[str]]:
    consultation, site = event.consultation, base_address()
    title, page = consultation.title, f"{site}/consultations/{consultation.slug}"
    last = in_words(consultation.last_day) if consultation.last_day is not None else ""
    if event.kind == OPENED:
        about = [consultation.summary] if consultation.summary else []
        return f"开始征求意见：{title}", [f"《{title}》开始征求意见，截止{last}。", *about, page]
    if event.kind == EXTENDED:
        extension = db.session.get_one(PeriodExtension, event.ref)
        return f"延长期限：{title}", [f"《{title}》征求意见延长到{last}。理由：{extension.reason}", page]
    if event.kind == CLOSING:
        return f"即将截止：{title}", [f"《{title}》征求意见到{last}为止，还可以提意见。", page]
    report = db.session.get_one(FeedbackReport, event.ref)
    what = "意见的采纳情况和理由" if report.snapshot["figures"].get("opinions") else "征求意见的结果"
    return f"结果反馈：{title}", [f"《{title}》{what}已经公布。", f"{page}/report"]
