"""Splits a source into documents: annexes with and without a label, rules sent out with a covering letter."""

from __future__ import annotations

from typing import Final

from consult.text.parser.annex_lists import settle_lists
from consult.text.parser.articles import as_plain, follows
from consult.text.parser.closings import end_of_tail, is_date, is_signed
from consult.text.parser.lines import Line, Style, shape_of
from consult.text.parser.titles import LINES, can_head, end_of_title, ends_like_a_title
from consult.text.parser.tree import HEADINGS, STRUCTURE, Kind

_PREAMBLE: Final = 6  # lines between the title of a document sent out and its first mark


def split_documents(settled: list[Line]) -> list[tuple[Line | None, list[Line]]]:
    """Cut the body into the document itself and its annexes.

    An annex begins at 附件…, at a title after which articles or marks start again from one, or below the signature of
    a letter; a list of annexes (附件：1.… 2.…) becomes lines of the frame. Returns pairs of the annex's opening line
    (None for the document itself, and for an annex without a label) and its lines.
    """
    settled = settle_lists(settled)
    lines = settled
    starts = ends_of_letters(settled)
    cuts = [(start, False) for start in {*starts, *_restarts_of_marks(settled, starts), *_rules_below_marks(settled)}]
    next_articles: list[Line | None] = []
    last: Line | None = None
    for index in [index for index, letter in enumerate(shape_of(settled)) if letter == "A" or letter == "X"]:
        line = settled[index]
        if line.kind is Kind.ANNEX:
            next_articles = next_articles or _next_articles(settled)
            following = next_articles[index]
            # If the article after 附… continues the numbering, 附… belongs to the text before it.
            goes_on = following is not None and last is not None and follows(following, last)
            if index and not goes_on:
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
    cuts.sort()
    bounds = [*(start for start, _ in cuts), len(lines)]
    documents: list[tuple[Line | None, list[Line]]] = [(None, lines[: bounds[0]])]
    for (start, labelled), end in zip(cuts, bounds[1:], strict=True):
        documents.append((lines[start], lines[start + 1 : end]) if labelled else (None, lines[start:end]))
    return documents


def ends_of_letters(lines: list[Line]) -> list[int]:
    """Indices at which a titled document begins below the signature and date of its covering letter."""
    starts: list[int] = []
    for index, line in enumerate(lines):
        if line.kind in STRUCTURE or line.kind is Kind.ANNEX:
            break
        if index and is_date(line) and is_signed(lines, index):
            start = end = end_of_tail(lines, index + 1)
            while end < len(lines) and end - start < LINES and can_head(lines[end]):
                end += 1
            titled = end < len(lines) and any(map(ends_like_a_title, lines[start:end]))
            if titled or (end > start and _opens_a_count(lines[end : end + _PREAMBLE])):
                starts.append(start)
    return starts


def _opens_a_count(lines: list[Line]) -> bool:
    """Whether the first mark among the lines below a title is the first of its kind: 一、, （一）, 1., 第一条."""
    first = next((line for line in lines if line.kind is Kind.ITEM or line.kind in STRUCTURE), None)
    return first is not None and first.value == 1


def _restarts_of_marks(lines: list[Line], starts: list[int]) -> list[int]:
    """Indices at which one more document begins that a letter sends out: a title, below it 一、 again.

    Its title is one that the text above named, or a preamble stands below it (为……，制定……：).
    """
    if not starts:
        return []
    letter = "".join("".join(line.source.split()) for line in lines[: starts[0]])
    restarts: list[int] = []
    last: Line | None = None
    for index in range(starts[0], len(lines)):
        line = lines[index]
        if line.kind in STRUCTURE or line.kind is Kind.ANNEX:
            break
        if index in starts:
            last = None
        elif line.kind is Kind.ITEM:
            last = line if last is None or line.style <= last.style else last
        elif (
            last is not None and can_head(line) and line.text[0] not in "（(" and lines[index - 1].source[-1] in "。）)"
        ):
            taken = end_of_title(lines[index:])
            title = "".join("".join(part.text.split()) for part in lines[index : index + taken])
            below = lines[index + taken : index + taken + _PREAMBLE]
            first = next((later for later in below if later.kind is Kind.ITEM), None)
            opens = ends_like_a_title(lines[index + taken - 1]) and below[:1] and below[0].text[:1] == "为"
            again = first is not None and first.value == 1 and (first.style is last.style or f"《{title}》" in letter)
            if again and (opens or f"《{title}》" in letter):
                restarts.append(index)
                last = None
    return restarts


def _rules_below_marks(lines: list[Line]) -> list[int]:
    """The index at which rules begin below a decision that has marks of its own (一、将第三条修改为…), or nothing."""
    first = next((at for at, line in enumerate(lines) if line.kind in STRUCTURE), None)
    if first is None or lines[first].value != 1 or any(line.kind is Kind.ANNEX for line in lines[:first]):
        return []
    start = first
    while start and lines[start - 1].kind is Kind.PARAGRAPH and lines[start - 1].text[0] in "（(":
        start -= 1
    if not start or not can_head(lines[start - 1]) or not ends_like_a_title(lines[start - 1]):
        return []
    counted = any(line.style is Style.DUN and line.value > 1 for line in lines[: start - 1])
    return [start - 1] if counted else []


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
    while start and titles < LINES and can_head(lines[start - 1]):
        start -= 1
        titles += 1
    return start if titles or start < index else None
