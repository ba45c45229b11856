"""Where things are on a page of a PDF, in millimetres from its upper left corner."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw

MILLIMETRES = 25.4 / 72


@dataclass(frozen=True)
class Box:
    """A rectangle: its edges, from the left and the upper edge of the page."""

    left: float
    top: float
    right: float
    bottom: float


class Page:
    """One page, measured."""

    def __init__(self, data: bytes, number: int = 0) -> None:
        self._document = pypdfium2.PdfDocument(data)
        self._page = self._document[number]
        self.pages = len(self._document)
        self._height = self._page.get_height()
        self._text = self._page.get_textpage()
        self.text = self._text.get_text_range()

    def find(self, words: str) -> Box:
        """Return the box around the glyphs of words that are on one line: the first of several."""
        boxes = self.find_all(words)
        assert boxes, words
        return boxes[0]

    def find_all(self, words: str) -> list[Box]:
        """Return the boxes of all places where words are, in the order of the text."""
        searcher, boxes = self._text.search(words), []
        while (hit := searcher.get_next()) is not None:
            glyphs = [self._box(self._text.get_charbox(n)) for n in range(hit[0], hit[0] + hit[1])]
            boxes.append(
                Box(
                    min(box.left for box in glyphs),
                    min(box.top for box in glyphs),
                    max(box.right for box in glyphs),
                    max(box.bottom for box in glyphs),
                )
            )
        return boxes

    def red(self) -> list[Box]:
        """Return what is drawn (not written) in red, from above."""
        boxes = []
        for drawn in self._page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH]):
            if (255, 0, 0) in tuple(self._colours(drawn)):
                boxes.append(self._box(drawn.get_bounds()))
        return sorted(boxes, key=lambda box: box.top)

    @staticmethod
    def _colours(drawn: pypdfium2.PdfObject) -> Iterator[tuple[int, ...]]:
        for ask in (raw.FPDFPageObj_GetFillColor, raw.FPDFPageObj_GetStrokeColor):
            parts = [ctypes.c_uint() for _ in range(4)]
            if ask(drawn.raw, *(ctypes.byref(part) for part in parts)):
                yield tuple(part.value for part in parts[:3])

    def _box(self, bounds: tuple[float, float, float, float]) -> Box:
        left, bottom, right, top = bounds
        return Box(
            left * MILLIMETRES,
            (self._height - top) * MILLIMETRES,
            right * MILLIMETRES,
            (self._height - bottom) * MILLIMETRES,
        )
