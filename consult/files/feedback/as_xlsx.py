"""The feedback report as a workbook: figures on one sheet, the table on the other."""

from __future__ import annotations

import io

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from consult.files.export.xml_characters import xml_text
from consult.files.feedback.document import FeedbackDocument

HEADER = ("序号", "反馈人", "反馈人类别", "渠道", "条文", "意见内容", "采纳情况", "理由", "备注")
WIDTHS = (8, 16, 14, 12, 20, 70, 14, 60, 10)
CELL_CHARACTERS = 32_767
"""Excel's limit for one cell; a longer text continues in the next row."""


def render(document: FeedbackDocument) -> bytes:
    """Return the report as XLSX; every cell of text is text, never a formula."""
    book = Workbook(write_only=True)
    figures = book.create_sheet("统计")
    _write(figures, (document.title,), bold=True)
    for label, value in document.dates:
        _write(figures, (label, value))
    for paragraph in (*document.statement, document.participation(), document.adoption()):
        _write(figures, (paragraph,))
    _write(figures, ("项目", "数量"), bold=True)
    for figure in document.figures:
        _write(figures, (figure.label, figure.n))
    if document.themes:
        _write(figures, ("主题", "意见数"), bold=True)
    for theme in document.themes:
        _write(figures, (theme.name, theme.n, *(f"{words} {n}" for words, n in theme.outcomes)))
    table = book.create_sheet("逐条意见")
    for column, width in zip("ABCDEFGHI", WIDTHS, strict=True):
        table.column_dimensions[column].width = width
    table.freeze_panes = "A2"
    _write(table, HEADER, bold=True)
    for row in document.rows:
        rest = row.content
        first = True
        while first or rest:
            piece, rest = rest[:CELL_CHARACTERS], rest[CELL_CHARACTERS:]
            tail = (row.outcome, row.reason, "逾期" if row.late else "") if first else ("", "", "续上行")
            _write(table, (row.number, row.sender, row.sender_kind, row.channel, row.place, piece, *tail))
            first = False
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _write(sheet: WriteOnlyWorksheet, values: tuple[str | int, ...], *, bold: bool = False) -> None:
    cells = []
    for value in values:
        cell = WriteOnlyCell(sheet, value=value if isinstance(value, int) else xml_text(value))
        if isinstance(value, str):
            cell.data_type = "s"  # a text that begins with = stays a text
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        if bold:
            cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)
