"""Reads subjects: prefixes of answers and forwarded messages, titles in 《》."""

from __future__ import annotations

import re

_PREFIX = re.compile(
    r"\s*(?:re|fw|fwd|aw|wg|sv|vs|tr|回复|回覆|答复|答覆|轉寄|转发|轉發|转寄)"
    r"(?:\s*[\[(（]\s*\d{1,3}\s*[\])）]|\d{0,3})?\s*[:：]",
    re.I,
)
_FORWARD = re.compile(
    r"\s*(?:fw|fwd|wg|tr|转发|轉寄|轉發|转寄)(?:\s*[\[(（]\s*\d{1,3}\s*[\])）]|\d{0,3})?\s*[:：]", re.I
)
_TITLE = re.compile(r"《((?:[^《》\n]|《[^《》\n]{1,200}》){1,200})》")
_MARKS = re.compile(r"\s*(?:\[(?:spam|external|外部邮件|外部|垃圾邮件)\]|【(?:外部邮件|外部|垃圾邮件)】)", re.I)


def normalise_subject(subject: str) -> str:
    """Return a subject without the marks that answering and forwarding put before it (Re:, Fwd:, 回复：, 转发：…)."""
    plain = subject[:2_000]
    for _ in range(50):
        match = _PREFIX.match(plain) or _MARKS.match(plain)
        if not match:
            break
        plain = plain[match.end() :]
    return " ".join(plain.split())


def is_forward(subject: str) -> bool:
    """Say whether a subject's marks name a forwarded message."""
    plain = subject[:2_000]
    for _ in range(50):
        if _FORWARD.match(plain):
            return True
        match = _PREFIX.match(plain) or _MARKS.match(plain)
        if not match:
            return False
        plain = plain[match.end() :]
    return False


def is_answer(subject: str) -> bool:
    """Say whether a subject's marks name an answer."""
    return bool(_PREFIX.match(subject[:2_000])) and not is_forward(subject)


def quoted_titles(text: str) -> list[str]:
    """Return the titles between 《 and 》, each once, in order; nested titles stay nested."""
    return list(dict.fromkeys(" ".join(title.split()) for title in _TITLE.findall(text[:200_000]) if title.strip()))
