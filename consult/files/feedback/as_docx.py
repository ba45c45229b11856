"""The feedback report as DOCX: statement first, then the table on landscape pages."""

from __future__ import annotations

from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt

from consult.files.export.official_layout import repeat_head, saved, set_widths
from consult.files.export.xml_characters import xml_text
from consult.files.feedback.document import FeedbackDocument, Row

HEADER = ("序号", "反馈人", "条文", "意见内容", "采纳情况", "理由")
WIDTHS_MM = (13, 24, 32, 98, 24, 66)
BODY_FONT = "仿宋_GB2312"
TITLE_FONT = "方正小标宋简体"
HEADING_FONT = "黑体"


def render(document: FeedbackDocument) -> bytes:
    """Return the report as DOCX in the type sizes and margins of official documents (GB/T 9704)."""
    docx = Document()
    _page(docx)
    if document.draft:
        _paragraph(docx, "（未公布的稿子，不作为正式反馈）", align=WD_ALIGN_PARAGRAPH.CENTER)
    _paragraph(docx, document.title, font=TITLE_FONT, size=22, align=WD_ALIGN_PARAGRAPH.CENTER)
    for label, value in document.dates:
        _paragraph(docx, f"{label}：{value}", indent=True)
    if document.replaces:
        _paragraph(docx, document.replaces, indent=True)
    for paragraph in document.statement:
        _paragraph(docx, paragraph, indent=True)
    _paragraph(docx, "一、公众参与过程", font=HEADING_FONT, indent=True)
    _paragraph(docx, document.participation(), indent=True)
    _paragraph(docx, "二、主要意见和采纳情况", font=HEADING_FONT, indent=True)
    _paragraph(docx, document.adoption(), indent=True)
    for n, main in enumerate(document.main_opinions, 1):
        _paragraph(docx, f"{n}．{main.title}（{main.place}，{main.n}条）", indent=True)
        _paragraph(docx, f"采纳情况：{main.answer()}", indent=True)
    if document.themes:
        _paragraph(docx, "三、按主题统计", font=HEADING_FONT, indent=True)
    for theme in document.themes:
        _paragraph(docx, theme.line(), indent=True)
    _paragraph(docx, document.department, align=WD_ALIGN_PARAGRAPH.RIGHT)
    _table(docx, document)
    return saved(docx)


def _page(docx: DocxDocument) -> None:
    section = docx.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    style = docx.styles["Normal"]
    style.font.size = Pt(16)
    style.font.name = "Times New Roman"
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), BODY_FONT)
    style.paragraph_format.line_spacing = Pt(28)
    style.paragraph_format.space_after = Pt(0)


def _paragraph(
    docx: DocxDocument,
    text: str,
    *,
    font: str = BODY_FONT,
    size: int = 16,
    indent: bool = False,
    align: WD_ALIGN_PARAGRAPH | None = None,
) -> None:
    paragraph = docx.add_paragraph()
    run = paragraph.add_run(xml_text(text))
    run.font.size = Pt(size)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(2 * size)
    if align is not None:
        paragraph.alignment = align


def _table(docx: DocxDocument, document: FeedbackDocument) -> None:
    section = docx.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin = section.right_margin = Mm(20)
    _paragraph(docx, "附：逐条意见采纳情况", font=HEADING_FONT)
    table = docx.add_table(rows=1, cols=len(HEADER))
    table.style = "Table Grid"
    table.autofit = False
    set_widths(table, WIDTHS_MM)
    for cell, title in zip(table.rows[0].cells, HEADER, strict=True):
        cell.text = title
        for run in cell.paragraphs[0].runs:
            run.font.size = Pt(10.5)
            run.bold = True
    repeat_head(table)
    for row in document.rows:
        table._tbl.append(_row(row))  # python-docx's own row costs a hundred times as much
    docx.add_paragraph()


def _row(row: Row) -> BaseOxmlElement:
    cells = (str(row.number), row.sender, row.place, row.content, row.outcome, row.reason)
    xml = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{round(width * 56.7)}" w:type="dxa"/></w:tcPr>{_cell_paragraphs(text)}</w:tc>'
        for text, width in zip(cells, WIDTHS_MM, strict=True)
    )
    return parse_xml(f"<w:tr {nsdecls('w')}>{xml}</w:tr>")


def _cell_paragraphs(text: str) -> str:
    plain = xml_text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(
        '<w:p><w:pPr><w:spacing w:line="300" w:lineRule="exact"/></w:pPr><w:r><w:rPr><w:sz w:val="21"/></w:rPr>'
        f'<w:t xml:space="preserve">{line}</w:t></w:r></w:p>'
        for line in plain.split("\n")
    )
