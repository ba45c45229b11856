"""Tells page numbers and running heads of a PDF from its text, and names those that are left out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from consult.text.numerals import read_number

_NUMERAL: Final = r"\d{1,4}|[一二三四五六七八九十〇]{1,4}"
_PAGE_NUMBER: Final = re.compile(
    rf"^[\s\-—–－·~～•|/]*(?:第\s*)?({_NUMERAL})(?:\s*页)?(?:\s*[/／,，]?\s*(?:共|of)?\s*\d{{1,4}}\s*页?)?[\s\-—–－·~～•|]*$"
)
_WITH_ITS_SIGNS: Final = re.compile(
    rf"^\s*[-—–－·~～•|]\s*(?:{_NUMERAL})\s*[-—–－·~～•|]\s*$|^\s*第\s*(?:{_NUMERAL})\s*页"
)
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_MARGIN: Final = 0.12  # share of a page's height at top and bottom for running heads and page numbers
_OUTERMOST: Final = 2  # lines at each end of a page that may belong to its margin
_REPEATED: Final = 3  # pages that a running head stands on at least
_APART: Final = 1.25  # times the usual distance between lines that a running head is away from the text
_ANY_DISTANCE: Final = 1.05  # the same for a page number: any distance that isn't the lines' own
_SAME_LINE: Final = 0.003  # share of a page's height within which two pieces are on one line
_SMALLER: Final = 0.9  # times the size of the text that makes a line a head, whatever its distance
_LARGER: Final = 1.1  # times the size of the text that makes a line a title
_NAMED: Final = 5  # running heads that a warning quotes


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: edges and size in points, the height of its middle as a share of the page, from its foot.

    `centred` says whether it stands in the middle of the page's width.
    """

    text: str
    left: float
    right: float
    size: float
    height: float
    page: int
    centred: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """The lines of a document without its margins, and what was left out, in Chinese."""

    lines: list[Line]
    warnings: tuple[str, ...] = ()


def without_margins(pages: list[list[Line]]) -> Body:
    """Leave out page numbers and running heads.

    They stand in the margin of most pages, at one height, apart from the text or smaller than it; a running head has
    the same words on each, and numbers in it stay the same or grow with the pages; smaller than the text, it may
    stand anywhere. All else is text, also a line that every page of a long table ends with. A number written as page
    numbers are (— 1 —, 第1页) is left out anyway.
    """
    layout = _Layout(pages)
    layout.leave_out(line for line in layout.margins if _WITH_ITS_SIGNS.match(line.text))
    bare = [line for line in layout.margins if _PAGE_NUMBER.match(line.text)]
    for group in layout.on_most_pages(bare, lambda line: ""):
        if _grows(group) and layout.is_apart(group, _ANY_DISTANCE):
            layout.leave_out(group)
    numbers = len(layout.left_out)
    heads = [line for line in layout.margins if line.text[-1] not in "。；："]
    groups = layout.on_most_pages(heads, _words, at_least=_REPEATED)
    for _ in range(_OUTERMOST):  # from the text outwards: a head may have two lines
        for group in groups:
            if _counts_pages(group) and not layout.is_title(group) and layout.is_apart(group, _APART):
                layout.leave_out(group)
    for group in layout.on_most_pages(layout.small(), _words, at_least=_REPEATED):
        if _counts_pages(group):
            layout.leave_out(group)
    return Body(layout.text(), _warnings([*layout.left_out.values()][numbers:], numbers))


