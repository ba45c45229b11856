"""XLSX, read as a stream: one row at a time, its shared texts on disk, so that a million rows need no memory.

openpyxl keeps every shared text and an element for every row; what it knows of dates is used here all the
same.
"""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import struct
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, Any
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from consult.files.tables.errors import BadCells, Cells, TableRefused
from consult.files.tables.source import Source

_BLOCK = 1 << 16
_MAX_EXPANDED = 4 << 30  # bytes of XML in one sheet
_MAX_RATIO = 500  # times; XML of a table packs 10 to 40 times
_MAX_COLUMNS = 2_000
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    struct.error,
)


class _Hostile(ValueError):
    """The XML declares entities or expands without measure."""


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
        sheets, epoch = _sheets(self._archive)
        self._texts = _SharedTexts(self._archive)
        self._styles = _Styles(self._archive, epoch)
        self._sheets = sheets
        self._sheet = next((sheet for sheet in sheets if self._has_rows(sheet)), "")
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
        for block in _blocks(self._archive, member):
            self._done += len(block)
            yield block

    def _damaged(self) -> TableRefused:
        return TableRefused(
            f"《{self._name}》已损坏，无法读取。请用 Excel 或 WPS 打开，确认内容完整，另存为 .xlsx 后重新上传。"
        )


