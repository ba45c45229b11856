"""Joins the lines of a wrapped text, as old programs and web pages save it: broken at a width, or anywhere."""

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
_SET_IN: Final = re.compile(r"(?:\u3000\u3000| {4})[^\s][^\t]*$")  # by two characters; no row of a table
_FEWEST_INDENTED: Final = 2  # paragraphs whose first line is set in, where all are
_INSIDE: Final = re.compile(r"[，。；：]")  # a running sentence, no heading or name
_NO_CONTINUATION: Final = re.compile(
    r"(?:附\s*件|抄\s*送|第[一二三四五六七八九十百零]{1,6}[章节条][\s　]|[（(](?:此件|本文)"
    r"|.{0,20}\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日\s*$)"
)


def unwrap(text: str) -> str:
    """Join broken lines where the text is broken at a fixed width, or where paragraphs show by their indent.

    At a fixed width a line continues the one before it when that one is full and this one is not indented; elsewhere
    when the paragraph is indented and breaks off inside a sentence.
    """
    lines = text.split("\n")
    widths = [_columns(line.rstrip()) for line in lines]
    width = _wrapped_at([columns for columns in widths if columns])
    if width is None:
        return _with_sentences_joined(lines)
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


def _with_sentences_joined(lines: list[str]) -> str:
    """Join a line that isn't set in to the paragraph above it, which is, and stops inside a sentence."""
    if sum(_SET_IN.match(line) is not None for line in lines) < _FEWEST_INDENTED:
        return "\n".join(lines)
    joined: list[str] = []
    set_in = False
    for index, line in enumerate(lines):
        body = line.strip()
        if set_in and body and line[0] not in " \u3000\t" and _breaks_off(joined[-1], body, lines[index + 1 :]):
            joined[-1] = f"{joined[-1].rstrip()}{_space(joined[-1], body)}{body}"
        else:
            joined.append(line)
            set_in = _SET_IN.match(line) is not None
    return "\n".join(joined)


def _breaks_off(before: str, line: str, below: list[str]) -> bool:
    """Whether a paragraph stops inside a sentence that the next line goes on with: no heading, list or signature."""
    last = before.rstrip()[-1:]
    if last in _ENDS or last in "”）)》" or _INSIDE.search(before) is None or _NO_CONTINUATION.match(line):
        return False
    if last in "，、":
        return True
    following = next((later.strip() for later in below if later.strip()), "")
    return not _OPENING.match(line) and not _NO_CONTINUATION.match(following)


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
