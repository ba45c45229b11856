"""Where two contents differ, as a writer would say it: whole insertions, what was moved, letters typed twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from consult.text.turning_words import EMPTY_LETTERS, TAKEN_FOR_EACH_OTHER

LONG = 6
"""Characters from which what one text adds is looked at as a sentence of its own."""


class Edit(NamedTuple):
    """Where two contents differ: `[start, end)` in the content, `[at, to)` in the other."""

    start: int
    end: int
    at: int
    to: int


def differences(content: str, other: str) -> list[Edit]:
    """Return the differences in order; neighbouring ones are one."""
    edits: list[Edit] = []
    for operation in Levenshtein.opcodes(content, other):
        if operation.tag == "equal":
            continue
        start, end, at, to = operation.src_start, operation.src_end, operation.dest_start, operation.dest_end
        if edits and edits[-1].end == start and edits[-1].to == at:
            edits[-1] = Edit(edits[-1].start, end, edits[-1].at, to)
        else:
            edits.append(Edit(start, end, at, to))
    edits = _whole_insertions(content, other, edits)
    if all(edit.end - edit.start <= 1 for edit in edits):
        return edits
    return [part for edit in edits for part in _parted(content, other, edit)]


def _whole_insertions(content: str, other: str, edits: list[Edit]) -> list[Edit]:
    """Join two insertions into one where the letters between them fit behind it as well: 一个老兵一个|问题."""
    joined: list[Edit] = []
    for edit in edits:
        last = joined[-1] if joined else None
        if last is not None and last.start == last.end and edit.start == edit.end:
            between = edit.start - last.end
            if between <= LONG and other[edit.to - between : edit.to] == content[last.end : edit.start]:
                joined[-1] = Edit(last.start, last.end, last.at, edit.to - between)
                continue
        joined.append(edit)
    return joined


def _parted(content: str, other: str, edit: Edit) -> Iterator[Edit]:
    """Yield a short difference letter by letter where a letter that says nothing stands for another: 的路 and 地胣."""
    start, end, at, to = edit
    if not 1 < end - start == to - at < LONG or not any(
        a in EMPTY_LETTERS and b in EMPTY_LETTERS for a, b in zip(content[start:end], other[at:to], strict=True)
    ):
        yield edit
        return
    for n in range(end - start):
        if content[start + n] != other[at + n]:
            yield Edit(start + n, start + n + 1, at + n, at + n + 1)


def without_moved(content: str, other: str, edits: list[Edit]) -> list[Edit]:
    """Leave out what both have, at different places."""
    gained = {other[edit.at : edit.to] for edit in edits if edit.start == edit.end and edit.to - edit.at > 1}
    if not gained:
        return edits
    moved = gained & {content[edit.start : edit.end] for edit in edits if edit.at == edit.to}
    if not moved:
        return edits
    return [
        edit
        for edit in edits
        if not (
            (edit.start == edit.end and other[edit.at : edit.to] in moved)
            or (edit.at == edit.to and content[edit.start : edit.end] in moved)
        )
    ]


def parted_runs(edits: list[Edit]) -> Iterator[Edit]:
    """Yield runs of short differences that single characters part: 业主大会 and 物业公司 have 业 in common."""
    run: list[Edit] = []
    for edit in edits:
        if max(edit.end - edit.start, edit.to - edit.at) >= LONG:
            continue
        if run and not (edit.start - run[-1].end <= 1 and edit.at - run[-1].to <= 1):
            if len(run) > 1:
                yield Edit(run[0].start, run[-1].end, run[0].at, run[-1].to)
            run = []
        run.append(edit)
    if len(run) > 1:
        yield Edit(run[0].start, run[-1].end, run[0].at, run[-1].to)


def trimmed(content: str, other: str, edit: Edit) -> Edit:
    """Leave out of a short difference, at its ends, letters that say nothing and letters typed twice."""
    start, end, at, to = edit
    if max(end - start, to - at) >= LONG:
        return edit
    while start < end and at < to and _idle(content[start], other[at]):
        start, at = start + 1, at + 1
    while start < end and at < to and _idle(content[end - 1], other[to - 1]):
        end, to = end - 1, to - 1
    while end - start > to - at > 0 and (part := _idle_end(content, start, end)) != (start, end):
        start, end = part
    while to - at > end - start > 0 and (part := _idle_end(other, at, to)) != (at, to):
        at, to = part
    return Edit(start, end, at, to)


def _idle(letter: str, other: str) -> bool:
    return (letter in EMPTY_LETTERS and other in EMPTY_LETTERS) or f"{letter}{other}" in TAKEN_FOR_EACH_OTHER


def _idle_end(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without a letter at one of its ends that says nothing or is the one beside it."""
    if text[start] in EMPTY_LETTERS or text[start] == text[start - 1 : start]:
        return start + 1, end
    if text[end - 1] in EMPTY_LETTERS or text[end - 1] == text[end : end + 1]:
        return start, end - 1
    return start, end
