"""When a message was sent and received."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from consult.files.mail.headers import decode_words

_BEIJING = timezone(timedelta(hours=8))
_MONTHS = dict(
    zip(
        ("一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"),
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        strict=True,
    )
)
_MONTH = re.compile("十[一二]月|[一二三四五六七八九十]月")
_WEEKDAY = re.compile("(?:星期|周|週)[一二三四五六日天][,，]?")
_WRITTEN = re.compile(
    r"((?:19|20)\d\d)\s*[-/年.]\s*(\d{1,2})\s*[-/月.]\s*(\d{1,2})"
    r"(?:\D{1,8}(\d{1,2})\s*[:：时]\s*(\d{1,2})(?:\s*[:：分]\s*(\d{1,2}))?)?"
)


def parse(value: bytes) -> datetime | None:
    """Read a date field as an aware moment; a date without a zone is UTC in the standard form, Beijing in others."""
    text = _in_english(decode_words(value[:300]))
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return _written(text)
    try:
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC) if 1980 <= moment.year <= 2100 else None
    except (ValueError, OverflowError):
        return None


def _in_english(text: str) -> str:
    """Put the month of `星期二, 24 十一月 2026 10:30:00 +0800`, as programs in Chinese write it, into English."""
    if text.isascii():
        return text
    return _MONTH.sub(lambda match: f" {_MONTHS[match[0]]} ", _WEEKDAY.sub("", text))


def of_received(value: bytes) -> datetime | None:
    """Parse the date of a Received field, after the last semicolon."""
    return parse(value[-400:].rpartition(b";")[2].strip()) if b";" in value else None


def _written(text: str) -> datetime | None:
    """Read a date as people write it: `2026年11月24日 15:30`, `2026-11-24 15:30:00`."""
    match = _WRITTEN.search(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups())
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_BEIJING).astimezone(UTC)
    except ValueError:
        return None
