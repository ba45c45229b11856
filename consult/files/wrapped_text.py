"""Joins the lines of a text wrapped at a fixed width, as old programs and web pages save it."""

from __future__ import annotations

import re
from typing import Final

_OPENING: Final = re.compile(
    r"(?:第[\s一二三四五六七八九十百千零〇\d]{1,9}(?:分?编|[章节条])|[（(][一二三四五六七八九十\d]{1,3}[）)]"
    r"|[一二三四五六七八九十]{1,3}、|\d{1,2}(?:[.．]\d{1,2}){0,3}[.．、)） ]|[①-⑳]|附\s*件)"
)
_ENDS: Final = "。；：！？.;:"
_CLOSING: Final = " \t\u3000”’）)"  # characters that may follow the end of a sentence
_LINES: Final = 12  # lines from which wrapping can be detected
_NARROWEST, _WIDEST = 40, 130  # columns such a width lies between; a Chinese character takes two
_SLACK: Final = 4  # columns a full line may fall short, where a character or mark would not fit
_FULL: Final = 0.25  # share of lines that are full in a broken text


def unwrap(text: str) -> str:
    """Join broken lines where the text is broken at a fixed width; else return it as it is.

    A line continues the one before it when that one is full and this one is not indented.
    """
    lines = text.split("\n")
    widths = [_columns(line.rstrip()) for line in lines]
    width = _wrapped_at([columns for columns in widths if columns])
    if width is None:
        return text
    joined: list[str] = []
    full = False
    for line, columns in zip(lines, widths, strict=True):
        body = line.strip()
        if full and body and line[0] not in " 　\t" and not _begins_paragraph(joined[-1], body):
            joined[-1] = f"{joined[-1].rstrip()}{_space(joined[-1], body)}{body}"
        else:
            joined.append(line)
        full = columns >= width - _SLACK
    return "\n".join(joined)


def _columns(line: str) -> int:
    """The width of a line: wide characters take two columns."""
    return sum(2 if c >= "\u2e80" or c in "—…“”‘’·" else 1 for c in line)


def _wrapped_at(widths: list[int]) -> int | None:
    """The width a text was broken at, or None: no line is longer, and many are as long."""
    if len(widths) < _LINES:
        return None
    widest = max(widths)
    full = sum(columns >= widest - _SLACK for columns in widths)
    return widest if _NARROWEST <= widest <= _WIDEST and full >= _FULL * len(widths) else None


def _begins_paragraph(before: str, line: str) -> bool:
    return before.rstrip(_CLOSING)[-1:] in _ENDS and _OPENING.match(line) is not None


def _space(before: str, line: str) -> str:
    return " " if before.rstrip()[-1:].isascii() and line[:1].isascii() and line[:1].isalnum() else ""
