"""Cuts a source into rows and reads the opening of each."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Final, TypeAlias

from consult.text.numerals import read_number
from consult.text.parser.headings import CITED, read_structure, structure_of
from consult.text.parser.lines import Line, Style
from consult.text.parser.marks import FIRST, READERS
from consult.text.parser.tree import Kind

# Nearly all lines are articles set off from their text, items with （一） or (一), or plain paragraphs: one expression
# reads these whole. Its groups are the article's number, the item's mark, what else the line opens with that `READERS`
# must read, and the text.
_PLAIN_LINE: Final = re.compile(
    r"^[^\S\n]*+(?:"
    r"(第[一二三四五六七八九十百千零]++条(?:之[一二三四五六七八九十]{1,3})?)[ \u3000]+"
    rf"(?=[^\s（(【〔\[:：.．之])(?!{CITED.pattern})"
    r"|([（(][一二三四五六七八九十]{1,5}[）)])(?![、和至或及项款目])[^\S\n]*+"
    rf"|(?=([{re.escape(''.join(FIRST))}])))?(.*)",
    re.MULTILINE,
)

PlainLine: TypeAlias = tuple[str, str, str, str]
"""A line as `_PLAIN_LINE` cuts it; there is one for each line of the source, empty lines included."""


def cut(text: str) -> list[PlainLine]:
    """Cut a source into its lines, at the separators of `str.splitlines` except file, group and record separators."""
    return _PLAIN_LINE.findall(with_plain_separators(text))


@lru_cache(maxsize=4096)
def article_number(written: str) -> tuple[int, int]:
    """Parse the number of an article on a plain line: 第一百二十条之一 → (120, 1)."""
    number, _, sub = written[1:].partition("条")
    return read_number(number) or 0, (read_number(sub[1:]) or 0) if sub else 0


@lru_cache(maxsize=1024)
def item_number(mark: str) -> int:
    """Parse the mark of an item on a plain line: （十二） → 12."""
    return read_number(mark[1:-1]) or 0


def lines_of(rows: list[PlainLine], start: int = 0) -> list[Line]:
    """Read the opening of each line that is not empty; the first of `rows` is at place `start` + 1."""
    lines: list[Line] = []
    append, readers = lines.append, READERS
    make = partial(tuple.__new__, Line)  # a quarter of the cost of Line(…), for the kinds most lines are of
    paragraph, article, item, none, bracket = Kind.PARAGRAPH, Kind.ARTICLE, Kind.ITEM, Style.NONE, Style.BRACKET
    place = start
    for number, mark, opening, rest in rows:
        place += 1
        line = rest.rstrip()
        if number:
            value, sub = article_number(number)
            append(make((place, article, line, number, number, value, sub, "", none, True, False)))
        elif mark:
            append(make((place, item, line, mark, mark, item_number(mark), 0, "", bracket, True, False)))
        elif opening == "第":
            read_structure(place, line, lines)
        elif opening:
            append(readers[FIRST[opening]](place, line) or Line(place, paragraph, line))
        elif line:
            append(make((place, paragraph, line, "", "", 0, 0, "", none, True, False)))
    return lines


def is_plain_text(opening: str, line: str) -> bool:
    """Whether a line is text without a mark although its first character could begin one."""
    if opening == "第":
        return structure_of(line)[0].kind is Kind.PARAGRAPH
    return READERS[FIRST[opening]](0, line) is None


def with_plain_separators(text: str) -> str:
    """Replace every line separator by a line feed."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    for separator in ("\r", "\u2028", "\u2029", "\x0b", "\x0c", "\x85"):
        if separator in text:
            text = text.replace(separator, "\n")
    return text
