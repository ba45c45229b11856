"""Decides which lines beginning with 第…条 are articles and which only cite one."""

from __future__ import annotations

import re
from typing import Final

from consult.text.numerals import read_number
from consult.text.parser.decimals import recognise_decimals
from consult.text.parser.lines import STOPS, Line, Style, shape_of
from consult.text.parser.tree import Kind

_MOSTLY: Final = 0.8  # share of numbered lines set off by a space above which a bare 第十条… is doubtful
_FAR: Final = 5  # a jump further ahead than this, without a space, is a citation
_LIST_REACH: Final = 80  # lines within which the next mark of a list must come
_NUMBERS: Final = (Style.ARABIC, Style.LISTED)
_BARE: Final = re.compile(r"([一二三四五六七八九十]{1,3})[ \u3000\t]+(\S.{0,39})")
_FEWEST_BARE: Final = 2
_THREE_DIGITS: Final = re.compile(r"\d{3}")
_INSIDE_NUMBERS: Final = (Style.ARABIC_BRACKET, Style.CIRCLE, Style.LETTER, Style.HALF)
_QUOTE_REACH: Final = 60  # lines a quotation may run


def recognise_articles(lines: list[Line]) -> list[Line]:
    """Turn lines that only cite an article (第十条规定的…) into plain lines.

    A line is an article when its number is set off from the text, or when it is the next number; a citation when its
    text reads like one and its number is not the next.
    """
    lines = _settle_classes(recognise_decimals(_settle_bare(lines)))
    candidates = [index for index, letter in enumerate(shape_of(lines)) if letter == "A"]
    if _are_consecutive(lines, candidates):
        return lines
    spaced = sum(lines[index].spaced for index in candidates) >= _MOSTLY * len(candidates)
    unmistakable = {
        (lines[index].value, lines[index].sub) for index in candidates if lines[index].spaced and not lines[index].cited
    }
    settled = list(lines)
    last: Line | None = None
    for index in candidates:
        line = lines[index]
        if _is_article(line, last, spaced, unmistakable) and not _is_quoted(lines, index, last):
            last = line
        else:
            settled[index] = as_plain(line)
    return settled


def _settle_bare(lines: list[Line]) -> list[Line]:
    """Turn 一 总体要求, 二 主要任务 into marks if the text has no 一、 and they are consecutive, with text below."""
    if any(line.style is Style.DUN or (line.kind is Kind.ARTICLE and not line.cited) for line in lines):
        return lines
    candidates = {
        index: bare
        for index, line in enumerate(lines)
        if line.kind is Kind.PARAGRAPH and line.text[-1] not in STOPS and (bare := _BARE.fullmatch(line.text))
    }
    values = [read_number(bare[1]) for bare in candidates.values()]
    if len(candidates) < _FEWEST_BARE or values != list(range(1, len(candidates) + 1)):
        return lines
    if any(index + 1 in candidates for index in candidates):  # the rows of a table
        return lines
    settled = list(lines)
    for index, bare in candidates.items():
        mark, text = bare.groups()
        value = read_number(mark) or 0
        settled[index] = Line(lines[index].place, Kind.ITEM, text, f"{mark} ", mark, value, style=Style.DUN)
    return settled


def _settle_classes(lines: list[Line]) -> list[Line]:
    """Turn 一、二类口岸… and 1.5万元… into plain lines where 一、 or 1. is not the next mark."""
    if not any(line.kind is Kind.ITEM for line in lines if line.cited):
        return lines
    settled = list(lines)
    last = number = 0
    style = Style.ARABIC
    for index, line in enumerate(lines):
        if line.kind is not Kind.ITEM:
            number = number if line.kind is Kind.PARAGRAPH or line.cited else 0
        elif line.style is Style.DUN:
            number = 0
            if line.cited and not _is_next_clause(lines, index, last):
                settled[index] = as_plain(line)
            else:
                last = line.value
        elif line.style in _NUMBERS:
            if not line.cited:
                number, style = line.value, line.style
            elif _continues_numbering(lines, index, number):
                number = line.value
                settled[index] = line._replace(style=style)
            else:
                settled[index] = as_plain(line)
        elif line.style is Style.BRACKET:
            number = 0
    return settled


def _is_next_clause(lines: list[Line], index: int, last: int) -> bool:
    """Whether 三、四级联动… is the mark after `last` and does not occur again below, or restarts the numbering."""
    value = lines[index].value
    upcoming = next((lines[at].value for at in range(index + 1, len(lines)) if lines[at].style is Style.DUN), 0)
    if value == 1:  # 一、二级火险区… is a mark only where 二、 follows
        return upcoming == value + 1 and last != value
    return upcoming != value and value == last + 1


def _continues_numbering(lines: list[Line], index: int, last: int) -> bool:
    """Whether 1.300总吨… is the mark after `last`, as 1.5万元… would not be.

    It is when the next Arabic mark continues from it, when the entry before it ends with a semicolon, and when a space
    or three digits (3.100%覆盖) after the mark leave little doubt.
    """
    line = lines[index]
    if line.value != last + 1:
        return False
    if line.spaced or (last and (lines[index - 1].text.endswith(("；", ";")) or _THREE_DIGITS.match(line.text))):
        return True
    for later in lines[index + 1 : index + 1 + _LIST_REACH]:
        if later.kind is Kind.ITEM and later.style in _NUMBERS:
            return later.value == line.value + 1
        if later.kind is not Kind.PARAGRAPH and later.style not in _INSIDE_NUMBERS:
            break
    return False


def as_plain(line: Line) -> Line:
    """The line as a plain paragraph: its mark becomes part of the text."""
    return line.as_kind(Kind.PARAGRAPH)


def follows(line: Line, last: Line | None) -> bool:
    """Whether the article's number is the one that comes after `last`'s."""
    if last is None:
        return True
    if line.sub:
        return (line.value == last.value and line.sub == last.sub + 1) or (
            line.value == last.value + 1 and line.sub == 1
        )
    return line.value == last.value + 1


def _are_consecutive(lines: list[Line], candidates: list[int]) -> bool:
    """Whether every article is unambiguous: set off from its text by a space, with the next number."""
    last: Line | None = None
    number = 0
    for index in candidates:
        line = lines[index]
        if not line.spaced:
            return False
        if line.value == number + 1 and not line.sub and last is not None:
            number += 1
        elif follows(line, last):
            number = line.value
        else:
            return False
        last = line
    return True


def _is_article(line: Line, last: Line | None, spaced: bool, unmistakable: set[tuple[int, int]]) -> bool:
    expected = follows(line, last)
    if not line.cited:
        return line.spaced or expected or (not spaced and last is not None and 0 < line.value - last.value <= _FAR)
    if not expected:
        return False
    if line.spaced:
        return True
    return not spaced and (line.value, line.sub) not in unmistakable


def _is_quoted(lines: list[Line], index: int, last: Line | None) -> bool:
    """Whether the line is inside “…” opened on an earlier line: an amending decision quoting the new text."""
    line = lines[index]
    if follows(line, last) or (line.value == 1 and not line.sub):
        return False
    for earlier in range(index - 1, max(-1, index - _QUOTE_REACH), -1):
        text = lines[earlier].text
        opened, closed = text.rfind("“"), text.rfind("”")
        if closed > opened:
            return False
        if opened > closed:
            return any("”" in later.text for later in lines[index : index + _QUOTE_REACH])
    return False