def _blocks(archive: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    """Yield a member's bytes, and stop a bomb by what it really expands to."""
    packed, total = max(1, archive.getinfo(member).compress_size), 0
    with archive.open(member) as stream:
        while block := stream.read(_BLOCK):
            total += len(block)
            if total > _MAX_EXPANDED or (total > 50_000_000 and total > packed * _MAX_RATIO):
                raise _Hostile("expands too far")
            yield block


def _parser() -> Any:
    """Return a parser that refuses entities, which no spreadsheet needs."""

    def refuse(*_: Any) -> None:
        raise _Hostile("declares entities")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.EntityDeclHandler = refuse
    return parser


def _elements(archive: zipfile.ZipFile, member: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name and attributes of every element of a small part."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = _parser()
    parser.StartElementHandler = lambda tag, attributes: found.append((_local(tag), attributes))
    for block in _blocks(archive, member):
        parser.Parse(block, False)
        yield from found
        found.clear()
    parser.Parse(b"", True)
    yield from found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _sheets(archive: zipfile.ZipFile) -> tuple[list[str], dt.datetime]:
    """Return the visible sheets' parts in the workbook's order, and the day that its dates count from."""
    book = next((name for name in archive.namelist() if re.fullmatch(r"xl/workbook\d*\.xml", name)), "xl/workbook.xml")
    folder, file = posixpath.split(book)
    targets: dict[str, str] = {}
    for tag, attributes in _elements(archive, f"{folder}/_rels/{file}.rels"):
        if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            )
    epoch, sheets = CALENDAR_WINDOWS_1900, []
    for tag, attributes in _elements(archive, book):
        if tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            epoch = CALENDAR_MAC_1904
        if tag == "sheet" and attributes.get("state", "visible") == "visible":
            identifier = next((value for key, value in attributes.items() if _local(key) == "id"), "")
            sheets.append(targets.get(identifier, ""))
    members = set(archive.namelist())
    return [sheet for sheet in sheets if sheet in members], epoch


class _SharedTexts:
    """The workbook's shared texts, spilled to a temporary file; each is found by its offset."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._offsets = array("Q", [0])
        self._file: IO[bytes] = io.BufferedRandom(TemporaryFile(buffering=0))  # type: ignore[arg-type]  # noqa: SIM115
        self._recent: dict[int, str] = {}
        member = next((name for name in archive.namelist() if name.lower() == "xl/sharedstrings.xml"), None)
        if member:
            self._spill(archive, member)

    def _spill(self, archive: zipfile.ZipFile, member: str) -> None:
        collector, parser = _TextCollector("si", self._append), _parser()
        collector.attach(parser)
        for block in _blocks(archive, member):
            parser.Parse(block, False)
        parser.Parse(b"", True)
        self._file.flush()

    def _append(self, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        self._file.write(data)
        self._offsets.append(self._offsets[-1] + len(data))

    def __getitem__(self, index: int) -> str:
        """Return text number `index`; texts that come again and again are kept at hand."""
        text = self._recent.get(index)
        if text is None:
            start, end = self._offsets[index], self._offsets[index + 1]
            self._file.seek(start)
            text = self._file.read(end - start).decode("utf-8", "surrogatepass")
            if len(self._recent) > 2_000:
                self._recent.clear()
            if len(text) < 1_000:
                self._recent[index] = text
        return text


class _TextCollector:
    """Puts together the text of each `<si>` or `<is>` from its runs, without phonetic guides (`<rPh>`)."""

    def __init__(self, element: str, take: Callable[[str], None]) -> None:
        self._element, self._take = element, take
        self._pieces: list[str] = []
        self._inside = self._phonetic = self._reading = False

    def attach(self, parser: Any) -> None:
        """Listen to `parser`."""
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text

    def _start(self, tag: str, _: dict[str, str]) -> None:
        name = _local(tag)
        if name == self._element:
            self._inside = True
            self._pieces.clear()
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._reading = self._inside and not self._phonetic

    def _end(self, tag: str) -> None:
        name = _local(tag)
        if name == self._element:
            self._inside = False
            self._take(_unescape("".join(self._pieces)))
        elif name == "rPh":
            self._phonetic = False
        elif name == "t":
            self._reading = False

    def _text(self, text: str) -> None:
        if self._reading:
            self._pieces.append(text)


class _Styles:
    """Which cell styles show a number as a date or a time."""

    def __init__(self, archive: zipfile.ZipFile, epoch: dt.datetime) -> None:
        self._epoch = epoch
        self._dates: list[bool] = []
        if "xl/styles.xml" not in archive.namelist():
            return
        formats: dict[int, str] = dict(BUILTIN_FORMATS)
        inside = False
        for tag, attributes in _elements(archive, "xl/styles.xml"):
            if tag == "numFmt" and attributes.get("numFmtId", "").isdigit():
                formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            elif tag in ("cellXfs", "cellStyles", "dxfs", "cellStyleXfs"):
                inside = tag == "cellXfs"
            elif tag == "xf" and inside:
                number = int(attributes.get("numFmtId", "0") or 0)
                self._dates.append(27 <= number <= 36 or 50 <= number <= 58 or is_date_format(formats.get(number)))

    def number(self, text: str, style: str) -> str:
        """Return how a person would write the number `text` in a cell of this style."""
        value = float(text)
        if style.isdigit() and int(style) < len(self._dates) and self._dates[int(style)]:
            return self._date(value, text)
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return text if "e" not in text.lower() else format(value, ".15g")

    def _date(self, value: float, text: str) -> str:
        try:
            moment = from_excel(value, self._epoch)
        except (ValueError, OverflowError, TypeError):
            return text
        if isinstance(moment, dt.datetime):
            return (moment + dt.timedelta(microseconds=500_000)).replace(microsecond=0).isoformat(" ")
        return str(moment)


class _SheetRows:
    """Listens to a sheet's XML and puts its rows together."""

    def __init__(self, texts: _SharedTexts, styles: _Styles) -> None:
        self.ready: list[tuple[int, Cells]] = []
        self._texts, self._styles = texts, styles
        self._number = 0
        self._cells: list[str] = []
        self._bad = ""
        self._kind = self._style = ""
        self._column = 0
        self._pieces: list[str] = []
        self._reading = self._phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin a row, a cell or a value."""
        name = _local(tag)
        if name == "c":
            reference = attributes.get("r", "")
            self._column = _column(reference) if reference else self._column + 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._pieces.clear()
        elif name in ("v", "t"):
            self._reading = not self._phonetic
        elif name == "rPh":
            self._phonetic = True
        elif name == "row":
            number = attributes.get("r", "")
            self._number = max(self._number + 1, int(number)) if number.isdigit() else self._number + 1
            self._cells, self._bad, self._column = [], "", -1

    def end(self, tag: str) -> None:
        """End a row, a cell or a value."""
        name = _local(tag)
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
            return _unescape(raw).strip()
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


def _rows(blocks: Iterator[bytes], texts: _SharedTexts, styles: _Styles) -> Iterator[tuple[int, Cells]]:
    listener, parser = _SheetRows(texts, styles), _parser()
    parser.StartElementHandler, parser.EndElementHandler = listener.start, listener.end
    parser.CharacterDataHandler = listener.text
    for block in blocks:
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


def _unescape(text: str) -> str:
    """Undo `_x000D_` (ISO/IEC 29500-1, ST_Xstring)."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
