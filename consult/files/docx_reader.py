"""Reads the text of a .docx as its author sees it: numbered, tracked changes accepted, hidden text left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from consult.files.docx_numbering import Numbering, W
from consult.files.errors import UnreadableFile
from consult.files.word_chunks import chunk_lines
from consult.files.word_math import M, formula
from consult.files.word_package import OFFICE, WordPackage
from consult.files.word_pictures import PICTURED, UNREAD_PICTURE, picture_in, symbol
from consult.files.word_tables import COMPARISON, Cell, Grid, column_of_new_text
from consult.text.parser.line_openings import with_plain_separators

_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_REMOVED: Final = frozenset({f"{W}del", f"{W}moveFrom", f"{_MC}Fallback", f"{W}rt", f"{W}instrText", f"{W}delText"})
_TEXT: Final = frozenset({f"{W}t", f"{M}t"})
_BREAKS: Final = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}ptab": "\t"}
_OFF: Final = frozenset({"0", "false", "off", "none"})


@dataclass(frozen=True, slots=True)
class TableLines:
    """A table that was turned into lines of text: its first line (from 1), number of rows and columns."""

    line: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be checked at a line of the text (from 1): a code (unread, comparison) and a message in Chinese."""

    line: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class _Style:
    based_on: str
    list_number: str
    list_level: int | None
    hidden: bool


