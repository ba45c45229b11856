"""The long middle of most statutes: articles beyond doubt, one after the other, read in one go.

What this module reads, the general reader (`articles`, `statute_form`) reads the same; it is only faster, because an
article goes straight from its lines into the tree. It gives up where there is anything to settle.
"""

from __future__ import annotations

from enum import Enum, auto
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from consult.text.articles import split_documents
from consult.text.front import HEADINGS
from consult.text.growing import provision
from consult.text.marks import Line, PlainLine, Style, is_plain_text, lines_of, structure_of
from consult.text.numerals import read_number
from consult.text.statute_form import grow_article
from consult.text.tree import Kind, Provision

_FEWEST = 4  # articles from which it is worth the while
_ARTICLE, _PARAGRAPH, _ITEM = Kind.ARTICLE, Kind.PARAGRAPH, Kind.ITEM


Start: TypeAlias = tuple[int, int, int, list[Line]]
"""Where an article begins: its row, number and 之 number; and the headings between it and the next one."""


class Run(NamedTuple):
    """Articles that count on from one to the next.

    `middle` are the articles but the last, ready, with the headings between them and the loose lines below these;
    `documents` what follows, as `split_documents` cuts it: the rest of this document from its last article on, then
    annexes. The last of these opens the next run, whose first article is its last line.
    """

    middle: list[Line | Provision]
    documents: list[tuple[Line | None, list[Line]]]


def read_runs(rows: list[PlainLine]) -> tuple[list[Line], list[Run]] | None:
    """Read a text as runs of articles, each set off from its text and with the next number.

    A second run is an annexed document's, whose articles begin again at 第一条. Returns the lines up to the first
    article, that one's first line last, and the runs; None where the text has no such runs, or something in it must
    be weighed against the rest.
    """
    runs = _starts(rows)
    if not runs or min(len(starts) for starts in runs) < _FEWEST:
        return None
    before = lines_of(rows[: runs[0][0][0] + 1])
    if not _is_plain_beginning(before):
        return None
    found: list[Run] = []
    annexes = 0
    for number, starts in enumerate(runs, 1):
        reader = _Reader(rows, f"annex-{annexes}-" if annexes else "")
        end = reader.read(starts)
        if end is None:
            return None
        is_last = number == len(runs)
        following = None if is_last else runs[number][0][0] + 1
        after = lines_of(rows[end:following], end)
        documents = split_documents(after)
        if not _is_plain_end(after, is_last) or (not is_last and (len(documents) == 1 or after[-1].cited)):
            return None
        annexes += len(documents) - 1
        found.append(Run(reader.middle, documents))
    return before, found


def _starts(rows: list[PlainLine]) -> list[list[Start]]:
    """Each run's articles; none at all where a number neither follows nor begins again."""
    starts: list[Start] = []
    runs = [starts]
    headings: list[Line] = []
    last, last_sub = -1, 0
    for index, row in enumerate(rows):
        if row[0]:
            value = read_number(row[1]) or 0
            sub = read_number(row[2]) or 0 if row[2] else 0
        elif row[5] == "第":
            read = structure_of(row[6].rstrip(), index + 1)
            first = read[0]
            if len(read) != 1 or first.kind is not _ARTICLE:
                if first.kind is not _PARAGRAPH:
                    headings.extend(read)
                continue
            value, sub = first.value, first.sub
            if not first.spaced:
                return []
        else:
            continue
        follows = value == last + 1 if not sub else (value, sub) in ((last + 1, 1), (last, last_sub + 1))
        if not follows and last >= 0:
            if value != 1 or sub:
                return []
            starts = []
            runs.append(starts)
        headings = []
        starts.append((index, value, sub, headings))
        last, last_sub = value, sub
    return runs


def _is_plain_end(after: list[Line], is_last: bool) -> bool:
    """Whether what follows a run leaves no doubt: no articles between two runs, nor below the annexes of the last."""
    between = after[1:] if is_last else after[1:-1]
    if any(line.kind is _ARTICLE or line.cited for line in between):
        return False
    return not is_last or not any(line.kind in HEADINGS for line in between)


def _is_plain_beginning(before: list[Line]) -> bool:
    """Whether only titles, notes, headings and a preamble stand before the first article."""
    article = before[-1]
    if not article.text or article.text[-1] not in "。：；" or article.sub:
        return False
    return all(
        line.kind is _PARAGRAPH or (line.kind in HEADINGS and line.heading and line.heading[-1] not in "、，")
        for line in before[:-1]
    )


