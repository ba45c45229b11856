"""Reads the text of a .docx as its author sees it: numbered, tracked changes accepted, hidden text left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from consult.files.docx_numbering import Numbering, W
from consult.files.errors import UnreadableFile
from consult.files.office_packages import Package
from consult.text.parser.line_openings import with_plain_separators

_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATH: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_STRICT: Final = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_REMOVED: Final = frozenset({f"{W}del", f"{W}moveFrom", f"{_MC}Fallback", f"{W}rt", f"{W}instrText", f"{W}delText"})
_TEXT: Final = frozenset({f"{W}t", f"{_MATH}t"})
_BREAKS: Final = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}ptab": "\t"}
_OFF: Final = frozenset({"0", "false", "off", "none"})


@dataclass(frozen=True, slots=True)
class TableLines:
    """A table that was turned into lines of text: its first line (from 1), number of rows and columns."""

    line: int
    rows: int
    columns: int


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
        package = Package(data, name)
        part = "word/document.xml"
        if part not in package:
            raise UnreadableFile(f"“{name}”不是 Word 文档（缺少正文部分）。请用 Word 或 WPS 另存为 .docx 后重新上传。")
        if _STRICT in package.read(part)[:4096]:
            raise UnreadableFile(
                f"“{name}”是“严格 Open XML”格式。请在 Word 中另存为普通的 Word 文档（.docx）后重新上传。"
            )
        body = package.xml(part).find(f"{W}body")
        if body is None:
            raise UnreadableFile(f"“{name}”里没有正文。请打开文档确认内容后重新上传。")
        self._body = body
        self._styles = _read_styles(package.optional_xml("word/styles.xml"))
        lists = {name: style.list_number for name, style in self._styles.items() if style.list_number}
        self._numbering = Numbering(package.optional_xml("word/numbering.xml"), lists)
        self._notes = [
            note
            for part in ("word/footnotes.xml", "word/endnotes.xml")
            if (root := package.optional_xml(part)) is not None
            for note in root
            if note.get(f"{W}type") in (None, "normal")
        ]
        self.warnings: list[str] = []
        self.tables: list[TableLines] = []
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
            elif tag == f"{_MC}AlternateContent":
                choice = element.find(f"{_MC}Choice")
                yield from self._blocks(choice if choice is not None else element)
        if carried:
            yield carried

    def _table(self, table: etree._Element) -> Iterator[str]:
        """Yield a line for each row, cells separated by tabs; a table of one column becomes lines of text."""
        first, rows, columns, has_text = self._lines + 1, 0, 0, False
        for row in table.iter(f"{W}tr"):
            if next(row.iterancestors(f"{W}tbl")) is not table:
                continue
            if (properties := row.find(f"{W}trPr")) is not None and properties.find(f"{W}del") is not None:
                continue
            cells = self._cells(row)
            rows, columns = rows + 1, max(columns, len(cells))
            has_text = has_text or any(line.strip() for cell in cells for line in cell)
            if len(cells) == 1:
                yield from cells[0]
            else:
                yield "\t".join(" ".join(line.strip() for line in cell if line.strip()) for cell in cells)
        if has_text and columns > 1 and not self._inside:
            self.tables.append(TableLines(first, rows, columns))

    def _cells(self, row: etree._Element) -> list[list[str]]:
        """The lines of each cell of a row; a table in a cell is a part of it."""
        self._inside += 1
        cells = [list(self._blocks(cell)) for cell in row.iter(f"{W}tc") if _owner(cell, f"{W}tr") is row]
        self._inside -= 1
        return cells

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
                yield _symbol(child)
            elif isinstance(tag, str) and tag not in _REMOVED and tag != f"{W}pPr":
                yield from self._runs(child, boxes, hidden)

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


def _owner(element: etree._Element, tag: str) -> etree._Element | None:
    return next(element.iterancestors(tag), None)


def _symbol(element: etree._Element) -> str:
    """A symbol of a symbol font; private-use codes have no meaning outside it."""
    try:
        code = int(element.get(f"{W}char", ""), 16)
    except ValueError:
        return ""
    return "" if 0xE000 <= code <= 0xF8FF else chr(code)
