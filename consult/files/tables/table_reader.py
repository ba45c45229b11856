"""Reads a table: finds its header, and yields the rows below it by column name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from consult.files import file_type
from consult.files.tables import csv_reader, workbook_reader
from consult.files.tables.account import Named, place_words
from consult.files.tables.byte_source import Source
from consult.files.tables.errors import BadCells, Cells, MarkedCells, Odd, Remark, TableRefused

_HEADER_WITHIN = 15  # rows: a title, a unit and a date may come above the header
_NAME_CHARACTERS = 20
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class BadRow:
    """A row that could not be read; `reason` says in Chinese what is wrong with it."""

    reason: str


class NamedCells(dict[str, str]):
    """The cells of a row by column, with those that are odd; only a book's tables have such rows.

    ``carried`` is what merged cells above say, by column; ``beyond`` what is written right of the head; ``wrong`` why
    it can't be read as a record, which a note need not be.
    """

    def __init__(
        self,
        cells: Mapping[str, str],
        odd: Mapping[str, Odd],
        *,
        hidden: bool = False,
        carried: Mapping[str, str] | None = None,
        beyond: Sequence[str] = (),
        wrong: str = "",
    ) -> None:
        super().__init__(cells)
        self.odd = odd
        self.hidden = hidden
        self.carried = carried or {}
        self.beyond = beyond
        self.wrong = wrong


Row = tuple[int, dict[str, str] | BadRow]
"""The row's number as a spreadsheet program shows it (the first row is 1), and its cells by column."""


class RawRows(Protocol):
    """Where a table's raw rows come from, as often as they are asked for."""

    @property
    def title(self) -> str:
        """The title of the sheet; empty for CSV."""

    @property
    def encoding(self) -> str:
        """How the file is written: a charset for CSV, `xlsx` for a workbook."""

    @property
    def ragged(self) -> bool:
        """Whether rows may be shorter than the header."""

    @property
    def progress(self) -> float:
        """How much of the file the present iteration has read, 0 to 1."""

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """Yield every row with its number in the file."""

    def remarks(self) -> list[Remark]:
        """Return what of the file isn't among the rows, once these were read."""

    def beside(self) -> list[tuple[str, str]]:
        """Return what isn't in cells, comments and pictures: where each is, and what, in Chinese."""


Heads = Callable[[str], bool]
"""Says whether a text is the name of a known column."""


class Table:
    """A table whose rows are read one at a time, as often as it is iterated.

    `columns` are the header's names in order; a name that comes twice is numbered (内容, 内容（2）).
    """

    def __init__(self, name: str, cells: RawRows, heads: Heads | None = None) -> None:
        self.name = name
        self.cells = cells
        self._marks_notes = heads is not None
        self._keeps_wide_rows = heads is not None and cells.ragged
        self.header_row, self.columns, self.header_rows = _find_header(name, cells, heads)

    @property
    def sheet(self) -> str:
        """The title of its sheet; empty for CSV."""
        return self.cells.title

    @property
    def encoding(self) -> str:
        """How the file is written: a charset for CSV, `xlsx` for a workbook."""
        return self.cells.encoding

    @property
    def progress(self) -> float:
        """How much of the file the present iteration has read, 0 to 1."""
        return self.cells.progress

    def require(self, columns: Iterable[str]) -> None:
        """Raise TableRefused, naming them, when some of `columns` are not in the header."""
        missing = [column for column in columns if column not in self.columns]
        if missing:
            raise TableRefused(
                f"《{self.name}》缺少列：{'、'.join(missing)}。表头（第 {self.header_row} 行）现有："
                f"{'、'.join(self.columns)}。请补上缺少的列，或者指定用哪一列代替。"
            )

    def preview(self, rows: int = 20) -> list[Row]:
        """Return the first `rows` rows."""
        return list(islice(self, rows))

    def __iter__(self) -> Iterator[Row]:
        return ((number, cells) for number, cells in self.all_rows() if number > self.header_row)

    def all_rows(self) -> Iterator[Row]:
        """Yield every row in which anything is written, those above the head too, without the rows of the head."""
        width = len(self.columns)
        head = range(self.header_row + 1 - self.header_rows, self.header_row + 1)
        for number, cells in self.cells.rows():
            if number in head:
                continue
            if isinstance(cells, BadCells):
                yield number, BadRow(cells.reason)
            elif any(cells) or (isinstance(cells, MarkedCells) and cells.odd.keys() - cells.carried.keys()):
                yield number, self._named(cells, width)

    def _named(self, cells: Sequence[str], width: int) -> dict[str, str] | BadRow:
        marked = cells if isinstance(cells, MarkedCells) else None
        if len(cells) > width and any(cells[width:]) and not self._keeps_wide_rows:
            return BadRow(f"这一行有 {_used(cells)} 列，表头只有 {width} 列；可能是内容里有分隔符却没有加引号")
        if len(cells) < width and not self.cells.ragged:
            wrong = f"这一行只有 {len(cells)} 列，表头有 {width} 列；可能是内容里的换行没有加引号"
            if not self._marks_notes:
                return BadRow(wrong)
            return NamedCells(dict(zip(self.columns, map(_clean, cells), strict=False)), {}, wrong=wrong)
        row = dict(zip(self.columns, map(_clean, cells), strict=False))
        row = row if len(row) == width else dict.fromkeys(self.columns, "") | row
        beyond = [cell for cell in cells[width:] if cell] if len(cells) > width else []
        if marked is None:
            return NamedCells(row, {}, beyond=beyond) if beyond else row
        odd = {self.columns[place]: odd for place, odd in marked.odd.items() if place < width}
        carried = {self.columns[place]: _clean(text) for place, text in marked.carried.items() if place < width}
        return NamedCells(row, odd, hidden=marked.hidden, carried=carried, beyond=beyond)