class _Found(Enum):
    """What a closer look at an article's lines found."""

    ARTICLE = auto()
    ANNEX = auto()
    DOUBT = auto()


class _Reader:
    """Reads articles from rows; `middle` is what it has read."""

    def __init__(self, rows: list[PlainLine], prefix: str) -> None:
        self.rows = rows
        self.prefix = prefix
        self.middle: list[Line | Provision] = []

    def read(self, starts: list[Start]) -> int | None:
        """Read all articles but the last; return the row of the last one, or None where there is something to settle.

        An annex ends the run: then the last article is the one before it.
        """
        rows, hang, prefix = self.rows, self.middle.append, self.prefix
        for (start, value, sub, headings), (end, *_) in pairwise(starts):
            number, _, _, _, _, _, text = rows[start]
            anchor = f"{prefix}art-{value}-{sub}" if sub else f"{prefix}art-{value}"
            below: tuple[Provision, ...] | None = None
            if not number:
                pass
            elif end == start + 1:
                below = (provision((f"{anchor}-para-1", _PARAGRAPH, "", "", text.rstrip(), (), end, "")),)
            elif not headings:
                below = _paragraphs(rows, start, end, f"{anchor}-para-")
            elif self._only_headings(headings, end):
                below = _paragraphs(rows, start, headings[0].place - 1, f"{anchor}-para-")
            if below is not None:
                hang(provision((anchor, _ARTICLE, number, "", "", below, start + 1, number)))
                self.middle.extend(headings)
            elif (found := self._read_closely(start, end, anchor)) is not _Found.ARTICLE:
                return start if found is _Found.ANNEX else None
        return starts[-1][0]

    def _only_headings(self, headings: list[Line], end: int) -> bool:
        """Whether nothing but headings with their titles stands from the first of them to row `end`."""
        first = headings[0].place - 1
        if not all(line.kind in HEADINGS and line.heading and line.heading[-1] not in "、，" for line in headings):
            return False
        return sum(any(row) for row in self.rows[first:end]) == len(headings)

    def _read_closely(self, start: int, end: int, anchor: str) -> _Found:
        """Read an article whose lines are not all plain, and the headings behind it."""
        lines = lines_of(self.rows[start:end], start)
        at, total = 1, len(lines)
        while at < total and ((kind := lines[at].kind) is _PARAGRAPH or kind is _ITEM):
            if lines[at].style is Style.DUN or lines[at].cited:
                return _Found.DOUBT
            at += 1
        self.middle.append(grow_article(lines[0], lines[1:at], anchor))
        for index in range(at, total):
            line = lines[index]
            if line.kind is Kind.ANNEX:
                self.middle.pop()
                return _Found.ANNEX if index == at else _Found.DOUBT
            if line.kind in HEADINGS:
                if not line.heading or line.heading[-1] in "、，":
                    return _Found.DOUBT
            elif line.kind is not _PARAGRAPH:
                return _Found.DOUBT
            self.middle.append(line)
        return _Found.ARTICLE


def _paragraphs(rows: list[PlainLine], start: int, end: int, stem: str) -> tuple[Provision, ...] | None:
    """The paragraphs of the article on rows `start` to `end`; None unless they are plain ones with plain items."""
    paragraphs: list[Provision] = []
    items: list[Provision] = []
    own, place = rows[start][6].rstrip(), start + 1
    count = 1
    for at in range(start + 1, end):
        _, _, _, mark, digits, opening, text = rows[at]
        text = text.rstrip()
        if mark:
            value = read_number(digits)
            if value != len(items) + 1:
                return None
            name = f"{stem}{count}-item-{value}"
            items.append(provision((name, _ITEM, mark, "", text, (), at + 1, mark)))
        elif text:
            if opening and not is_plain_text(opening, text):
                return None
            paragraphs.append(provision((f"{stem}{count}", _PARAGRAPH, "", "", own, tuple(items), place, "")))
            own, place = text, at + 1
            items = []
            count += 1
    paragraphs.append(provision((f"{stem}{count}", _PARAGRAPH, "", "", own, tuple(items), place, "")))
    return tuple(paragraphs)
