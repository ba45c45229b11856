"""The parts of an XLSX file besides its rows: sheets, shared strings (on disk), date formats."""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import zipfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

_BLOCK = 1 << 16
_MAX_EXPANDED = 4 << 30  # bytes of XML in one sheet
_MAX_RATIO = 500  # times; XML of a table packs 10 to 40 times
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref\s*=\s*["\']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})["\'][^>]*>')
_ANCHORS = ("oneCellAnchor", "twoCellAnchor", "absoluteAnchor")
"""What holds a drawn object on a sheet (ISO/IEC 29500-1, 20.5)."""
_MERGED_BYTES = 200
"""Longest tag of merged cells that is looked for across two blocks."""


class Hostile(ValueError):
    """The XML declares entities or expands without measure."""


class _LocalNames(dict[str, str]):
    """Element names without their namespace, each worked out once."""

    def __missing__(self, tag: str) -> str:
        if len(self) > 1_000:
            self.clear()
        name = self[tag] = tag.rpartition("}")[2]
        return name


LOCAL = _LocalNames()


def blocks(archive: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    """Yield a member's bytes, and stop a bomb by what it really expands to."""
    packed, total = max(1, archive.getinfo(member).compress_size), 0
    with archive.open(member) as stream:
        while block := stream.read(_BLOCK):
            total += len(block)
            if total > _MAX_EXPANDED or (total > 50_000_000 and total > packed * _MAX_RATIO):
                raise Hostile("expands too far")
            yield block


def new_parser() -> Any:
    """Return a parser that refuses entities, which no spreadsheet needs."""

    def refuse(*_: Any) -> None:
        raise Hostile("declares entities")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.EntityDeclHandler = refuse
    return parser


def elements(archive: zipfile.ZipFile, member: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name and attributes of every element of a small part."""
    named: list[tuple[str, dict[str, str]]] = []
    parser = new_parser()
    parser.StartElementHandler = lambda tag, attributes: named.append((LOCAL[tag], attributes))
    for block in blocks(archive, member):
        parser.Parse(block, False)
        yield from named
        named.clear()
    parser.Parse(b"", True)
    yield from named


@dataclass(frozen=True)
class SheetPart:
    """A sheet of a workbook: its title, the name of its part, and whether it is shown."""

    title: str
    part: str
    visible: bool


@dataclass(frozen=True)
class Layout:
    """The parts of a workbook: its sheets in order, shared strings, styles; and the epoch of its dates."""

    sheets: list[SheetPart]
    texts: str
    styles: str
    epoch: dt.datetime
    charts: list[str]
    """Titles of what stands among the sheets and has no cells: charts, dialogs, macros."""


def lay_out(archive: zipfile.ZipFile) -> Layout:
    """Follow the package's relationships to its parts, which may have any name (ISO/IEC 29500-2, 9.3)."""
    book = _related(archive, "").get("officeDocument", ["xl/workbook.xml"])[0]
    parts = _related(archive, book)
    targets = dict(_targets(archive, book))
    epoch, sheets = CALENDAR_WINDOWS_1900, []
    for tag, attributes in elements(archive, book):
        if tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            epoch = CALENDAR_MAC_1904
        if tag == "sheet":
            identifier = next((value for key, value in attributes.items() if LOCAL[key] == "id"), "")
            visible = attributes.get("state", "visible") == "visible"
            sheets.append(SheetPart(attributes.get("name", ""), targets.get(identifier, ("", ""))[1], visible))
    there = set(parts.get("worksheet", ()))
    texts, styles = (parts.get(kind, [""])[0] for kind in ("sharedStrings", "styles"))
    charts = [sheet.title for sheet in sheets if sheet.part not in there]
    return Layout([sheet for sheet in sheets if sheet.part in there], texts, styles, epoch, charts)


def commented_cells(archive: zipfile.ZipFile, sheet: str) -> list[str]:
    """Return the references of a sheet's cells that have a comment, threaded ones too, in the order of the file."""
    parts = _related(archive, sheet) if _links(sheet) in archive.NameToInfo else {}
    cells = (
        attributes.get("ref", "")
        for kind in ("comments", "threadedComment")
        for part in parts.get(kind, ())
        for tag, attributes in elements(archive, part)
        if tag in ("comment", "threadedComment")
    )
    return list(dict.fromkeys(cells))


def drawn_objects(archive: zipfile.ZipFile, sheet: str) -> int:
    """Return how many pictures, shapes and charts lie on a sheet."""
    parts = _related(archive, sheet) if _links(sheet) in archive.NameToInfo else {}
    return sum(tag in _ANCHORS for part in parts.get("drawing", ()) for tag, _ in elements(archive, part))


def merged_ranges(archive: zipfile.ZipFile, sheet: str) -> Iterator[str]:
    """Yield the references of a sheet's merged cells (`D2:D5`), which its part names after the rows."""
    before = b""
    for block in blocks(archive, sheet):
        yield from (match[1].decode() for match in _MERGED.finditer(before + block))
        before = (before + block)[-_MERGED_BYTES:].rpartition(b">")[2]


def _related(archive: zipfile.ZipFile, part: str) -> dict[str, list[str]]:
    """Return the parts that a part names, by the last word of their kind, as far as they are there."""
    spelt = {name.lower(): name for name in archive.namelist()}
    parts: dict[str, list[str]] = {}
    for kind, target in _targets(archive, part).values():
        if target.lower() in spelt:
            parts.setdefault(kind, []).append(spelt[target.lower()])
    return parts


def _targets(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return kind and target of a part's relationships by their identifiers; those of the package for no part."""
    folder = posixpath.dirname(part)
    links = _links(part)
    return {
        attributes.get("Id", ""): (
            attributes.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/"),
        )
        for tag, attributes in elements(archive, links)
        if tag == "Relationship"
    }


def _links(part: str) -> str:
    """Return the name of the part with the relationships of a part."""
    folder, file = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{file}.rels")


class SharedTexts:
    """The workbook's shared texts, spilled to a temporary file; each is found by its offset."""

    def __init__(self, archive: zipfile.ZipFile, member: str) -> None:
        self._offsets = array("Q", [0])
        self._file: IO[bytes] = io.BufferedRandom(TemporaryFile(buffering=0))  # type: ignore[arg-type]  # noqa: SIM115
        self._recent: dict[int, str] = {}
        if member:
            self._spill(archive, member)

    def _spill(self, archive: zipfile.ZipFile, member: str) -> None:
        collector, parser = _TextCollector("si", self._append), new_parser()
        collector.attach(parser)
        for block in blocks(archive, member):
            parser.Parse(block, False)
        parser.Parse(b"", True)
        self._file.flush()

    def _append(self, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        self._file.write(data)
        self._offsets.append(self._offsets[-1] + len(data))

    def __getitem__(self, index: int) -> str:
        """Return text number `index`; frequent texts are cached."""
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
        name = LOCAL[tag]
        if name == self._element:
            self._inside = True
            self._pieces.clear()
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._reading = self._inside and not self._phonetic

    def _end(self, tag: str) -> None:
        name = LOCAL[tag]
        if name == self._element:
            self._inside = False
            self._take(unescape("".join(self._pieces)))
        elif name == "rPh":
            self._phonetic = False
        elif name == "t":
            self._reading = False

    def _text(self, text: str) -> None:
        if self._reading:
            self._pieces.append(text)


class Styles:
    """Which cell styles show a number as a date or a time."""

    def __init__(self, archive: zipfile.ZipFile, member: str, epoch: dt.datetime) -> None:
        self._epoch = epoch
        self._dates: list[bool] = []
        if not member:
            return
        formats: dict[int, str] = dict(BUILTIN_FORMATS)
        inside = False
        for tag, attributes in elements(archive, member):
            if tag == "numFmt" and attributes.get("numFmtId", "").isdigit():
                formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            elif tag in ("cellXfs", "cellStyles", "dxfs", "cellStyleXfs"):
                inside = tag == "cellXfs"
            elif tag == "xf" and inside:
                number = int(attributes.get("numFmtId", "0") or 0)
                self._dates.append(27 <= number <= 36 or 50 <= number <= 58 or is_date_format(formats.get(number)))

    def is_date(self, style: str) -> bool:
        """Whether a cell of this style shows a number as a date or a time."""
        return style.isdigit() and int(style) < len(self._dates) and self._dates[int(style)]

    def number(self, text: str, style: str) -> str:
        """Return how a person would write the number `text` in a cell of this style."""
        value = float(text)
        if self.is_date(style):
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


def unescape(text: str) -> str:
    """Undo `_x000D_` (ISO/IEC 29500-1, ST_Xstring)."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
