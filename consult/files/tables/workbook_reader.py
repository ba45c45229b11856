"""XLSX, read as a stream: one row at a time, its shared texts on disk, so that a million rows need no memory.

openpyxl keeps every shared text and an element for every row; what it knows of dates is used all the same.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from xml.parsers import expat

from consult.files.tables.byte_source import Source
from consult.files.tables.errors import BadCells, Cells, MarkedCells, Odd, Remark, TableRefused
from consult.files.tables.workbook_parts import (
    LOCAL,
    SharedTexts,
    SheetPart,
    Styles,
    blocks,
    commented_cells,
    drawn_objects,
    lay_out,
    merged_ranges,
    new_parser,
    unescape,
)

_MAX_COLUMNS = 2_000
_MAX_MERGED = 100_000
_LARGEST_EXACT = 1e15
"""From here on a spreadsheet program keeps no digit that was typed."""
_NAMED = 5
"""Cells of one kind that a remark names."""
UNREAD = frozenset({Odd.ERROR, Odd.UNCOMPUTED})
"""Cells of which nothing is read."""
DAMAGED = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, OSError, KeyError, ValueError, struct.error,
)  # fmt: skip


class Workbook:
    """An XLSX file: its visible sheets that have rows, and the titles of its hidden ones."""

    def __init__(self, name: str, source: Source) -> None:
        self._name = name
        self._stream = source.open()
        try:
            self._open()
        except (*DAMAGED, RuntimeError, NotImplementedError) as error:
            raise self.damaged() from error

    def _open(self) -> None:
        self.archive = zipfile.ZipFile(self._stream)
        if any(info.flag_bits & 1 for info in self.archive.filelist):
            raise TableRefused(f"《{self._name}》加了密码，无法读取。请去掉密码后重新上传。")
        layout = lay_out(self.archive)
        visible = [sheet for sheet in layout.sheets if sheet.visible]
        self.hidden = [sheet.title for sheet in layout.sheets if not sheet.visible]
        self.charts = layout.charts
        if not visible:
            raise self.damaged()
        self.texts = SharedTexts(self.archive, layout.texts)
        self.styles = Styles(self.archive, layout.styles, layout.epoch)
        self._visible = [WorkbookSheet(self, sheet) for sheet in visible]
        if next(self.sheets(), None) is None:
            raise TableRefused(f"《{self._name}》里没有内容。请把要导入的内容放在第一张工作表。")

    def sheets(self) -> Iterator[WorkbookSheet]:
        """Yield the visible sheets that have rows, in order."""
        return (sheet for sheet in self._visible if sheet.has_rows())

    def empty(self) -> list[str]:
        """Return the titles of the visible sheets in which nothing is written."""
        return [sheet.title for sheet in self._visible if not sheet.has_rows()]

    def lines(self) -> Iterator[str]:
        """Yield the rows of all sheets as lines of text, cells apart by tabs; what is damaged ends it."""
        for sheet in self._visible:
            with suppress(TableRefused):
                for _, cells in sheet.rows():
                    if not isinstance(cells, BadCells):
                        yield "\t".join(cells)

    def damaged(self) -> TableRefused:
        """Return the refusal of a damaged file."""
        return TableRefused(
            f"《{self._name}》已损坏，无法读取。请用 Excel 或 WPS 打开，确认内容完整，另存为 .xlsx 后重新上传。"
        )


class WorkbookSheet:
    """The raw rows of one sheet.

    With ``marks``, cells that aren't plainly what was typed are marked (``errors.Odd``), and ``remarks`` says what else
    of the sheet isn't among its rows: for that the sheet is read twice.
    """

    encoding = "xlsx"
    ragged = True

    def __init__(self, book: Workbook, sheet: SheetPart) -> None:
        self._book, self._part = book, sheet.part
        self.title = sheet.title
        self.marks = False
        self._done = self._hidden = 0
        self._size = max(1, book.archive.getinfo(sheet.part).file_size)

    def has_rows(self) -> bool:
        """Whether any cell says something."""
        return next(self._parsed(_SheetRows(self._book.texts, self._book.styles)), None) is not None

    @property
    def progress(self) -> float:
        """How much of the sheet was read, 0 to 1."""
        return min(1.0, self._done / self._size)

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """Yield every row with its number in the sheet; raises TableRefused where the file is damaged."""
        self._done = 0
        listener = _SheetRows(self._book.texts, self._book.styles, marks=self.marks)
        try:
            if self.marks:
                yield from self._merged.marked(self._parsed(listener))
            else:
                yield from self._parsed(listener)
        except DAMAGED as error:
            raise self._book.damaged() from error
        self._hidden = listener.hidden

    def comments(self) -> list[str]:
        """Return the references of the cells that have a comment."""
        try:
            return commented_cells(self._book.archive, self._part)
        except DAMAGED as error:
            raise self._book.damaged() from error

    def beside(self) -> list[tuple[str, str]]:
        """Return what of the sheet isn't in cells: comments, pictures and shapes."""
        try:
            pictures = drawn_objects(self._book.archive, self._part)
        except DAMAGED as error:
            raise self._book.damaged() from error
        comments = [(f"单元格 {reference}", "批注未导入") for reference in self.comments()]
        return [*comments, *[("", "图片、图形或者图表，未导入")] * pictures]

    def remarks(self) -> list[Remark]:
        """Return what of the sheet isn't among its rows, once these were read; hidden rows are, and are said."""
        remarks = self._merged.remarks(self.title)
        comments = self.comments()
        if comments:
            remarks.append(Remark(self.title, f"批注 {len(comments)} 处（{_some(comments)}）未导入"))
        if self._hidden:
            remarks.append(Remark(self.title, f"有 {self._hidden} 行处于隐藏或者筛选状态，已一并读取"))
        return remarks

    @cached_property
    def _merged(self) -> Merged:
        try:
            return Merged.of(merged_ranges(self._book.archive, self._part))
        except DAMAGED as error:
            raise self._book.damaged() from error

    def _parsed(self, listener: _SheetRows) -> Iterator[tuple[int, Cells]]:
        parser = new_parser()
        parser.StartElementHandler, parser.EndElementHandler = listener.start, listener.end
        parser.CharacterDataHandler = listener.text
        for block in blocks(self._book.archive, self._part):
            self._done += len(block)
            parser.Parse(block, False)
            yield from listener.ready
            listener.ready.clear()
        parser.Parse(b"", True)
        yield from listener.ready