@dataclass(frozen=True)
class Book:
    """All tables of a file: the visible sheets that have rows, each a table; one for CSV.

    Their odd cells are marked (``NamedCells``).
    """

    name: str
    tables: Sequence[Table]
    noticed: Sequence[Remark] = ()
    """What was noticed before any row was read."""
    unread: Sequence[Named] = ()
    """The sheets that aren't among ``tables``."""

    def remarks(self) -> list[Remark]:
        """Return what of the file isn't among the rows, once these were read."""
        return [*self.noticed, *(remark for table in self.tables for remark in table.cells.remarks())]


def read(name: str, source: bytes | Path) -> Table:
    """Open the table `source`, a file or its bytes; `name` is what messages call it.

    CSV may be UTF-8, GB 18030, Big5 or UTF-16, separated by commas, tabs, semicolons or bars. Raises
    TableRefused (in Chinese: what is wrong, what to do) for a file that is empty, no table, an old .xls,
    encrypted or damaged. Of a workbook it is the first visible sheet that has rows.
    """
    content = _not_empty(name, source)
    if _is_workbook(content):
        return Table(name, next(workbook_reader.Workbook(name, content).sheets()))
    return _read_csv(name, content)


def read_book(name: str, source: bytes | Path, heads: Heads | None = None) -> Book:
    """Open all sheets of a file; raises as ``read`` does.

    Arguments:
        heads: knows the names of columns, by which the head is recognised among titles and notes.
    """
    content = _not_empty(name, source)
    if not _is_workbook(content):
        return Book(name, [_read_csv(name, content, heads)])
    workbook = workbook_reader.Workbook(name, content)
    sheets = list(workbook.sheets())
    for sheet in sheets:
        sheet.marks = True
    hidden = [Remark(title, "隐藏的工作表，未读取") for title in workbook.hidden]
    unread = [
        *(Named(place_words(title), "隐藏的工作表，未读取") for title in workbook.hidden),
        *(Named(place_words(title), "图表，没有单元格") for title in workbook.charts),
        *(Named(place_words(title), "空工作表") for title in workbook.empty()),
    ]
    return Book(name, [Table(name, sheet, heads) for sheet in sheets], hidden, unread)


def _not_empty(name: str, source: bytes | Path) -> Source:
    content = Source(source)
    if content.size == 0:
        raise TableRefused(f"《{name}》是空文件，请检查后重新上传。")
    return content


def _is_workbook(content: Source) -> bool:
    return content.head(2) == b"PK"


def _read_csv(name: str, content: Source, heads: Heads | None = None) -> Table:
    head = content.head()
    kind = file_type.sniff(head, name)
    if kind == file_type.UNKNOWN and head.count(0) < 8 + len(head) // 50:
        kind = file_type.sniff(head.replace(b"\x00", b""), name)  # a text with a few stray zero bytes
    _refuse_other_formats(name, kind, head)
    table = Table(name, csv_reader.Delimited(name, content), heads)
    if len(table.columns) == 1 and name.lower().endswith(".xlsx"):
        raise TableRefused(
            f"《{name}》名称以 .xlsx 结尾，内容却是纯文本，分不出列。"
            "是表格的，请用 Excel 或 WPS 另存为 .xlsx 后重新上传；原来就是 .csv 文件的，请把名称改成 .csv 后重新上传。"
        )
    return table


def read_to_end(name: str, source: bytes | Path) -> None:
    """Read a table to its last row; one that is refused was read."""
    with suppress(TableRefused):
        for table in read_book(name, source).tables:
            for _ in table:
                pass


