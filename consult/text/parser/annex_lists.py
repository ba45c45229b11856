"""The list of annexes above a signature, 附件：1.分工表 2.责任清单: it only names what comes below, or separately."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from consult.text.parser.closings import end_of_tail, starts_closing
from consult.text.parser.lines import SENTENCE_ENDS, Line, Style
from consult.text.parser.tree import Kind

_NAME_LIMIT: Final = 60  # characters of an annex's name
_NUMBERS: Final = (Style.ARABIC, Style.LISTED, Style.DUN, Style.ARABIC_BRACKET, Style.HALF, Style.BRACKET)
_LABEL: Final = re.compile(r"附\s*[件表录图]?\s*(?P<n>[0-9０-９一二三四五六七八九十]{1,3})?\s*[：:．.、]?\s*")
_NUMBER: Final = re.compile(
    r"(?:[0-9０-９]{1,2}\s*[．.、)）]|[（(][0-9一二三四五六七八九十]{1,2}[）)]|[一二三四五六七八九十]{1,3}、)\s*"
)
_FIRST_NUMBER: Final = re.compile(r"(?:[1１]\s*[．.、)）]|[（(][1一][）)]|一、)")
_EXTENSION: Final = re.compile(r"\.(?:docx?|wps|xlsx?|et|pdf|ofd|zip|rar)$", re.IGNORECASE)
_TITLE_LINES: Final = 4


def settle_lists(lines: list[Line]) -> list[Line]:
    """Turn the lines of each list of annexes into lines of the frame."""
    settled = lines
    index = 0
    while index < len(lines):
        end = _end_of_list(lines, index) if lines[index].kind is Kind.ANNEX else None
        if end is None:
            index += 1
            continue
        settled = list(lines) if settled is lines else settled
        settled[index:end] = [line.as_kind(Kind.ATTACHMENT) for line in lines[index:end]]
        index = end
    return settled


def titles_of(texts: Iterable[str]) -> list[str]:
    """The titles that the lines of a list name, without label and number; a broken title is joined."""
    titles: list[str] = []
    is_open = False  # whether the title before goes on with a line that has neither label nor number
    for text in texts:
        label = _LABEL.match(text)
        rest = text[label.end() :] if label else text
        number = _NUMBER.match(rest)
        title = _EXTENSION.sub("", (rest[number.end() :] if number else rest).strip().rstrip("；;。"))
        if is_open and not label and not number:
            titles[-1] += title
        elif title:
            titles.append(title)
        is_open = bool(title)
    return titles


def _end_of_list(lines: list[Line], index: int) -> int | None:
    """The index after the list that begins with the label at `index`; None where an annex itself begins there."""
    first = lines[index]
    if not first.heading and first.written[-1] not in "：:":
        return None
    named = [first.heading] if first.heading else []
    is_clear = True
    last = first.value or int(_FIRST_NUMBER.match(first.heading) is not None)
    for at in range(index + 1, len(lines) + 1):
        if named and _is_complete(lines, at, first, named, is_clear):
            return at
        if at == len(lines):
            return None
        line = lines[at]
        if line.kind is Kind.ANNEX and line.heading and first.value and line.value == last + 1:
            named.append(line.heading)
            last = line.value
        elif _is_entry(line) and line.value == last + 1 and (last or not named):
            named.append(line.text)
            last = line.value
        elif line.kind is Kind.PARAGRAPH and _can_be_name(line.text) and not (named and line.text[0] in "（("):
            named = [*named[:-1], f"{named[-1] if named else ''}{line.text}"]
            is_clear = False
        else:
            return None
    return None


def _is_entry(line: Line) -> bool:
    is_name = 0 < len(line.text) <= _NAME_LIMIT and "。" not in line.text[:-1]
    return is_name and line.kind is Kind.ITEM and line.style in _NUMBERS


def _can_be_name(text: str) -> bool:
    return len(text) <= _NAME_LIMIT and "。" not in text and text[-1] not in "：:"


def _is_complete(lines: list[Line], at: int, first: Line, named: list[str], is_clear: bool) -> bool:
    """Whether a list may end before `at`: a signature, a footer, the first annex or the end of the text follows.

    At the end of the text it must be clear, without a line that has no number.
    """
    if at == len(lines) or end_of_tail(lines, at) == len(lines):
        return is_clear and all(name[-1] not in SENTENCE_ENDS for name in named)
    if starts_closing(lines, at):
        return True
    line = lines[at]
    if line.kind is Kind.ANNEX:
        return not first.value or line.value <= first.value
    return _is_title_of(lines, at, named)


def _is_title_of(lines: list[Line], at: int, named: list[str]) -> bool:
    """Whether the first annex begins at `at`, without a label, with the title that the list names first."""
    title = ""
    wanted = _compact(titles_of([named[0]])[0]) if titles_of([named[0]]) else ""
    for line in lines[at : at + _TITLE_LINES]:
        if line.kind is not Kind.PARAGRAPH:
            return False
        title += _compact(line.text)
        if title == wanted:
            return True
    return False


def _compact(text: str) -> str:
    return "".join(text.split()).strip("《》")
