"""The table of contents of a draft: from 目录, or short lines that the body repeats in order."""

from __future__ import annotations

import re
from typing import Final

from consult.text.parser.closings import is_date
from consult.text.parser.lines import STOPS, Line
from consult.text.parser.tree import HEADINGS, Kind

_CONTENTS_TITLE: Final = re.compile(r"[【\[]?目\s*[录次][】\]]?$")
_PAGE_NUMBER: Final = re.compile(r"[\s.．·…⋯‥\-—_（(]*\d*[\s）)\-—]*$")
_ARTICLE_RANGE: Final = re.compile(r"[（(]第[^（）()]*条[^（）()]*[）)]")
_FIRST: Final = re.compile(r"[1１](?![0-9０-９])")  # 1 总则, 1.1 编制目的
_CONTENTS_REACH: Final = 400  # lines within which a table of contents begins
_FEWEST_ENTRIES: Final = 4  # of a table of contents without a title
_MOST_ENTRIES: Final = 600
_BODY_REACH: Final = 6000  # lines of the body searched for the entries
_MISSING: Final = 0.2  # share of the entries that may not occur in the body word for word
_ENTRY_LIMIT: Final = 80  # characters of an entry


def take_contents(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Cut out the table of contents: from 目录, or from a heading that is repeated before any article.

    A table of contents without a title, as in many emergency plans, is recognised by the body repeating its entries.
    """
    start = _contents_start(lines)
    if start is None:
        return _take_repeated(lines)
    titled = _CONTENTS_TITLE.match(lines[start].text) is not None
    entries = start + 1 if titled else start
    end = _contents_end(lines, entries)
    if end is None:
        end = _end_of_repeated(lines, entries, 1 if titled else _FEWEST_ENTRIES)
    if end is None:
        end = entries
        while end < len(lines) and _looks_like_entry(lines[end]):
            end += 1
        if not titled:
            return _take_repeated(lines)
    return lines[:start] + lines[end:], lines[start:end]


def _compact(line: Line) -> str:
    """A heading's text for comparing it with its entry in the contents: no spaces, leaders, page number or range."""
    text = "".join(line.source.split())
    return _PAGE_NUMBER.sub("", _ARTICLE_RANGE.sub("", text))


def _contents_start(lines: list[Line]) -> int | None:
    first_heading = None
    for index, line in enumerate(lines[:_CONTENTS_REACH]):
        if line.kind is Kind.PARAGRAPH and line.text[0] in "目【[" and _CONTENTS_TITLE.match(line.text):
            return index
        if line.kind in HEADINGS and first_heading is None:
            first_heading = index
        if line.kind is Kind.ARTICLE:
            break
    return first_heading


def _contents_end(lines: list[Line], start: int) -> int | None:
    """The index at which the first entry's heading is repeated, with nothing but entries in between."""
    if start >= len(lines):
        return None
    first = _compact(lines[start])
    if not first:
        return None
    for index in range(start + 1, len(lines)):
        line = lines[index]
        if _compact(line) == first:
            return index
        if index - start > 600 or (line.kind is Kind.PARAGRAPH and len(line.text) > _ENTRY_LIMIT):
            return None
        if line.kind is Kind.ARTICLE and line.text and line.text[-1] in "。：；":
            return None
        if line.kind is Kind.PARAGRAPH and line.text[-1] == "。":  # a preamble between the contents and the body
            return None
    return None


def _take_repeated(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Cut out a table of contents without a title: the first marks of the text, or the first after a letter."""
    awaited = True
    for index, line in enumerate(lines[:_CONTENTS_REACH]):
        if line.kind is Kind.PARAGRAPH and is_date(line):
            awaited = True
        elif awaited and _is_marked(line):
            awaited = False
            if _opens_a_count(line) and (end := _end_of_repeated(lines, index, _FEWEST_ENTRIES)) is not None:
                return lines[:index] + lines[end:], lines[index:end]
    return lines, []


def _end_of_repeated(lines: list[Line], start: int, fewest: int) -> int | None:
    """The end of a table of contents whose entries begin at `start`; None unless the body repeats nearly all of them.

    There may be a preamble between the last entry and the first heading of the body.
    """
    entries: list[str] = []
    end = start
    while end < len(lines) and _can_be_entry(lines[end]) and (not entries or _compact(lines[end]) != entries[0]):
        entries.append(_compact(lines[end]))
        end += 1
    if not fewest <= len(entries) <= _MOST_ENTRIES:
        return None
    body = [_compact(line) for line in lines[end : end + _BODY_REACH]]
    repeated: list[bool] = []
    at = 0
    for entry in entries:
        if len(entry) <= 1:  # a page's number, or what is left of a broken line
            repeated.append(bool(repeated))
            continue
        hit = next((place for place in range(at, len(body)) if body[place].startswith(entry)), None)
        repeated.append(hit is not None)
        at = at if hit is None else hit + 1
        is_label = hit is None and lines[start + len(repeated) - 1].kind is Kind.ANNEX
        if not repeated[0] or is_label or repeated.count(False) > _MISSING * len(entries):
            return None
    while not repeated[end - start - 1]:
        end -= 1
    return end


def _can_be_entry(line: Line) -> bool:
    return len(line.source) <= _ENTRY_LIMIT and line.source[-1] not in STOPS and line.kind is not Kind.ARTICLE


def _is_marked(line: Line) -> bool:
    return line.kind is not Kind.PARAGRAPH or _FIRST.match(line.text) is not None


def _opens_a_count(line: Line) -> bool:
    return line.value == 1 if line.kind is Kind.ITEM or line.kind in HEADINGS else line.kind is Kind.PARAGRAPH


def _looks_like_entry(line: Line) -> bool:
    """Whether a line is an entry with a page number after leaders or a tab, if the body never repeats the entries."""
    return len(line.source) <= _ENTRY_LIMIT and re.search(r"(?:[.．·…⋯]{2,}|\t|\s{2,})\s*\d+$", line.source) is not None