def _refuse_other_formats(name: str, kind: str, head: bytes) -> None:
    if kind == file_type.ENCRYPTED_OFFICE or (head.startswith(b"\xd0\xcf\x11\xe0") and name.lower().endswith("xlsx")):
        raise TableRefused(f"《{name}》加了密码，无法读取。请去掉密码后重新上传。")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableRefused(
            f"《{name}》是旧版表格（.xls 或 .et），无法读取。请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传。"
        )
    if kind in (file_type.HTML, file_type.XML):
        raise TableRefused(
            f"《{name}》其实是网页，不是表格（有的系统导出的 .xls 就是这样）。"
            "请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传。"
        )
    if kind not in (file_type.TEXT, file_type.CSV, file_type.EML, file_type.SCRIPT):
        raise TableRefused(f"《{name}》不是表格文件。请上传 .xlsx 或 .csv 文件。")


def _find_header(name: str, cells: RawRows, heads: Heads | None) -> tuple[int, list[str], int]:
    """Find the head: return its (last) row, its columns, and of how many rows it is.

    It is the first row near the top that is about as wide as the table, or the first two, merged; with ``heads``, the
    row that has most known names, if any has two: in a title or a note they don't stand alone in their cells.
    """
    top = [
        (number, row)
        for number, row in islice(cells.rows(), _HEADER_WITHIN)
        if not isinstance(row, BadCells) and any(row)
    ]
    if not top:
        raise TableRefused(f"《{name}》里没有表头。第一行应当是各列的名称，请补上后重新上传。")
    widest = max(_used(row) for _, row in top)
    fits = (place for place, (_, row) in enumerate(top) if _filled(row) * 2 > widest or widest == 1)
    place = _by_names(top, heads, next(fits, 0))
    number, row = top[place]
    if place + 1 < len(top) and top[place + 1][0] == number + 1:
        below = top[place + 1][1]
        if _is_second_row(row, below):
            return number + 1, _column_names(_joined(row, below)), 2
    return number, _column_names(row), 1


def _by_names(top: Sequence[tuple[int, list[str]]], heads: Heads | None, guess: int) -> int:
    """Return the place of the row with most known names; ``guess`` where it has as many, or none has two."""
    if heads is None:
        return guess
    known = [sum(1 for cell in row if cell and heads(cell)) for _, row in top]
    best = max(range(len(top)), key=lambda place: (known[place], place == guess, -place))
    upper = best - 1  # the upper row of a merged head may have few names
    if (
        best
        and top[upper][0] == top[best][0] - 1
        and _filled(top[upper][1]) > 1
        and _is_second_row(top[upper][1], top[best][1])
    ):
        return upper
    return best if known[best] > 1 else guess


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell)


def _is_second_row(row: Sequence[str], below: Sequence[str]) -> bool:
    """Say whether a row names the parts of merged headings above it: every gap, and nothing that has a name alone.

    | 序号 | 来信人 |      | 内容 |
    |      | 姓名   | 电话 |      |
    """
    width = max(_used(row), _used(below))
    top, sub = (list(cells[:width]) + [""] * (width - len(cells)) for cells in (row, below))
    gaps = {place for place in range(1, width) if not top[place]}
    groups = gaps | {place - 1 for place in gaps}
    named = {place for place in range(width) if sub[place]}
    words = all(len(cell) <= _NAME_CHARACTERS and not any(map(str.isdigit, cell)) for cell in sub)
    return bool(gaps) and bool(top[0]) and named == groups and words


def _joined(row: Sequence[str], below: Sequence[str]) -> list[str]:
    """Return the names of headings in two rows: the lower one, with its group where another group has the same."""
    names: list[str] = []
    group = ""
    for place in range(max(_used(row), _used(below))):
        top, sub = ((cells[place] if place < len(cells) else "") for cells in (row, below))
        group = top or group
        alone = sub and sum(1 for other in below if other == sub) == 1 and sub not in row
        names.append(sub if alone else f"{group} {sub}".strip())
    return names


def _column_names(row: Sequence[str]) -> list[str]:
    names: list[str] = []
    for position, cell in enumerate(row[: _used(row)], start=1):
        name = " ".join(_clean(cell).split()) or f"第{position}列"
        again = sum(1 for other in names if other == name or other.startswith(f"{name}（"))
        names.append(f"{name}（{again + 1}）" if name in names else name)
    return names


def _used(cells: Sequence[str]) -> int:
    """Return how many cells there are up to the last one that says something."""
    return max((position for position, cell in enumerate(cells, start=1) if cell), default=0)


def _clean(cell: str) -> str:
    """Drop the control characters that databases and pages don't accept."""
    return _CONTROL.sub("", cell) if not cell.isprintable() else cell


__all__ = ["BadRow", "Book", "Cells", "NamedCells", "Row", "Table", "TableRefused", "read", "read_book"]
