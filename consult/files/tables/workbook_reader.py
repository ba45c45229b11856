"""XLSX, read as a stream: one row at a time, its shared texts on disk, so that a million rows need no memory.

openpyxl keeps every shared text and an element for every row; what it knows of dates is used all the same.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from xml.parsers import expat

from consult.files.tables.byte_source import Source
from consult.files.tables.errors import BadCells, Cells, TableRefused
from consult.files.tables.workbook_parts import LOCAL, SharedTexts, Styles, blocks, lay_out, new_parser, unescape

_MAX_COLUMNS = 2_000
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, OSError, KeyError, ValueError, struct.error,
)  # fmt: skip


class Workbook:
    """The raw rows of a workbook's first sheet that has any."""

    encoding = "xlsx"
    ragged = True

    def __init__(self, name: str, source: Source) -> None:
        self._name = name
        self._stream = source.open()
        self._done = 0
        try:
            self._open()
        except (*_DAMAGED, RuntimeError, NotImplementedError) as error:
            raise self._damaged() from error

    def _open(self) -> None:
        self._archive = zipfile.ZipFile(self._stream)
        if any(info.flag_bits & 1 for info in self._archive.filelist):
            raise TableRefused(f"《{self._name}》加了密码，无法读取。请去掉密码后重新上传。")
        layout = lay_out(self._archive)
        if not layout.sheets:
            raise self._damaged()
        self._texts = SharedTexts(self._archive, layout.texts)
        self._styles = Styles(self._archive, layout.styles, layout.epoch)
        self._sheets = layout.sheets
        self._sheet = next((sheet for sheet in layout.sheets if self._has_rows(sheet)), "")
        if not self._sheet:
            raise TableRefused(f"《{self._name}》里没有内容。请把要导入的内容放在第一张工作表。")
        self._size = self._archive.getinfo(self._sheet).file_size

    def _has_rows(self, sheet: str) -> bool:
        return next(_rows(self._read(sheet), self._texts, self._styles), None) is not None

    @property
    def progress(self) -> float:
        """How much of the sheet was read, 0 to 1."""
        return min(1.0, self._done / max(1, self._size))

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """Yield every row with its number in the sheet; raises TableRefused where the file is damaged."""
        self._done = 0
        try:
            yield from _rows(self._read(self._sheet), self._texts, self._styles)
        except _DAMAGED as error:
            raise self._damaged() from error

    def lines(self) -> Iterator[str]:
        """Yield the rows of all sheets as lines of text, cells apart by tabs; what is damaged ends it."""
        for sheet in self._sheets:
            try:
                for _, cells in _rows(self._read(sheet), self._texts, self._styles):
                    if not isinstance(cells, BadCells):
                        yield "\t".join(cells)
            except _DAMAGED:
                continue

    def _read(self, member: str) -> Iterator[bytes]:
        for block in blocks(self._archive, member):
            self._done += len(block)
            yield block

    def _damaged(self) -> TableRefused:
        return TableRefused(
            f"《{self._name}》已损坏，无法读取。请用 Excel 或 WPS 打开，确认内容完整，另存为 .xlsx 后重新上传。"
        )


class _SheetRows:
    """Listens to a sheet's XML and puts its rows together."""

    def __init__(self, texts: SharedTexts, styles: Styles) -> None:
        self.ready: list[tuple[int, Cells]] = []
        self._texts, self._styles = texts, styles
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
            self._uncomputed = False
        elif name in ("v", "t"):
            self._reading = not self._phonetic
            self._uncomputed = False
        elif name == "f":
            self._uncomputed = True
        elif name == "rPh":
            self._phonetic = True
        elif name == "row":
            number = attributes.get("r", "")
            self._number = max(self._number + 1, int(number)) if number.isdigit() else self._number + 1
            self._cells, self._bad, self._column = [], "", -1

    def end(self, tag: str) -> None:
        """End a row, a cell or a value."""
        name = LOCAL[tag]
        if name in ("v", "t"):
            self._reading = False
        elif name == "c":
            self._end_cell()
        elif name == "rPh":
            self._phonetic = False
        elif name == "row" and (any(self._cells) or self._bad):
            self.ready.append((self._number, BadCells(self._bad) if self._bad else self._cells))

    def text(self, text: str) -> None:
        """Take a piece of a value."""
        if self._reading:
            self._pieces.append(text)

    def _end_cell(self) -> None:
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


def _rows(pieces: Iterator[bytes], texts: SharedTexts, styles: Styles) -> Iterator[tuple[int, Cells]]:
    listener, parser = _SheetRows(texts, styles), new_parser()
    parser.StartElementHandler, parser.EndElementHandler = listener.start, listener.end
    parser.CharacterDataHandler = listener.text
    for block in pieces:
        parser.Parse(block, False)
        yield from listener.ready
        listener.ready.clear()
    parser.Parse(b"", True)
    yield from listener.ready


def _column(reference: str) -> int:
    """Return the column of a cell reference such as `AB12`, counted from 0."""
    column = 0
    for char in reference[:4]:
        if not "A" <= char <= "Z":
            break
        column = column * 26 + ord(char) - 64
    return max(0, column - 1)
