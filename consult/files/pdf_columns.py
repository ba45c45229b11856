"""Finds two columns on the pages of a PDF by where lines begin and end, and puts their lines in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from consult.files.pdf_margins import Line

_FEWEST: Final = 5  # lines of each column
_CLEAR: Final = 0.9  # share of a page's lines that lie on one side of the gutter, from which there are columns
_DOUBTFUL: Final = 0.7  # the same from which there may be
_SHARE: Final = 0.2  # share of a page's characters that the shorter column has at least
_FULL: Final = 0.6  # share of a column's width that its lines fill on average; cells of a table don't
_MIDDLE: Final = (0.3, 0.7)  # where a gutter may be, as shares of the text's width
_STEPS: Final = 40  # places in it that are tried
_NAMED: Final = 5  # pages that a warning names


@dataclass(frozen=True, slots=True)
class Ordered:
    """The lines of a document in reading order, a second column moved over the first; warnings in Chinese."""

    lines: list[Line]
    warnings: tuple[str, ...] = ()


def in_reading_order(lines: Sequence[Line]) -> Ordered:
    """Order the lines of each page with two columns: down the first, then down the second.

    A line across both ends what stands above it. The second column's edges become those of the first, so that lines
    are joined alike in both.
    """
    pages: dict[int, list[Line]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    gutters = {number: _gutter(page) for number, page in pages.items()}
    clear = [gutter for gutter, share in gutters.values() if gutter is not None and share >= _CLEAR]
    usual = median(clear) if 2 * len(clear) >= len(pages) and clear else None
    edges = _edges([line for number, page in pages.items() if gutters[number][1] >= _CLEAR for line in page], usual)
    ordered: list[Line] = []
    doubtful: list[int] = []
    for number, page in pages.items():
        gutter, share = gutters[number]
        if gutter is not None and share >= _CLEAR:
            ordered += _by_columns(page, gutter, edges or _edges(page, gutter))
        elif usual is not None and _beside(page, usual) >= _CLEAR * len(page):  # the last page, with a few lines
            ordered += _by_columns(page, usual, edges)
        else:
            ordered += page
            doubtful += [number + 1] if gutter is not None else []
    if not doubtful:
        return Ordered(ordered)
    named = "、".join(map(str, doubtful[:_NAMED])) + ("等" if len(doubtful) > _NAMED else "")
    return Ordered(ordered, (f"第{named}页像是分栏排版，栏的界线不清，文字的先后可能有误，请核对，最好上传 .docx。",))


def _beside(page: list[Line], gutter: float) -> int:
    """How many lines of a page lie on one side of a gutter."""
    return sum(line.right <= gutter or line.left >= gutter for line in page)


def _edges(lines: list[Line], gutter: float | None) -> float:
    """How far the second column's left edge is from the first's, in points; 0 without columns."""
    if gutter is None:
        return 0.0
    first = [line.left for line in lines if line.right <= gutter]
    second = [line.left for line in lines if line.left >= gutter]
    return min(second) - min(first) if first and second else 0.0


def _gutter(page: list[Line]) -> tuple[float | None, float]:
    """Where a page's lines are divided best, and the share of them that lie on one side; None if nowhere."""
    if len(page) < 2 * _FEWEST:
        return None, 0.0
    left, right = min(line.left for line in page), max(line.right for line in page)
    best: tuple[float | None, float] = None, 0.0
    for step in range(_STEPS + 1):
        at = left + (right - left) * (_MIDDLE[0] + (_MIDDLE[1] - _MIDDLE[0]) * step / _STEPS)
        before = [line for line in page if line.right <= at]
        after = [line for line in page if line.left >= at]
        share = (len(before) + len(after)) / len(page)
        if share > max(best[1], _DOUBTFUL) and _are_columns(before, after):
            best = at, share
    return best


def _are_columns(before: list[Line], after: list[Line]) -> bool:
    """Whether two groups of lines are columns of running text that stand beside each other."""
    if min(len(before), len(after)) < _FEWEST:
        return False
    lengths = [sum(len(line.text) for line in side) for side in (before, after)]
    if min(lengths) < _SHARE * sum(lengths):
        return False
    overlap = min(max(line.height for line in side) for side in (before, after)) - max(
        min(line.height for line in side) for side in (before, after)
    )
    heights = [max(line.height for line in side) - min(line.height for line in side) for side in (before, after)]
    return overlap > 0.5 * min(heights) and all(map(_is_running, (before, after)))


def _is_running(side: list[Line]) -> bool:
    width = max(line.right for line in side) - min(line.left for line in side)
    return sum(line.right - line.left for line in side) >= _FULL * width * len(side)


def _by_columns(page: list[Line], gutter: float, shift: float) -> list[Line]:
    """A page's lines by bands between the lines across both columns, each band column by column.

    `shift` is how far the second column is moved to the left, in points.
    """
    second = [line for line in page if line.left >= gutter]
    first = [line for line in page if line.right <= gutter]
    across = sorted((line for line in page if line.left < gutter < line.right), key=lambda line: -line.height)
    ordered: list[Line] = []
    top = 1.0
    for low, line in [*((line.height, line) for line in across), (0.0, None)]:
        for side, by in ((first, 0.0), (second, shift)):
            band = sorted((each for each in side if low <= each.height < top), key=lambda each: -each.height)
            ordered += [replace(each, left=each.left - by, right=each.right - by) for each in band]
        if line is not None:
            ordered.append(line)
        top = low
    return ordered
