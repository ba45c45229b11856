"""The cells of a Word table: merged ones, and the columns of a table of changes (修改对照表)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from consult.files.docx_numbering import W

COMPARISON: Final = "修改对照表（{rows} 行）：以“{new}”一栏作为文稿读取，其余各栏没有读取，请核对。"
_OLD: Final = re.compile(
    r"(?:修[改订]前|原(?:文|条文|条款|规定|办法|条例|稿|来|内容|表述)|现行|旧|原《|修改之前|[《【].*现行)"
)
_NEW: Final = re.compile(
    r"(?:修[改订]后|新|拟修[改订]|修[改订](?:稿|建议|草案|内容|条文)|征求意见稿|草案|送审稿|调整后)"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's lines, how many columns it spans, and whether it goes on with the cell above it."""

    lines: list[str]
    span: int = 1
    continues: bool = False

    @classmethod
    def of(cls, element: etree._Element, lines: list[str]) -> Cell:
        """Read a cell's properties (w:tcPr)."""
        properties = element.find(f"{W}tcPr")
        span = None if properties is None else properties.find(f"{W}gridSpan")
        merged = None if properties is None else properties.find(f"{W}vMerge")
        width = "" if span is None else span.get(f"{W}val", "")
        continues = merged is not None and merged.get(f"{W}val", "continue") == "continue"
        return cls(lines, max(1, int(width)) if width.isdecimal() and len(width) < 4 else 1, continues)


class Grid:
    """The rows of a table from the top, so that a merged cell keeps its label in each of them."""

    def __init__(self) -> None:
        self._above: dict[int, list[str]] = {}

    def row(self, cells: Sequence[Cell]) -> list[list[str]]:
        """The lines of each cell of the next row; a cell that goes on has those of the cell above it."""
        column = 0
        shown: list[list[str]] = []
        for cell in cells:
            goes_on = cell.continues and not any(line.strip() for line in cell.lines)
            lines = self._above.get(column, cell.lines) if goes_on else cell.lines
            self._above[column] = lines
            shown.append(lines)
            column += cell.span
        return shown


def column_of_new_text(rows: Sequence[Sequence[Sequence[str]]]) -> int | None:
    """The column of a table of changes with the new text: its heading says so, and another's says it has the old."""
    if len(rows) < 2:
        return None
    heads = ["".join("".join(cell).split()) for cell in rows[0]]
    new = [at for at, head in enumerate(heads) if _NEW.match(head) or (_NEW.search(head) and not _OLD.match(head))]
    old = [at for at, head in enumerate(heads) if _OLD.match(head)]
    return new[0] if len(new) == 1 and old and old != new and len(heads[new[0]]) < 40 else None
