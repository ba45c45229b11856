"""Numbers of several parts: 1 总则, 1.1 编制目的, 1.1.1 …, as emergency plans and standards number their text.

A quantity (1.5倍以上的) can begin a line in the same way; the difference is that numbering is consecutive.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from consult.text.numerals import ARABIC, read_number
from consult.text.parser.lines import STOPS, Line, Style
from consult.text.parser.marks import DATE
from consult.text.parser.tree import STRUCTURE, Kind

_ONE: Final = f"[{ARABIC}]{{1,2}}"
_SEVERAL: Final = re.compile(
    rf"({_ONE}(?:[.．]{_ONE}){{1,3}})(?![.．]?[{ARABIC}])([.．、]?\s*)"
)  # 1.1 编制目的, and with a stop: 1.1. or 1.1、
_FIGURE: Final = re.compile(  # but 1.3分级分类 and 1.4以人为本 are headings
    r"[万亿千倍元米吨度亩辆秒栋%％‰℃~～—\-,，、。；+×*/a-zA-Z至到]|百(?!姓)|公[里斤顷分]|平方|立方|[小时]时|分[钟之]|"
    rf"{DATE}"
    r"|个(?![人体性])|名(?![录称单额])|次(?!生)|号(?!召)|家(?![庭属禽畜])|项(?!目)|条(?![件例])|款(?!项)|层(?!级)"
    r"|[人户件台天处](?:以[上下内外]|[的次])|以[上下内外]"
)
_ALONE: Final = re.compile(rf"({_ONE})([ \u3000\t]*)(?![{ARABIC}.．、）)])\S(?:[ \u3000]?\S){{0,29}}$")  # 1  总则
_SKIPPED: Final = 2  # numbers that a draft may have left out
_STYLES: Final = (Style.ARABIC, Style.SECOND, Style.THIRD, Style.FOURTH)


class _Candidate(NamedTuple):
    """A line that may carry such a number: the number's parts, its written form, and whether a space follows it."""

    number: tuple[int, ...]
    written: str
    spaced: bool


def recognise_decimals(lines: list[Line]) -> list[Line]:
    """Turn lines whose number of several parts continues the numbering into marks, with the 1 总则 above them."""
    several = {index: candidate for index, line in enumerate(lines) if (candidate := _several(line)) is not None}
    if not several:
        return lines
    candidates = several | _alone(lines, {candidate.number[0] for candidate in several.values()})
    upcoming, opening = _look_ahead(lines, candidates)
    settled = list(lines)
    open_number: tuple[int, ...] = ()
    listed = 0
    for index, line in enumerate(lines):
        numbered = candidates.get(index)
        if numbered is not None and (
            _continues_numbering(numbered, open_number, upcoming[index])
            or (numbered.number == (1,) and upcoming[index] in ((1, 1), (1, 0, 1)))
        ):
            open_number, listed = numbered.number, 0
            settled[index] = _as_mark(line, numbered)
        elif index in opening:
            open_number, listed = (line.value,), 0
            settled[index] = line._replace(cited=False)
        elif line.kind is Kind.ITEM and line.style in (Style.DUN, Style.ARABIC) and not line.cited:
            if line.style is Style.ARABIC and _is_listed(line.value, open_number, listed, upcoming[index]):
                listed = line.value
                settled[index] = line._replace(style=Style.LISTED)
            else:
                open_number, listed = (line.value,), 0
        elif (line.kind in STRUCTURE and not line.cited) or line.kind is Kind.ANNEX:
            open_number = (line.value,) if line.kind is not Kind.ARTICLE else ()
    return settled