class _Layout:
    """The pages of a document, and what of them was found to be no text."""

    def __init__(self, pages: list[list[Line]]) -> None:
        self._pages = pages
        lines = [line for page in pages for line in page]
        sizes = [line.size for line in lines if _CHINESE.search(line.text)]  # a column of digits is lower
        self._size = median(sizes) if sizes else 0.0
        self._distance = usual_distance(lines)
        self.margins = [line for page in pages for line in _in_margin(page)]
        self.left_out: dict[int, Line] = {}

    def leave_out(self, lines: Iterable[Line]) -> None:
        """Count lines as no text."""
        self.left_out.update({id(line): line for line in lines})

    def text(self) -> list[Line]:
        """Return the lines that weren't left out."""
        return [line for page in self._pages for line in page if id(line) not in self.left_out]

    def small(self) -> list[Line]:
        """Return the lines that are smaller than the text, wherever they stand."""
        return [line for page in self._pages for line in page if line.size < _SMALLER * self._size]

    def on_most_pages(
        self, lines: Iterable[Line], words: Callable[[Line], str], *, at_least: int = 1
    ) -> list[list[Line]]:
        """Return the lines with the same words at one height of most pages, or of most with even or odd numbers."""
        places: dict[tuple[str, int], list[Line]] = defaultdict(list)
        for line in lines:
            if id(line) not in self.left_out:
                places[words(line), round(line.height * 200)].append(line)
        return [group for group in places.values() if self._are_most({line.page for line in group}, at_least)]

    def _are_most(self, on_pages: set[int], at_least: int) -> bool:
        if len(on_pages) < at_least:
            return False
        for which in (slice(None), slice(0, None, 2), slice(1, None, 2)):
            numbers = {number for number in range(len(self._pages))[which] if self._pages[number]}
            if 2 * len(numbers & on_pages) > len(numbers):
                return True
        return False

    def is_title(self, group: list[Line]) -> bool:
        """Say whether lines are larger than the text: the name of a form that fills every page."""
        return median(line.size for line in group) > _LARGER * self._size

    def is_apart(self, group: list[Line], times: float) -> bool:
        """Say whether most lines of a group are smaller than the text, or farther from it than lines usually are."""
        separate = [line.size < _SMALLER * self._size or self._to_text(line) > times * self._distance for line in group]
        return 2 * sum(separate) > len(group)

    def _to_text(self, line: Line) -> float:
        """Return how far it is to the next line towards the middle of the page; 1 if that one was left out."""
        inwards = 1 if line.height < 0.5 else -1
        further_in = [other for other in self._pages[line.page] if (other.height - line.height) * inwards > _SAME_LINE]
        nearest = min(further_in, key=lambda other: abs(other.height - line.height), default=None)
        return 1.0 if nearest is None or id(nearest) in self.left_out else abs(nearest.height - line.height)


def usual_distance(lines: Iterable[Line]) -> float:
    """Return the distance from one line to the next that is usual, as a share of the page's height; 0 if none is."""
    lines = list(lines)
    steps = Counter(
        round(before.height - line.height, 3)
        for before, line in pairwise(lines)
        if before.page == line.page and before.height > line.height
    )
    common = [step for step, count in steps.items() if count >= max(1, len(lines) // 50)]
    return min(common, default=0.0)


def _in_margin(page: list[Line]) -> list[Line]:
    """Return the two highest and the two lowest lines of a page, as far as they are in its margin."""
    ordered = sorted(page, key=lambda line: line.height)
    ends = ordered if len(ordered) <= 2 * _OUTERMOST else [*ordered[:_OUTERMOST], *ordered[-_OUTERMOST:]]
    return [line for line in ends if not _MARGIN < line.height < 1 - _MARGIN]


def _words(line: Line) -> str:
    """Return a line's text without spaces and without its numbers."""
    return re.sub(r"\d+", "#", "".join(line.text.split()))


def _grows(group: list[Line]) -> bool:
    """Say whether numbers grow by one from page to page, but for those that begin again; one alone is its page's."""
    values = {line.page: read_number(match[1]) or 0 for line in group if (match := _PAGE_NUMBER.match(line.text))}
    steps = [values[page + 1] - value for page, value in values.items() if page + 1 in values]
    if not steps:
        return all(value == page + 1 for page, value in values.items())
    return 2 * steps.count(1) > len(steps)


def _counts_pages(group: list[Line]) -> bool:
    """Say whether each number in a line is the same on every page, or grows with the pages; an article's doesn't."""
    numbers = zip(*([int(digits) for digits in re.findall(r"\d+", line.text)] for line in group), strict=True)
    return all(
        len(set(values)) == 1 or len({value - line.page for value, line in zip(values, group, strict=True)}) == 1
        for values in numbers
    )


def _warnings(heads: list[Line], numbers: int) -> tuple[str, ...]:
    """Say in Chinese what was left out, a running head in the words of its first page."""
    counts = Counter(map(_words, heads))
    first = {_words(line): re.sub(r"\s+", " ", line.text) for line in reversed(heads)}
    parts = [f"“{first[words]}”{count} 处" for words, count in counts.most_common(_NAMED)]
    if len(counts) > _NAMED:
        parts[-1] += f"等共 {len(heads)} 处"
    parts += [f"页码 {numbers} 处"] if numbers else []
    return (f"已略去页眉页脚：{'，'.join(parts)}。如有正文在内，请改用 .docx 上传。",) if parts else ()