class DocxText:
    """Extracts the text of one .docx."""

    def __init__(self, data: bytes, name: str) -> None:
        """Open the package; raises UnreadableFile if it is not a readable Word document."""
        self._package = package = WordPackage(data, name)
        self._name = name
        body = package.main.find(f"{W}body")
        if body is None:
            raise UnreadableFile(f"“{name}”里没有正文。请打开文档确认内容后重新上传。")
        self._body = body
        self._styles = _read_styles(package.related("styles"))
        lists = {name: style.list_number for name, style in self._styles.items() if style.list_number}
        self._numbering = Numbering(package.related("numbering"), lists)
        self._notes = [
            note
            for kind in ("footnotes", "endnotes")
            if (root := package.related(kind)) is not None
            for note in root
            if note.get(f"{W}type") in (None, "normal")
        ]
        self.warnings: list[str] = []
        self.tables: list[TableLines] = []
        self.remarks: list[Remark] = []
        self._lines = self._inside = 0

    def text(self) -> str:
        """The document's text, one line for each paragraph; footnotes follow at the end under 附：脚注."""
        if self._body.find(f".//{W}ins") is not None or self._body.find(f".//{W}del") is not None:
            self.warnings.append("文档中有修订痕迹，已按“全部接受修订”读取。")
        lines = []
        for line in self._blocks(self._body):
            lines.append(line)
            self._lines += 1 + with_plain_separators(line).count("\n")
        self._inside += 1  # notes are moved to the end, so their tables are not reported
        notes = [line for note in self._notes for line in self._blocks(note) if line.strip()]
        if notes:
            lines += ["附：脚注", *notes]
            self.warnings.append("文档中的脚注已移到文末“附：脚注”。")
        return "\n".join(lines)

    def _blocks(self, parent: etree._Element) -> Iterator[str]:
        """The lines of a body, cell, text box or note; a paragraph whose mark was deleted is joined to the next."""
        carried = ""
        for element in parent:
            tag = element.tag
            if tag == f"{W}p":
                number, text, boxes, joined = self._paragraph(element)
                carried += text if carried else number + text
                if not joined:
                    yield carried
                    carried = ""
                for box in boxes:
                    yield from self._blocks(box)
            elif tag == f"{W}tbl":
                yield from self._table(element)
            elif tag in (
                f"{W}sdt",
                f"{W}sdtContent",
                f"{W}ins",
                f"{W}moveTo",
                f"{W}customXml",
                f"{W}smartTag",
            ):
                yield from self._blocks(element)
            elif tag == f"{W}altChunk":
                yield from self._chunk(element)
            elif tag == f"{_MC}AlternateContent":
                choice = element.find(f"{_MC}Choice")
                yield from self._blocks(choice if choice is not None else element)
        if carried:
            yield carried

    def _chunk(self, element: etree._Element) -> Iterator[str]:
        """Yield the lines of a file that Word shows in place of its reference (w:altChunk)."""
        part = self._package.part_of(element.get(f"{OFFICE}id", ""))
        lines = None
        if part is not None:
            is_document = part[1].startswith(b"PK")
            lines = DocxText(part[1], self._name).text().split("\n") if is_document else chunk_lines(*part)
        if lines is None:
            self._remark("unread", "此处嵌入了另一个文件，其中的内容没有读取。请把内容粘贴到正文中后重新上传。")
        yield from lines or ()

    def _table(self, table: etree._Element) -> Iterator[str]:
        """Yield a line for each row, cells separated by tabs; a table of one column becomes lines of text.

        Of a table of changes (修改对照表) the column with the new text is read.
        """
        first, has_text = self._lines + 1, False
        rows = [row for row in table.iter(f"{W}tr") if next(row.iterancestors(f"{W}tbl")) is table]
        rows = [row for row in rows if (props := row.find(f"{W}trPr")) is None or props.find(f"{W}del") is None]
        grid = Grid()
        cells_of_rows = [grid.row(list(self._cells(row))) for row in rows]
        columns = max(map(len, cells_of_rows), default=0)
        if (new := column_of_new_text(cells_of_rows)) is not None:
            message = COMPARISON.format(rows=len(rows) - 1, new="".join(cells_of_rows[0][new]))
            self._remark("comparison", message)
            for cells in cells_of_rows[1:]:
                yield from cells[new] if new < len(cells) else ()
            return
        for cells in cells_of_rows:
            has_text = has_text or any(line.strip() for cell in cells for line in cell)
            if len(cells) == 1:
                yield from cells[0]
            else:
                yield "\t".join(" ".join(line.strip() for line in cell if line.strip()) for cell in cells)
        if has_text and columns > 1 and not self._inside:
            self.tables.append(TableLines(first, len(rows), columns))

    def _cells(self, row: etree._Element) -> Iterator[Cell]:
        """Yield each cell of a row with its lines; a table in a cell is a part of it."""
        self._inside += 1
        for cell in row.iter(f"{W}tc"):
            if next(cell.iterancestors(f"{W}tr"), None) is row:
                yield Cell.of(cell, list(self._blocks(cell)))
        self._inside -= 1

    def _remark(self, code: str, message: str) -> None:
        """Note what is to be checked at the line that comes next."""
        remark = Remark(self._lines + 1, code, message)
        if remark not in self.remarks:
            self.remarks.append(remark)

    def _paragraph(self, paragraph: etree._Element) -> tuple[str, str, list[etree._Element], bool]:
        """A paragraph's number, its text, the text boxes in it, and whether its mark was deleted."""
        boxes: list[etree._Element] = []
        style = self._style_of(paragraph)
        text = "".join(self._runs(paragraph, boxes, self._is_hidden(style)))
        mark = paragraph.find(f"{W}pPr/{W}rPr")
        joined = mark is not None and (mark.find(f"{W}del") is not None or mark.find(f"{W}moveFrom") is not None)
        number = "" if joined and not text else self._number(paragraph, style)
        return number, text, boxes, joined

    def _runs(self, element: etree._Element, boxes: list[etree._Element], hidden: bool) -> Iterator[str]:
        for child in element:
            tag = child.tag
            if tag == f"{W}r":
                if not self._run_is_hidden(child, hidden):
                    yield from self._runs(child, boxes, hidden)
            elif tag in _TEXT:
                yield child.text or ""
            elif tag in _BREAKS:
                yield _BREAKS[tag]
            elif tag == f"{W}txbxContent":
                boxes.append(child)
            elif tag == f"{W}sym":
                yield self._symbol(child)
            elif tag == f"{M}oMath":
                yield formula(child)
            elif isinstance(tag, str) and tag not in _REMOVED and tag != f"{W}pPr":
                if tag in PICTURED and (kind := picture_in(child)):
                    self._remark("unread", UNREAD_PICTURE.format(kind=kind))
                yield from self._runs(child, boxes, hidden)

    def _symbol(self, element: etree._Element) -> str:
        font, written = element.get(f"{W}font", ""), element.get(f"{W}char", "")
        character = symbol(font, written)
        if not character:
            self._remark("unread", f"此处有“{font}”字体的符号，没有读取。请改用普通字符。")
        return character

    def _run_is_hidden(self, run: etree._Element, hidden: bool) -> bool:
        properties = run.find(f"{W}rPr")
        if properties is None:
            return hidden
        vanish = properties.find(f"{W}vanish")
        if vanish is not None:
            return vanish.get(f"{W}val", "1") not in _OFF
        style = properties.find(f"{W}rStyle")
        return hidden or (style is not None and self._is_hidden(style.get(f"{W}val", "")))

    def _style_of(self, paragraph: etree._Element) -> str:
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        return "" if style is None else style.get(f"{W}val", "")

    def _is_hidden(self, style: str) -> bool:
        return any(ancestor.hidden for ancestor in self._ancestry(style))

    def _ancestry(self, style: str) -> Iterator[_Style]:
        seen: set[str] = set()
        while style in self._styles and style not in seen:
            seen.add(style)
            yield self._styles[style]
            style = self._styles[style].based_on

    def _number(self, paragraph: etree._Element, style: str) -> str:
        """The number that Word's automatic numbering displays before the paragraph."""
        numbering = paragraph.find(f"{W}pPr/{W}numPr")
        number, level = _list_reference(numbering) if numbering is not None else ("", None)
        for ancestor in self._ancestry(style):
            if number and level is not None:
                break
            number = number or ancestor.list_number
            level = ancestor.list_level if level is None else level
        if not number or number == "0":
            return ""
        if level is None:
            level = self._numbering.level_of_style.get((number, style), 0)
        return self._numbering.next(number, level)


def _read_styles(root: etree._Element | None) -> dict[str, _Style]:
    styles: dict[str, _Style] = {}
    for element in root.iterfind(f"{W}style") if root is not None else ():
        based_on = element.find(f"{W}basedOn")
        reference = element.find(f"{W}pPr/{W}numPr")
        number, level = _list_reference(reference) if reference is not None else ("", None)
        vanish = element.find(f"{W}rPr/{W}vanish")
        styles[element.get(f"{W}styleId", "")] = _Style(
            based_on="" if based_on is None else based_on.get(f"{W}val", ""),
            list_number=number,
            list_level=level,
            hidden=vanish is not None and vanish.get(f"{W}val", "1") not in _OFF,
        )
    return styles


def _list_reference(properties: etree._Element) -> tuple[str, int | None]:
    number, level = properties.find(f"{W}numId"), properties.find(f"{W}ilvl")
    written = None if level is None else level.get(f"{W}val")
    return (
        "" if number is None else number.get(f"{W}val", ""),
        int(written) if written is not None and written.isdigit() else None,
    )
