"""Splits a source into documents: annexes with and without a label, rules sent out with a covering letter."""

from __future__ import annotations

from typing import Final

from consult.text.parser.articles import as_plain, follows
from consult.text.parser.front_matter import ends_like_a_title
from consult.text.parser.lines import SENTENCE_ENDS, Line, Style, shape_of
from consult.text.parser.signatures import end_of_tail, is_date, is_signed
from consult.text.parser.tree import HEADINGS, STRUCTURE, Kind

_ANNOUNCED: Final = 20  # lines from 附件：某办法 to the date of the letter that it belongs to
_NAME_LIMIT: Final = 50  # characters of a title, or of an annex in a list of annexes
_TITLE_LINES: Final = 4
_DATE_ENDS: Final = "日月）)0123456789"


def split_documents(settled: list[Line]) -> list[tuple[Line | None, list[Line]]]:
    """Cut the body into the document itself and its annexes.

    An annex begins at 附件…, at a title after which articles start again at 第一条, or below the signature of a letter.
    Returns pairs of the annex's opening line (None for the document itself, and for an annex without a label) and its
    lines.
    """
    lines = settled
    cuts = [(start, False) for start in ends_of_letters(settled)]
    next_articles: list[Line | None] = []
    last: Line | None = None
    for index in [index for index, letter in enumerate(shape_of(settled)) if letter == "A" or letter == "X"]:
        line = settled[index]
        if line.kind is Kind.ANNEX:
            next_articles = next_articles or _next_articles(settled)
            following = next_articles[index]
            # If the article after 附… continues the numbering, 附… belongs to the text before it.
            goes_on = following is not None and last is not None and follows(following, last)
            if index and not goes_on and not _is_announced(settled, index):
                cuts.append((index, True))
                last = None
            else:
                lines = list(lines) if lines is settled else lines
                lines[index] = as_plain(line)
        else:
            restarts = line.value == 1 and not line.sub and last is not None and last.value >= 2
            if restarts and (start := _restart_begins(lines, index)) is not None:
                cuts.append((start, False))
            last = line
    if not cuts:
        return [(None, lines)]
    bounds = [*(start for start, _ in cuts), len(lines)]
    documents: list[tuple[Line | None, list[Line]]] = [(None, lines[: bounds[0]])]
    for (start, labelled), end in zip(cuts, bounds[1:], strict=True):
        documents.append((lines[start], lines[start + 1 : end]) if labelled else (None, lines[start:end]))
    return documents


def ends_of_letters(lines: list[Line]) -> list[int]:
    """Indices at which a titled document begins below the signature and date of its covering letter."""
    starts: list[int] = []
    for index, line in enumerate(lines):
        if line.kind in STRUCTURE or (line.kind is Kind.ANNEX and not _is_announced(lines, index)):
            break
        if index and line.text and line.text[-1] in _DATE_ENDS and is_date(line) and is_signed(lines, index):
            start = end = end_of_tail(lines, index + 1)
            while end < len(lines) and end - start < _TITLE_LINES and _can_head(lines[end]):
                end += 1
            if end < len(lines) and any(map(ends_like_a_title, lines[start:end])):
                starts.append(start)
    return starts


def _is_announced(lines: list[Line], index: int) -> bool:
    """Whether 附件：某办法 only lists annexes that come below the letter's date, separately, or at once as 附件1.

    Several form a list: 附件：1.分工表 and 2.责任清单 on the next line, or both below 附件：.
    """
    start = index + 1
    if not lines[index].heading and not (start < len(lines) and _is_listed(lines[start])):
        return False
    for at in range(start, min(len(lines), index + _ANNOUNCED)):
        line = lines[at]
        if line.kind is Kind.ANNEX and line.value == 1 and not lines[index].value:
            return True
        if is_date(line):
            after = end_of_tail(lines, at + 1)
            return is_signed(lines, at) or (after < len(lines) and lines[after].kind is Kind.ANNEX)
        if line.kind is not Kind.PARAGRAPH and not _is_listed(line):
            return False
    return False


def _is_listed(line: Line) -> bool:
    """Whether a line is an entry in a list of annexes: 2.责任清单."""
    return (
        line.kind is Kind.ITEM
        and line.style is Style.ARABIC
        and 0 < len(line.text) <= _NAME_LIMIT
        and line.text[-1] not in "。；：:;"  # a name may be broken over two lines at its comma
    )


def _next_articles(lines: list[Line]) -> list[Line | None]:
    """For each line the next article after it."""
    next_articles: list[Line | None] = [None] * len(lines)
    following: Line | None = None
    for index in range(len(lines) - 1, -1, -1):
        next_articles[index] = following
        if lines[index].kind is Kind.ARTICLE:
            following = lines[index]
    return next_articles


def _restart_begins(lines: list[Line], index: int) -> int | None:
    """Where the document whose 第一条 is at `index` begins; None when numbering merely restarts in each chapter."""
    start = index
    while start and lines[start - 1].kind in HEADINGS:
        start -= 1
        if lines[start].value > 1:
            return None
    titles = 0
    while start and titles < _TITLE_LINES and _can_head(lines[start - 1]):
        start -= 1
        titles += 1
    return start if titles or start < index else None


def _can_head(line: Line) -> bool:
    if line.kind is not Kind.PARAGRAPH or line.style is not Style.NONE:
        return False
    return line.text[0] in "（(" or (len(line.text) <= _NAME_LIMIT and line.text[-1] not in SENTENCE_ENDS)
