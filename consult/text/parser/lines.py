"""A line of a draft: its opening (mark, number, heading) and its text."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from consult.text.parser.tree import FRAME, Kind

SENTENCE_ENDS: Final = "。；：，、;:,"
"""Marks that end a line of text but never a title."""
STOPS: Final = f"{SENTENCE_ENDS}！？"
"""The same for headings in the text, which never end in ！ or ？ either."""


class Style(IntEnum):
    """How an enumeration is marked, from the outermost kind in use to the innermost."""

    NONE = 0
    FORMAL = 1  # 壹、
    DUN = 2  # 一、
    BRACKET = 3  # （一）
    ARABIC = 4  # 1.
    ARABIC_BRACKET = 5  # （1）
    CIRCLE = 6  # ①
    LETTER = 7  # a.
    HALF = 8  # 1）
    SECOND = 9  # 1.1
    THIRD = 10  # 1.1.1
    FOURTH = 11  # 1.1.1.1
    LISTED = 12  # 1. in a list below a number of several parts, which 1 总则 above that closes


class Line(NamedTuple):
    """A line of the source and what its opening says.

    `written` is the opening as written (mark, caption with brackets); `text` the rest. `sub` is the number after 之,
    or 1 for a mark like 1.0.1. `spaced` says whether the number is set off from its text; `cited` whether the line
    continues like a citation (第十条规定的…) or a list of classes (一、二类口岸…), so that only its context shows
    what it is.
    """

    place: int
    kind: Kind
    text: str
    written: str = ""
    number: str = ""
    value: int = 0
    sub: int = 0
    heading: str = ""
    style: Style = Style.NONE
    spaced: bool = True
    cited: bool = False

    @property
    def source(self) -> str:
        """The whole line; whitespace inside it may differ."""
        return f"{self.written} {self.text}".strip() if self.written else self.text

    def as_kind(self, kind: Kind) -> Line:
        """The whole line as one of another kind, its mark a part of the text."""
        joint = " " if self.spaced and self.kind is Kind.ARTICLE and not self.heading else ""
        return Line(self.place, kind, f"{self.written}{joint}{self.text}".strip())


def rows_among(lines: list[Line]) -> set[int]:
    """The places of the lines that are rows of a table: cells apart by tabs, in two or more lines together."""
    if not any("\t" in line.text for line in lines):
        return set()
    celled = [line.kind is Kind.PARAGRAPH and "\t" in line.text for line in lines]
    return {
        line.place
        for at, line in enumerate(lines)
        if celled[at] and (any(celled[at + 1 : at + 2]) or any(celled[max(0, at - 1) : at]))
    }


_LETTER_OF: Final = {
    Kind.PARAGRAPH: "P",
    Kind.ARTICLE: "A",
    Kind.ITEM: "I",
    Kind.PART: "E",
    Kind.SUBPART: "B",
    Kind.CHAPTER: "C",
    Kind.SECTION: "S",
    Kind.HEADING: "H",
    Kind.ANNEX: "X",
    **dict.fromkeys(FRAME, "F"),
}


def shape_of(lines: list[Line]) -> str:
    """One letter per line for its kind (P paragraph, A article, I item …), so that a regex can find runs of lines."""
    return "".join([_LETTER_OF[line.kind] for line in lines])
