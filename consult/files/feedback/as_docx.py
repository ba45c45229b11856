"""The feedback report as DOCX: in the official layout, then the table of all opinions on landscape pages.

The rows of the table are written into the file as they are read; python-docx holds only the rest.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from html import escape
from typing import Any, BinaryIO, Final

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm

from consult.files.export import official_layout
from consult.files.export.volume_as_docx import LONG, TWENTIETHS, write_block
from consult.files.export.xml_characters import xml_text
from consult.files.feedback.document import FeedbackDocument, Row
from consult.files.feedback.layout import Layout, front

COLUMNS: Final = (("序号", 15), ("条款", 32), ("反馈人", 24), ("意见内容", 96), ("采纳情况", 24), ("理由", 66))
BODY: Final = "word/document.xml"
PLACE: Final = b'<w:bookmarkEnd w:id="2147483647"/>'
"""Where the rows go."""
_CELL: Final = '<w:pPr><w:snapToGrid w:val="0"/><w:spacing w:line="300" w:lineRule="exact"/></w:pPr>'


def write(document: FeedbackDocument, out: BinaryIO, layout: Layout) -> None:
    """Write the report as DOCX in the type sizes and margins of official documents (GB/T 9704)."""
    frame = zipfile.ZipFile(io.BytesIO(official_layout.saved(_frame(document, layout))))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for item in frame.infolist():
            if item.filename != BODY:
                package.writestr(item, frame.read(item))
        before, place, after = frame.read(BODY).partition(PLACE)
        with package.open(BODY, "w", force_zip64=True) as body:
            body.write(before)
            if place:
                for row in document.rows:
                    body.write(_row(row).encode())
            body.write(after)


def _frame(document: FeedbackDocument, layout: Layout) -> Any:
    """Return the whole document but for the rows of its table."""
    fonts = layout.fonts
    docx = official_layout.new_document(fonts)
    _set_properties(docx, document)
    official_layout.add_title(docx, document.title, fonts)
    docx.add_paragraph()
    for block in front(document, layout):
        write_block(docx, block, fonts)
    if heading := layout.heading("table"):
        _turn(docx)
        official_layout.add_run(docx.add_paragraph(), heading, fonts.heading)
        table = official_layout.begin_table(docx, COLUMNS, fonts)
        table._tbl.append(parse_xml(f"<w:bookmarkEnd {nsdecls('w')} w:id='2147483647'/>"))
    for words in (document.checkpoint, f"校验：SHA-256 {document.digest}" if document.digest else ""):
        if words:
            official_layout.add_run(docx.add_paragraph(), words, size=9)
    return docx


def _set_properties(docx: Any, document: FeedbackDocument) -> None:
    properties = docx.core_properties
    properties.title, properties.author = xml_text(document.title)[:255], xml_text(document.department)[:255]
    properties.last_modified_by, properties.comments = properties.author, ""
    properties.subject = xml_text(document.consultation)[:255]
    if document.at is not None:
        properties.created = properties.modified = document.at.replace(tzinfo=None)


def _turn(docx: Any) -> None:
    section = docx.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin = section.bottom_margin = Mm(22)
    section.left_margin = section.right_margin = Mm(20)
    section.footer_distance = Mm(12)


def _row(row: Row) -> str:
    cells = (str(row.number), row.place, row.sender, row.content, row.outcome, row.answer)
    whole = "<w:trPr><w:cantSplit/></w:trPr>" if all(len(cell) <= LONG for cell in cells) else ""
    columns = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{round(width * TWENTIETHS)}" w:type="dxa"/></w:tcPr>'
        f"{''.join(_paragraphs(text))}</w:tc>"
        for text, (_, width) in zip(cells, COLUMNS, strict=True)
    )
    return f"<w:tr>{whole}{columns}</w:tr>"


def _paragraphs(text: str) -> Iterator[str]:
    for line in escape(xml_text(text), quote=False).replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        yield f'<w:p>{_CELL}<w:r><w:rPr><w:sz w:val="21"/></w:rPr><w:t xml:space="preserve">{line}</w:t></w:r></w:p>'