def _look_ahead(lines: list[Line], candidates: dict[int, _Candidate]) -> tuple[list[tuple[int, ...]], set[int]]:
    """For each line the next number that has several parts, or a single one set off by a space (2 组织体系).

    Also the indices of the lines that open with the parent of such a number: 2. is the last 2. before 2.1.
    """
    upcoming: list[tuple[int, ...]] = [()] * len(lines)
    opening: set[int] = set()
    number: tuple[int, ...] = ()
    awaited = 0
    for index in range(len(lines) - 1, -1, -1):
        upcoming[index] = number
        line = lines[index]
        is_sure = line.spaced or not line.cited
        if awaited and line.style is Style.ARABIC and line.value == awaited and is_sure and index not in candidates:
            opening.add(index)
            awaited = 0
        elif index in candidates:
            parts = candidates[index].number
            if candidates[index].spaced or len(parts) > 1:
                number = parts
            awaited = parts[0] if parts[1:] in ((1,), (0, 1)) else 0
    return upcoming, opening


def _is_listed(value: int, open_number: tuple[int, ...], listed: int, upcoming: tuple[int, ...]) -> bool:
    """Whether 1. or 2. is an entry in a list below 1.2 (the previous entry being `listed`), not a higher number.

    It is a higher number when it continues from the open number and not from the list, and the `upcoming` number is
    not below the open one.
    """
    if len(open_number) <= 1:
        return False
    counts_on = value == open_number[0] + 1 and not (listed and value == listed + 1)
    return not counts_on or (bool(upcoming) and upcoming[0] <= value)


def _source(line: Line) -> str:
    """The line as written, unless it has an unambiguous mark; then the empty string."""
    if line.kind is Kind.PARAGRAPH:
        return line.text
    return f"{line.written}{line.text}" if line.cited and line.style is Style.ARABIC else ""


def _several(line: Line) -> _Candidate | None:
    """The number of several parts that a line may begin with, or None."""
    text = _source(line)
    match = _SEVERAL.match(text) if text and text[0] in ARABIC else None
    if match is None or (not match[2] and _FIGURE.match(text, match.end())):
        return None
    parts = tuple(read_number(part) or 0 for part in re.split("[.．]", match[1]))
    can_be = parts[0] and parts[-1] and 0 not in parts[2:]  # 1.0.1 in standards
    return _Candidate(parts, match[1] + match[2].rstrip(), bool(match[2])) if can_be else None


def _alone(lines: list[Line], numbered_below: set[int]) -> dict[int, _Candidate]:
    """Lines like 1  总则, except those on adjacent lines, which are the rows of a table."""
    candidates: dict[int, _Candidate] = {}
    rows: set[int] = set()
    last = max(numbered_below) + 1
    for index, line in enumerate(lines):
        text = line.text
        if line.kind is not Kind.PARAGRAPH or text[0] not in ARABIC or text[-1] in STOPS:
            continue
        match = _ALONE.match(text)
        if match is None or (not match[2] and _FIGURE.match(text, match.end(1))):
            continue
        if 0 < (value := read_number(match[1]) or 0) <= last:
            candidates[index] = _Candidate((value,), match[1], bool(match[2]) and value in numbered_below)
            if index - 1 in candidates and candidates[index - 1].number[0] == value - 1:
                rows |= {index - 1, index}
    return {index: candidate for index, candidate in candidates.items() if index not in rows}


def _continues_numbering(candidate: _Candidate, open_number: tuple[int, ...], upcoming: tuple[int, ...]) -> bool:
    """Whether a number comes after the open one: the next of its rank, or the first below it.

    A gap is allowed before a number that is set off from its text, or from which the upcoming one continues.
    """
    *above, last_part = candidate.number
    if list(open_number[: len(above)]) != above:
        return above[1:] == [0] and last_part == 1 and open_number == tuple(above[:1])
    last = open_number[len(above)] if len(open_number) > len(above) else 0
    followed = upcoming in ((*above, last_part + 1), (*above, last_part, 1))
    return last_part == last + 1 or ((candidate.spaced or followed) and last < last_part <= last + 1 + _SKIPPED)


def _as_mark(line: Line, candidate: _Candidate) -> Line:
    written = candidate.written
    rest = _source(line)[len(written) :]
    text = rest.lstrip()
    joint = " " if text != rest else ""
    style = _STYLES[len(candidate.number) - 1]
    zero = int(candidate.number[1:2] == (0,))
    return Line(line.place, Kind.ITEM, text, f"{written}{joint}", written, candidate.number[-1], zero, style=style)
