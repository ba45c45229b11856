"""A volume of materials as one Word document in the official layout (GB/T 9704-2012)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt

from consult.files.charts import as_png
from consult.files.export import official_layout as layout
from consult.files.export.volume import (
    FILE_COLUMNS,
    Block,
    Cell,
    Chart,
    Facts,
    Heading,
    Line,
    Look,
    Material,
    Run,
    Table,
    Volume,
    file_rows,
)
from consult.files.export.xml_characters import xml_text
from consult.text.comparison.wording import Op

LABEL = 36
WIDTH = 156
"""Width of the text area of an upright page, in millimetres."""
CELL_HALF_POINTS = 24
"""Size of the characters in tables: 小四, 12 points."""
CELL_LINE = 16
"""Height of a line in tables, in points."""
AFTER = 6
"""Height of the empty line after a table, in points."""
LONG = 300
"""Characters of a cell that fill about half a page of a narrow column."""
TWENTIETHS = 56.7
"""Twentieths of a point in a millimetre."""
_CLOSE = '<w:pPr><w:snapToGrid w:val="0"/><w:spacing w:line="320" w:lineRule="exact"/></w:pPr>'
"""Lines in tables stand closer than the grid of the page."""
_ALIGNED = {Look.CENTRED: WD_ALIGN_PARAGRAPH.CENTER, Look.RIGHT: WD_ALIGN_PARAGRAPH.RIGHT}
_MARKED = {
    Op.KEEP: "",
    Op.DELETE: '<w:strike/><w:color w:val="B42318"/>',
    Op.INSERT: '<w:b/><w:color w:val="145A32"/>',
}
_AFTER_SIZE = {Op.KEEP: "", Op.DELETE: "", Op.INSERT: '<w:u w:val="single"/>'}


def render(volume: Volume) -> bytes:
    """Return the volume as DOCX: cover, index, then each material on pages of its own."""
    fonts = layout.Fonts()
    document = layout.new_document(fonts)
    _cover(document, volume, fonts)
    _index(document, volume, fonts)
    turned = False
    for material in volume.materials:
        for place, section in enumerate(material.sections):
            same, turned = turned is section.landscape, section.landscape
            if not same:
                _turn(document, section.landscape)
            if not place:
                _head(document, material, fonts, breaks=same)
            for block in section.blocks:
                write_block(document, block, fonts)
    return layout.saved(document)


def _cover(document: Any, volume: Volume, fonts: layout.Fonts) -> None:
    for _ in range(5):
        document.add_paragraph()
    layout.add_title(document, volume.title, fonts)
    document.add_paragraph()
    layout.add_title(document, volume.subtitle, fonts)
    for _ in range(6):
        document.add_paragraph()
    for words, value in volume.cover:
        layout.add_line(document, f"{words}：{value}", fonts.subheading, centred=True)
    document.add_paragraph()
    for words in (volume.department, volume.day):
        layout.add_line(document, words, centred=True)


def _head(document: Any, material: Material, fonts: layout.Fonts, *, breaks: bool) -> None:
    mark = layout.add_run(document.add_paragraph(), material.mark, fonts.heading)
    mark._parent.paragraph_format.page_break_before = breaks
    layout.add_title(document, material.head, fonts)
    document.add_paragraph()


def _index(document: Any, volume: Volume, fonts: layout.Fonts) -> None:
    layout.add_title(document, "目录", fonts).paragraph_format.page_break_before = True
    document.add_paragraph()
    rows = [(material.mark, material.title) for material in volume.materials]
    write_block(document, Table((("编号", 24), ("材料", 132)), rows), fonts)
    for words in volume.absent:
        layout.add_line(document, words, size=layout.SIZE_4)
    if volume.files:
        write_block(document, Heading("附件"), fonts)
        write_block(document, Table(FILE_COLUMNS, file_rows(volume)), fonts)


def _turn(document: Any, landscape: bool) -> None:
    """Begin a page of the other orientation."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)
        section.top_margin, section.bottom_margin = Mm(28), Mm(26)
        section.left_margin, section.right_margin = Mm(25), Mm(25)
        section.footer_distance = Mm(15)
    else:
        section.orientation = WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.footer_distance = Mm(25)


