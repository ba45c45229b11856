"""What other programs subscribe to: an Atom feed (RFC 4287) and a calendar of last days (RFC 5545)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from feedgen.feed import FeedGenerator
from flask import request, url_for
from icalendar import Calendar, Event

from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.drafting.publication import is_provisional
from consult.faces.template_filters import day, last_day, last_moment
from consult.reporting.queries import PublishedReport


def full_address(endpoint: str, **values: object) -> str:
    """Return the full address of a page: the public one where it is set, else the one of this request."""
    base = settings().public_url.rstrip("/") or request.host_url.rstrip("/")
    return base + url_for(endpoint, **values)  # type: ignore[arg-type]


def atom(consultations: Sequence[Consultation], feedback: Sequence[PublishedReport], now: datetime) -> bytes:
    """Return the feed: one entry when a draft opens, one when its feedback is published; newest first."""
    config = settings()
    feed = FeedGenerator()
    feed.id(full_address("public.home"))
    feed.title(f"{config.site_name} · {config.department}")
    feed.author(name=config.department)
    feed.link(href=full_address("public.feed"), rel="self")
    feed.link(href=full_address("public.home"), rel="alternate")
    feed.language("zh-Hans")
    entries = [_opened(consultation) for consultation in consultations] + [_answered(entry) for entry in feedback]
    entries.sort(key=lambda entry: entry[3])
    for title, address, at, updated, words in entries:
        entry = feed.add_entry()
        entry.id(address)
        entry.title(title)
        entry.link(href=address)
        entry.published(at)
        entry.updated(updated)
        entry.summary(words)
    feed.updated(entries[-1][3] if entries else now)
    return bytes(feed.atom_str(pretty=True))


Entry = tuple[str, str, datetime, datetime, str]
"""Title, address, when it was published and last changed, words."""


def _opened(consultation: Consultation) -> Entry:
    words = f"{consultation.summary} {last_moment(consultation.closes_at)} 截止。".strip()
    assert consultation.opens_at is not None
    address = full_address("public.consultation", slug=consultation.slug)
    updated = max([consultation.opens_at, *(extension.at for extension in consultation.extensions)])
    for extension in consultation.extensions:
        words += f"期限延长到 {last_moment(extension.closes_after)}，{extension.reason}"
    return f"征求意见：{consultation.title}", address, consultation.opens_at, updated, words


def _answered(entry: PublishedReport) -> Entry:
    words = f"{entry.total:,} 条意见的采纳情况和理由已经公布。" if entry.total else "反馈已经公布，没有需要答复的意见。"
    address = full_address("public.report", slug=entry.slug)
    return f"结果反馈：{entry.title}", address, entry.published_at, entry.published_at, words


def deadlines(consultations: Sequence[Consultation], now: datetime) -> bytes:
    """Return a calendar with the last day of each period, as a whole-day event."""
    calendar = Calendar()
    calendar.add("prodid", "-//consult//deadlines//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{settings().site_name}：截止日")
    for consultation in consultations:
        if consultation.closes_at is None:
            continue
        ends = last_day(consultation.closes_at)
        address = full_address("public.consultation", slug=consultation.slug)
        event = Event()
        event.add("uid", f"{consultation.slug}@{settings().public_url or request.host}")
        event.add("dtstamp", now)
        event.add("last-modified", consultation.changed_at)
        event.add("sequence", len(consultation.extensions))  # RFC 5545, 3.8.7.4: a revision of the event
        event.add("dtstart", ends)
        event.add("dtend", ends + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        event.add("summary", f"截止：{consultation.title}")
        event.add("description", f"{day(ends)} 24:00 前可以提意见。{address}")
        if is_provisional(consultation):
            event.add("status", "TENTATIVE")  # RFC 5545, 3.8.1.11
        event.add("url", address)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