@dataclass(frozen=True)
class Merged:
    """The merged cells of a sheet: only the first of each range says what was typed."""

    names: tuple[str, ...] = ()
    ranges: tuple[tuple[int, int, int, int], ...] = ()
    """First and last row (from 1), first and last column (from 0)."""

    @classmethod
    def of(cls, references: Iterable[str]) -> Merged:
        """Return the ranges of these references.

        Raises:
            TableRefused: there are more than anybody merges by hand.
        """
        names = tuple(islice(references, _MAX_MERGED + 1))
        if len(names) > _MAX_MERGED:
            raise TableRefused(f"合并单元格超过 {_MAX_MERGED:,} 处。请取消合并，逐行填写后重新上传。")
        corners = [[(_row(corner), _column(corner)) for corner in name.split(":")] for name in names]
        return cls(names, tuple((top, bottom, left, right) for (top, left), (bottom, right) in corners))

    def marked(self, rows: Iterable[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
        """Yield rows with those cells marked that are in a range but not its first.

        A range over several rows is carried down: the rows below its first one know in its first column what it says.
        """
        waiting = deque(sorted(self.ranges))
        active: dict[tuple[int, int, int, int], str] = {}
        for number, cells in rows:
            while waiting and waiting[0][0] <= number:
                corners = waiting.popleft()
                first = [] if isinstance(cells, BadCells) or corners[0] != number else cells[corners[2] :]
                active[corners] = next(iter(first), "")
            for corners in [corners for corners in active if corners[1] < number]:
                del active[corners]
            yield number, self._mark(number, cells, active) if active else cells

    @staticmethod
    def _mark(number: int, cells: Cells, active: Mapping[tuple[int, int, int, int], str]) -> Cells:
        if isinstance(cells, BadCells):
            return cells
        marks, carried = dict(cells.odd) if isinstance(cells, MarkedCells) else {}, {}
        for (top, _, left, right), text in active.items():
            columns = range(left, min(right, _MAX_COLUMNS) + 1)
            marks |= {column: Odd.MERGED for column in columns if (number, column) != (top, left)}
            if number > top and text and not (left < len(cells) and cells[left]):
                carried[left] = text
        if not marks:
            return cells
        hidden = isinstance(cells, MarkedCells) and cells.hidden
        return MarkedCells(cells, marks, hidden=hidden, carried=carried)

    def remarks(self, title: str) -> list[Remark]:
        """Say which cells are merged."""
        if not self.names:
            return []
        words = f"合并单元格 {len(self.names)} 处（{_some(self.names)}），只有左上角的内容"
        return [Remark(title, words)]


def _some(references: Sequence[str]) -> str:
    return "、".join(references[:_NAMED]) + ("……" if len(references) > _NAMED else "")


class _SheetRows:
    """Listens to a sheet's XML and puts its rows together."""

    def __init__(self, texts: SharedTexts, styles: Styles, *, marks: bool = False) -> None:
        self.ready: list[tuple[int, Cells]] = []
        self.hidden = 0
        """Rows that aren't shown."""
        self._texts, self._styles, self._marks = texts, styles, marks
        self._odd: dict[int, Odd] = {}
        self._formula = self._hides = False
        self._number = 0
        self._cells: list[str] = []
        self._bad = ""
        self._kind = self._style = ""
        self._column = 0
        self._pieces: list[str] = []
        self._reading = self._phonetic = self._uncomputed = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin a row, a cell or a value."""
        name = LOCAL[tag]
        if name == "c":
            reference = attributes.get("r", "")
            self._column = _column(reference) if reference else self._column + 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._pieces.clear()
            self._uncomputed = self._formula = False
        elif name in ("v", "t"):
            self._reading = not self._phonetic
            self._uncomputed = False
        elif name == "f":
            self._uncomputed = self._formula = True
        elif name == "rPh":
            self._phonetic = True
        elif name == "row":
            number = attributes.get("r", "")
            self._number = max(self._number + 1, int(number)) if number.isdigit() else self._number + 1
            self._cells, self._bad, self._column = [], "", -1
            self._odd = {}
            self._hides = attributes.get("hidden") in ("1", "true")

    def end(self, tag: str) -> None:
        """End a row, a cell or a value."""
        name = LOCAL[tag]
        if name in ("v", "t"):
            self._reading = False
        elif name == "c":
            self._end_cell()
        elif name == "rPh":
            self._phonetic = False
        elif name == "row" and (any(self._cells) or self._bad or UNREAD & set(self._odd.values())):
            self.hidden += self._hides
            marked = self._marks and (self._odd or self._hides)
            cells = MarkedCells(self._cells, self._odd, hidden=self._hides) if marked else self._cells
            self.ready.append((self._number, BadCells(self._bad) if self._bad else cells))

    def text(self, text: str) -> None:
        """Take a piece of a value."""
        if self._reading:
            self._pieces.append(text)

    def _end_cell(self) -> None:
        if self._marks and (odd := self._oddity()):
            self._odd[self._column] = odd
            if odd in UNREAD:
                return
        if self._uncomputed:
            self._bad = (
                f"第 {self._column + 1} 列是公式，文件里没有算出的结果；请用 Excel 或 WPS 打开后保存一次，或者改成文字"
            )
            return
        value = self._value("".join(self._pieces))
        if not value:
            return
        if self._column >= _MAX_COLUMNS:
            self._bad = f"超过 {_MAX_COLUMNS} 列"
            return
        self._cells.extend([""] * (self._column + 1 - len(self._cells)))
        self._cells[self._column] = value

    def _oddity(self) -> Odd | None:
        """Return what the cell is besides what was typed."""
        if self._kind == "e" and self._pieces:
            return Odd.ERROR
        if self._formula:
            return Odd.UNCOMPUTED if self._uncomputed or (not self._pieces and self._kind != "str") else Odd.FORMULA
        if self._kind == "n" and not self._styles.is_date(self._style) and _is_ruined("".join(self._pieces)):
            return Odd.RUINED
        dated = self._kind == "d" or (self._kind == "n" and self._styles.is_date(self._style))
        return Odd.DATE if dated and self._pieces else None

    def _value(self, raw: str) -> str:
        if not raw:
            return ""
        if self._kind == "s":
            return self._shared(raw)
        if self._kind in ("inlineStr", "str"):
            return unescape(raw).strip()
        if self._kind == "b":
            return "是" if raw.strip() == "1" else "否"
        if self._kind == "d":
            return raw.replace("T", " ")
        if self._kind == "e":
            self._bad = f"第 {self._column + 1} 列是错误值 {raw}，请改成文字"
            return raw
        try:
            return self._styles.number(raw.strip(), self._style)
        except ValueError:
            return raw

    def _shared(self, raw: str) -> str:
        try:
            return self._texts[int(raw)].strip()
        except (ValueError, IndexError):
            self._bad = f"第 {self._column + 1} 列的文字丢失，文件可能损坏"
            return ""


def _is_ruined(number: str) -> bool:
    """Whether a number in the file has more digits than a spreadsheet program keeps."""
    try:
        return abs(float(number)) >= _LARGEST_EXACT
    except ValueError:
        return False


def _column(reference: str) -> int:
    """Return the column of a cell reference such as `AB12`, counted from 0."""
    column = 0
    for char in reference[:4]:
        if not "A" <= char <= "Z":
            break
        column = column * 26 + ord(char) - 64
    return max(0, column - 1)


def _row(reference: str) -> int:
    """Return the row of a cell reference such as `AB12`, counted from 1."""
    return int(reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