def write_block(document: Any, block: Block, fonts: layout.Fonts) -> None:
    """Add a block at the end of a document."""
    if isinstance(block, Heading):
        paragraph = layout.add_line(document, block.words, fonts.heading if block.level == 1 else fonts.subheading)
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_before = Pt(6)
    elif isinstance(block, Line):
        size = layout.SIZE_4 if block.look is Look.NOTE else 0
        paragraph = layout.add_line(document, block.words, size=size, centred=block.look is Look.CENTRED)
        if block.look in _ALIGNED:
            paragraph.alignment = _ALIGNED[block.look]
    elif isinstance(block, Chart):
        _picture(document, block)
    elif isinstance(block, Facts):
        _table(document, Table((("", LABEL), ("", WIDTH - LABEL)), block.pairs), fonts, headed=False)
    elif block.rows:
        _table(document, block, fonts, headed=True)
    else:
        layout.add_line(document, block.none)


def _picture(document: Any, chart: Chart) -> None:
    """Add a chart as a picture, with what it shows as its alternative text."""
    paragraph = document.add_paragraph()
    picture = paragraph.add_run().add_picture(io.BytesIO(as_png(chart.svg)), width=Mm(WIDTH * 0.85))
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    picture._inline.docPr.set("descr", xml_text(chart.words))
    _close(document.add_paragraph(), AFTER)


def _table(document: Any, table: Table, fonts: layout.Fonts, *, headed: bool) -> None:
    made = layout.begin_table(document, table.columns, fonts)
    widths = [width for _, width in table.columns]
    if headed:
        for cell in made.rows[0].cells:
            _close(cell.paragraphs[0])
            for run in cell.paragraphs[0].runs:
                run.font.size = Pt(CELL_HALF_POINTS / 2)
    else:
        made._tbl.remove(made.rows[0]._tr)
    for row in table.rows:
        made._tbl.append(_row(row, widths, fonts, headed))  # python-docx's own row costs a hundred times as much
    _close(document.add_paragraph(), AFTER)


def _close(paragraph: Any, points: int = CELL_LINE) -> None:
    """Set the lines of a paragraph closer than the grid of the page."""
    off = OxmlElement("w:snapToGrid")
    off.set(qn("w:val"), "0")
    paragraph.paragraph_format.line_spacing = Pt(points)
    paragraph._p.pPr.find(qn("w:spacing")).addprevious(off)  # the order that the schema asks for


def _row(row: Sequence[Cell], widths: Sequence[int], fonts: layout.Fonts, headed: bool) -> BaseOxmlElement:
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{round(width * TWENTIETHS)}" w:type="dxa"/></w:tcPr>'
        f"{_paragraphs(cell, fonts.heading if not headed and not place else '')}</w:tc>"
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    whole = "" if _is_long(row) else "<w:trPr><w:cantSplit/></w:trPr>"
    return parse_xml(f"<w:tr {nsdecls('w')}>{whole}{cells}</w:tr>")


def _is_long(row: Sequence[Cell]) -> bool:
    """Say whether a row may be too high to go whole to the next page."""
    return any(len(text_of(cell)) > LONG for cell in row)


def text_of(cell: Cell) -> str:
    """Return the text of a cell without its marks."""
    return cell if isinstance(cell, str) else "".join(run.text for run in cell)


def _paragraphs(cell: Cell, font: str) -> str:
    lines: list[list[Run]] = [[]]
    for run in [Run(cell)] if isinstance(cell, str) else cell:
        for place, piece in enumerate(run.text.split("\n")):
            if place:
                lines.append([])
            if piece:
                lines[-1].append(Run(piece, run.mark))
    return "".join(f"<w:p>{_CLOSE}{''.join(_run(run, font) for run in line)}</w:p>" for line in lines)


def _run(run: Run, font: str) -> str:
    plain = xml_text(run.text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    named = f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}"/>' if font else ""
    size = f'<w:sz w:val="{CELL_HALF_POINTS}"/>'
    properties = f"<w:rPr>{named}{_MARKED[run.mark]}{size}{_AFTER_SIZE[run.mark]}</w:rPr>"
    return f'<w:r>{properties}<w:t xml:space="preserve">{plain}</w:t></w:r>'
