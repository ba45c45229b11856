"""Workbooks as offices send them, built for a test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook


def saved(
    path: Path,
    sheets: dict[str, Sequence[Sequence[Any]]],
    *,
    merged: Sequence[str] = (),
    hidden: Sequence[int] = (),
    hidden_sheets: Sequence[str] = (),
) -> Path:
    """Write sheets by title, the first with merged cells and hidden rows; return the path."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        if title in hidden_sheets:
            sheet.sheet_state = "hidden"
    first = book.worksheets[0]
    for cells in merged:
        first.merge_cells(cells)
    for number in hidden:
        first.row_dimensions[number].hidden = True
    book.save(path)
    return path


def written(path: Path, *lines: str) -> Path:
    """Write a CSV file; return the path."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
