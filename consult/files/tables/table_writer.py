"""Writes tables for spreadsheet programs from untrusted texts."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.protection import SheetProtection

Value = str | int | float | bool | None
_MAX_CELL = 32_767  # UTF-16 units: the most that Excel keeps in a cell
_MAX_ROWS = 1_048_576
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_CUT = "……（超过一个单元格的容量，以下从略，全文见平台）"


@dataclass(frozen=True)
class Sheet:
    """A sheet to be written: its `name`, its header, its rows, and its columns' widths in characters.

    `choices` are the words that a cell of a column is chosen from; a spreadsheet program refuses others. Where there
    are `editable` columns the sheet is protected, without a password, but for their cells, which hold text whatever is
    typed; rows can be filtered.
    """

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Value]]
    widths: Sequence[float] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    editable: Collection[str] = ()


def write_xlsx(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write `sheets` to `path`, row by row; the file appears there whole or not at all.

    Every text is written as text: one that looks like a formula stays text, also when the cell is edited or the sheet
    saved as CSV. Control characters that XML doesn't allow become U+FFFD.
    """
    book = Workbook(write_only=True)
    try:
        names: set[str] = set()
        for sheet in sheets:
            _write_sheet(book.create_sheet(_sheet_name(sheet.name, names)), sheet)
        _replace(path, book.save)
    except BaseException:
        for page in book.worksheets:
            with suppress(Exception):  # openpyxl's own temporary files; what went wrong first is what counts
                page.close()
        raise


def _write_sheet(page: Any, sheet: Sheet) -> None:
    page.freeze_panes = "A2"
    for position in range(1, len(sheet.columns) + 1):
        width = sheet.widths[position - 1] if position <= len(sheet.widths) else 18
        page.column_dimensions[get_column_letter(position)].width = width
    page.append([_header(page, column) for column in sheet.columns])
    cells = [_Cells(page, editable=column in sheet.editable) for column in sheet.columns]
    last = 1
    for row in sheet.rows:
        page.append([cell.of(value) for cell, value in zip(cells, row, strict=True)])
        last += 1
    for column, words in sheet.choices.items():
        letter = get_column_letter(list(sheet.columns).index(column) + 1)
        page.data_validations.append(_choice(words, f"{letter}2:{letter}{_MAX_ROWS}"))
    if sheet.editable:
        page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{last}"
        page.protection = SheetProtection(
            sheet=True, autoFilter=False, sort=False, formatCells=False, formatColumns=False, formatRows=False
        )


def _choice(words: Sequence[str], cells: str) -> DataValidation:
    return DataValidation(
        "list",
        formula1=f'"{",".join(words)}"',
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="stop",
        errorTitle="请从列表中选择",
        error=f"只能填：{'、'.join(words)}。",
        sqref=cells,
    )


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Write UTF-8 with a byte order mark, which Excel needs; an apostrophe keeps formulas from running."""

    def write(file: Any) -> None:
        with open(file.name, "w", encoding="utf-8-sig", newline="") as text:  # noqa: PTH123 - a name, not a path
            writer = csv.writer(text)
            writer.writerow(columns)
            for row in rows:
                writer.writerow([_guarded(value) for value in row])

    _replace(path, write)


def _guarded(value: Value) -> Value:
    """Keep a spreadsheet program from running a text of a CSV file as a formula (OWASP, CSV Injection)."""
    if not isinstance(value, str):
        return value
    text = _ILLEGAL.sub("\ufffd", value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _header(page: Any, text: str) -> Any:
    cell = WriteOnlyCell(page, _text(text))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="E8EEF4")
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


class _Cells:
    """Makes the cells of a column; the few styles that they have are worked out once."""

    def __init__(self, page: Any, *, editable: bool) -> None:
        self._page, self._editable = page, editable
        self._plain, self._quoted = (self._style(quoted) for quoted in (False, True))

    def _style(self, quoted: bool) -> Any:
        cell: Any = WriteOnlyCell(self._page)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        if self._editable:
            cell.protection = Protection(locked=False)
            cell.number_format = "@"
        if quoted:
            cell.quotePrefix = True
        return cell._style

    def of(self, value: Value) -> Any:
        """Return the cell of a value."""
        if not isinstance(value, str):
            return value
        cell: Any = WriteOnlyCell(self._page, _text(value))
        cell.data_type = "s"  # what begins with an equals sign was taken for a formula
        cell._style = self._quoted if value.startswith(_FORMULA_STARTS) else self._plain
        return cell


def _text(value: str) -> str:
    """Return a text that a cell can hold: no illegal characters, not too long, nothing read as an escape."""
    text = _ESCAPED.sub("_x005F_", _ILLEGAL.sub("\ufffd", value))
    if len(text) * 2 <= _MAX_CELL or len(text.encode("utf-16-le")) <= _MAX_CELL * 2:
        return text
    kept = text.encode("utf-16-le")[: (_MAX_CELL - len(_CUT)) * 2].decode("utf-16-le", "ignore")
    return kept + _CUT


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that Excel allows: 31 characters, none of []:*?/\\, no two alike."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", _ILLEGAL.sub("", name)).strip("' ")[:31] or "表"
    unique, number = plain, 2
    while unique.lower() in taken:
        suffix = f"({number})"
        unique, number = plain[: 31 - len(suffix)] + suffix, number + 1
    taken.add(unique.lower())
    return unique


def _replace(path: Path, write: Any) -> None:
    """Write a temporary file beside `path`, flush and rename it, so that the file is never incomplete."""
    path = Path(path)
    file = tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=path.suffix, delete=False)  # noqa: SIM115
    try:
        with file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(file.name).unlink()
        raise
