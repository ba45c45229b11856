"""Fast path for the long middle of most statutes: consecutive, unambiguous articles.

The general reader (`articles`, `statute_form`) gives the same result; this is only faster, because an article goes
straight from its lines into the tree. It gives up on anything ambiguous. A statute of 505 articles is parsed in half
the processor time (`python -m benchmarks.shortcuts`: 8.5 ms instead of 15.9 ms).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from consult.text.parser.documents import ends_of_letters, split_documents
from consult.text.parser.headings import structure_of
from consult.text.parser.line_openings import PlainLine, article_number, is_plain_text, item_number, lines_of
from consult.text.parser.lines import Line, Style
from consult.text.parser.statute_form import build_article
from consult.text.parser.tree import HEADINGS, Kind, Provision
from consult.text.parser.tree_builder import provision

_FEWEST = 4  # articles below which the fast path is not worth it
_ARTICLE, _PARAGRAPH, _ITEM = Kind.ARTICLE, Kind.PARAGRAPH, Kind.ITEM


Start: TypeAlias = tuple[int, int, int, list[Line]]
"""Where an article begins: its row, number and 之 number; and the headings between it and the next one."""


class Run(NamedTuple):
    """A run of consecutively numbered articles.

    `middle` are all articles but the last, already built, with the headings between them and the loose lines below
    those; `documents` is what follows, as `split_documents` cuts it: the rest of this document from its last article
    on, then annexes. The last annex opens the next run, whose first article is its last line. `unsure` are the places
    of the articles whose lists may not be consecutive.
    """

    middle: list[Line | Provision]
    documents: list[tuple[Line | None, list[Line]]]
    unsure: list[int]


class _Doubtful(Exception):
    """The text is ambiguous here: only the general reader can decide."""


def read_runs(rows: list[PlainLine]) -> tuple[list[Line], list[Run]] | None:
    """Read a text as runs of articles, each set off from its text and with the next number.

    A second run is that of an annexed document whose articles start again at 第一条. Returns the lines up to and
    including the first line of the first article, and the runs; None without such runs or if the text is ambiguous.
    """
    starts = _starts(rows)
    try:
        first = next(starts, None)
        if first is None:
            return None
        before = lines_of(rows[: first[0] + 1])
        return (before, _runs(rows, first, starts)) if _is_plain_beginning(before) else None
    except _Doubtful:
        return None


def _runs(rows: list[PlainLine], first: Start, starts: Iterator[Start]) -> list[Run]:
    """The runs from the article `first` on; `starts` yields the starts of the articles after it."""
    runs: list[Run] = []
    annexes = 0
    following: Start | None = first
    while following is not None:
        reader = _Reader(rows, f"annex-{annexes}-" if annexes else "")
        end, following = reader.read(following, starts)
        is_last = following is None
        after = lines_of(rows[end : None if following is None else following[0] + 1], end)
        documents = split_documents(after)
        if not _is_plain_end(after, is_last) or (not is_last and (len(documents) == 1 or after[-1].cited)):
            raise _Doubtful
        annexes += len(documents) - 1
        runs.append(Run(reader.middle, documents, [*reader.unsure, end + 1]))
    return runs


def _starts(rows: list[PlainLine]) -> Iterator[Start]:
    """Yield the start of each article; its list of headings is complete once the next start is requested.

    Raises _Doubtful where a number is neither the next nor a restart at 1.
    """
    headings: list[Line] = []
    last, last_sub = -1, 0
    for index, (number, _, opening, text) in enumerate(rows):
        if number:
            value, sub = article_number(number)
        elif opening == "第":
            read = structure_of(text.rstrip(), index + 1)
            first = read[0]
            if len(read) != 1 or first.kind is not _ARTICLE:
                if first.kind is not _PARAGRAPH:
                    headings.extend(read)
                continue
            value, sub = first.value, first.sub
            if not first.spaced:
                raise _Doubtful
        else:
            continue
        follows = value == last + 1 if not sub else (value, sub) in ((last + 1, 1), (last, last_sub + 1))
        if not follows and last >= 0 and (value != 1 or sub):
            raise _Doubtful
        headings = []
        yield index, value, sub, headings
        last, last_sub = value, sub


def _is_plain_end(after: list[Line], is_last: bool) -> bool:
    """Whether what follows a run is unambiguous: no articles between two runs, nor in the annexes of the last."""
    between = after[1:] if is_last else after[1:-1]
    if any(line.kind is _ARTICLE or line.cited for line in between):
        return False
    return not is_last or not any(line.kind in HEADINGS for line in between)


def _is_plain_beginning(before: list[Line]) -> bool:
    """Whether only titles, notes, headings and a preamble precede the first article."""
    article = before[-1]
    if not article.text or article.text[-1] not in "。：；" or article.sub or ends_of_letters(before):
        return False
    return all(
        line.kind is _PARAGRAPH or (line.kind in HEADINGS and line.heading and line.heading[-1] not in "、，")
        for line in before[:-1]
    )


class _Reader:
    """Reads the articles of one run from rows, and collects `middle` and `unsure` as in `Run`."""

    def __init__(self, rows: list[PlainLine], prefix: str) -> None:
        self.rows = rows
        self.prefix = prefix
        self.middle: list[Line | Provision] = []
        self.unsure: list[int] = []

    def read(self, first: Start, starts: Iterator[Start]) -> tuple[int, Start | None]:
        """Read all articles but the last; return the row of the last one, and where the next run begins.

        An annex ends the run: then the last article is the one before it. Raises _Doubtful if the text is ambiguous or
        the run too short.
        """
        rows, prefix, middle = self.rows, self.prefix, self.middle
        append = middle.append
        articles = 1
        start, value, sub, headings = first
        for following in starts:
            end, number_after, sub_after, _ = following
            if number_after == 1 and not sub_after:
                break
            number, _, _, text = rows[start]
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
                append(provision((anchor, _ARTICLE, number, "", "", below, start + 1, number)))
                middle.extend(headings)
            else:
                self._read_closely(start, end, anchor)
            articles += 1
            start, value, sub, headings = following
        else:
            following = None
        if articles < _FEWEST:
            raise _Doubtful
        return start, following

    def _only_headings(self, headings: list[Line], end: int) -> bool:
        """Whether the rows from the first heading to row `end` are nothing but headings with their titles."""
        first = headings[0].place - 1
        if not all(line.kind in HEADINGS and line.heading and line.heading[-1] not in "、，" for line in headings):
            return False
        return sum(map(any, self.rows[first:end])) == len(headings)

    def _read_closely(self, start: int, end: int, anchor: str) -> None:
        """Read an article whose lines are not all plain, and the headings after it."""
        lines = lines_of(self.rows[start:end], start)
        at, total = 1, len(lines)
        while at < total and ((kind := lines[at].kind) is _PARAGRAPH or kind is _ITEM):
            if lines[at].style is Style.DUN or lines[at].cited:
                raise _Doubtful
            at += 1
        self.unsure.append(start + 1)
        self.middle.append(build_article(lines[0], lines[1:at], anchor))
        for line in lines[at:]:
            if line.kind in HEADINGS:
                if not line.heading or line.heading[-1] in "、，":
                    raise _Doubtful
            elif line.kind is not _PARAGRAPH:
                raise _Doubtful
            self.middle.append(line)


def _paragraphs(rows: list[PlainLine], start: int, end: int, stem: str) -> tuple[Provision, ...] | None:
    """The paragraphs of the article on rows `start` to `end`; None unless all lines are plain text or plain items."""
    paragraphs: list[Provision] = []
    items: list[Provision] = []
    lead, place = rows[start][3].rstrip(), start + 1
    anchor = f"{stem}1"
    for at, (_, mark, opening, text) in enumerate(rows[start + 1 : end], start + 2):
        text = text.rstrip()
        if mark:
            value = item_number(mark)
            if value != len(items) + 1:
                return None
            items.append(provision((f"{anchor}-item-{value}", _ITEM, mark, "", text, (), at, mark)))
        elif text:
            if "\t" in text or (opening and not is_plain_text(opening, text)):
                return None
            below = tuple(items) if items else ()
            paragraphs.append(provision((anchor, _PARAGRAPH, "", "", lead, below, place, "")))
            lead, place = text, at
            anchor = f"{stem}{len(paragraphs) + 1}"
            items = []
    below = tuple(items) if items else ()
    paragraphs.append(provision((anchor, _PARAGRAPH, "", "", lead, below, place, "")))
    return tuple(paragraphs)
