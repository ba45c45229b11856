"""The page of an official document (GB/T 9704-2012): margins, type sizes, line grid, page numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from consult.files.export.xml_characters import xml_text

SIZE_2: Final = 22  # points, 二号
SIZE_3: Final = 16  # points, 三号
SIZE_4: Final = 14  # points, 四号
LINE_PITCH: Final = 579  # twentieths of a point: 22 lines on the 225 mm of the text area (GB/T 9704, 5.2)
TIGHTER: Final = -5  # twentieths of a point between characters of 16 pt: 28 on the 156 mm of a line (5.2)


@dataclass(frozen=True, slots=True)
class Fonts:
    """Names of the fonts to ask for; the reader's machine supplies them or its own substitute."""

    body: str = "仿宋_GB2312"
    title: str = "方正小标宋简体"
    heading: str = "黑体"
    subheading: str = "楷体_GB2312"
    page_number: str = "宋体"


def new_document(fonts: Fonts, landscape: bool = False) -> Any:
    """An empty document of A4 pages in the official layout; `landscape` turns the page for a table."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)
        section.top_margin, section.bottom_margin = Mm(28), Mm(26)
        section.left_margin, section.right_margin = Mm(25), Mm(25)
    else:
        _set_grid(section)
    style = document.styles["Normal"]
    style.font.size = Pt(SIZE_3)
    _set_font(style.element, fonts.body)
    if not landscape:
        _set_tighter(style.element)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    _write_page_numbers(document, section, fonts)
    return document


def _set_grid(section: Any) -> None:
    """22 lines a page.

    The 28 characters of a line are made by their spacing, not by the grid: LibreOffice gives a character that is wider
    than its place in the grid, by however little, two places.
    """
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(LINE_PITCH))


def _set_tighter(element: Any) -> None:
    """Set characters a little closer than their width."""
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), str(TIGHTER))
    properties = element.get_or_add_rPr()
    size = properties.find(qn("w:sz"))
    size.addprevious(spacing)  # the order that the schema asks for


def _set_font(element: Any, font: str) -> None:
    properties = element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(name), font)


def _write_page_numbers(document: Any, section: Any, fonts: Fonts) -> None:
    """— 1 — in 四号, one character from the right of odd pages and from the left of even ones (7.5)."""
    settings = document.settings.element
    settings.insert(0, OxmlElement("w:evenAndOddHeaders"))
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        paragraph = footer.paragraphs[0]
        paragraph.alignment = side
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(SIZE_4)
        add_run(paragraph, "— ", fonts.page_number, SIZE_4)
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        run = OxmlElement("w:r")
        text = OxmlElement("w:t")
        text.text = "1"
        run.append(text)
        field.append(run)
        paragraph._p.append(field)
        add_run(paragraph, " —", fonts.page_number, SIZE_4)


def begin_part(document: Any) -> None:
    """Start a new page numbered 1, for the next of several documents in one file."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    numbers = section._sectPr.find(qn("w:pgNumType"))
    if numbers is None:
        numbers = OxmlElement("w:pgNumType")
        section._sectPr.find(qn("w:pgMar")).addnext(numbers)
    numbers.set(qn("w:start"), "1")


def add_run(paragraph: Any, text: str, font: str = "", size: int = 0) -> Any:
    """Add text to a paragraph, in a font and size of its own where given."""
    run = paragraph.add_run(xml_text(text))
    if font:
        _set_font(run._r, font)
    if size:
        run.font.size = Pt(size)
    return run


def add_line(document: Any, text: str, font: str = "", size: int = 0, centred: bool = False) -> Any:
    """Add a paragraph: centred, or with its first line set in by two characters."""
    paragraph = document.add_paragraph()
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    else:
        set_in(paragraph)
    add_run(paragraph, text, font, size)
    return paragraph


def add_title(document: Any, text: str, fonts: Fonts) -> Any:
    """Add a title: 二号 小标宋, centred (GB/T 9704, 7.3.1)."""
    return add_line(document, text, fonts.title, SIZE_2, centred=True)


def set_in(paragraph: Any) -> None:
    """Set the first line in by two characters, whatever their size."""
    indent = paragraph._p.get_or_add_pPr().get_or_add_ind()
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), str(2 * SIZE_3 * 20))


def begin_table(document: Any, columns: Sequence[tuple[str, int]], fonts: Fonts) -> Any:
    """Add a table with only a header row; ``columns`` are headings and widths in millimetres."""
    table = document.add_table(rows=1, cols=len(columns))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    set_widths(table, [width for _, width in columns])
    for cell, (heading, _) in zip(table.rows[0].cells, columns, strict=True):
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        add_run(cell.paragraphs[0], heading, fonts.heading, SIZE_4)
    repeat_head(table)
    return table


def set_widths(table: Any, widths: Sequence[int]) -> None:
    """Set the widths of a table's columns, in millimetres: of its head's cells, and of the grid for rows to come."""
    for column, cell, width in zip(table.columns, table.rows[0].cells, widths, strict=True):
        column.width = cell.width = Mm(width)


def repeat_head(table: Any) -> None:
    """Repeat the first row of a table on every page."""
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)


def saved(document: Any) -> bytes:
    """Return a document as the bytes of a DOCX file."""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
