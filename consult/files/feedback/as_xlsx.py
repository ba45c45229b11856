"""The feedback report as a workbook: figures on one sheet, the table on the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, BinaryIO, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from consult.files.export.xml_characters import xml_text
from consult.files.feedback.document import CountLine, FeedbackDocument
from consult.files.feedback.layout import Layout, reworded

HEADER: Final = ("序号", "条款", "反馈人", "反馈人类别", "渠道", "意见内容", "采纳情况", "理由", "修改", "备注")
WIDTHS: Final = (8, 20, 16, 14, 12, 70, 14, 60, 50, 10)
CELL_CHARACTERS: Final = 32_767
"""Excel's limit for one cell."""


def write(document: FeedbackDocument, out: BinaryIO, layout: Layout) -> None:
    """Write the report as XLSX; every cell of text is text, never a formula."""
    book = Workbook(write_only=True)
    book.properties.title = xml_text(document.title)[:255]
    book.properties.creator = xml_text(document.department)[:255]
    if document.at is not None:
        book.properties.created = book.properties.modified = document.at.replace(tzinfo=None)
    _figures(_Sheet(book, "统计", (40, 12, 12, 12, 12, 12, 12, 12)), document)
    _table(_Sheet(book, "逐条意见", WIDTHS), document)
    book.save(out)


class _Sheet:
    """A sheet written row by row; styles are made once."""

    def __init__(self, book: Workbook, title: str, widths: Sequence[int]) -> None:
        self.sheet: Any = book.create_sheet(title)
        for column, width in zip("ABCDEFGHIJ", widths, strict=False):
            self.sheet.column_dimensions[column].width = width
        self._styles = {bold: self._style(bold=bold) for bold in (False, True)}

    def _style(self, *, bold: bool) -> Any:
        cell: Any = WriteOnlyCell(self.sheet, value="")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.quotePrefix = True  # Excel shows what begins with = as it is, also after an edit
        if bold:
            cell.font = Font(bold=True)
        return cell._style

    def row(self, *values: str | int, bold: bool = False) -> None:
        """Add a row."""
        self.sheet.append([value if isinstance(value, int) else self._text(value, bold) for value in values])

    def _text(self, value: str, bold: bool) -> Any:
        cell: Any = WriteOnlyCell(self.sheet, value="")
        cell._value, cell.data_type = xml_text(value), "s"
        cell._style = self._styles[bold]
        return cell


def _figures(sheet: _Sheet, document: FeedbackDocument) -> None:
    sheet.row(document.title, bold=True)
    for label, value in document.dates:
        sheet.row(label, value)
    for paragraph in (document.replaces, *document.statement, document.participation(), document.adoption()):
        if paragraph:
            sheet.row(paragraph)
    sheet.row("项目", "数量", bold=True)
    for figure in document.figures:
        sheet.row(figure.label, figure.n)
    counts = document.counts
    for words, lines in (
        ("渠道", counts.channels),
        ("来件人", counts.senders),
        ("公众和单位", counts.apart),
        ("条款", counts.articles),
    ):
        _spread(sheet, words, lines)
    for words, pairs in (("不予公开的理由", document.rejections), ("单独征求意见", document.heard)):
        if pairs:
            sheet.row(words, "数量", bold=True)
            for name, n in pairs:
                sheet.row(name, n)
    if document.themes:
        sheet.row("主题", "意见数", bold=True)
    for theme in document.themes:
        sheet.row(theme.name, theme.n, *(f"{words} {n}" for words, n in theme.outcomes))
    for main in document.main_opinions:
        sheet.row(f"较为集中的意见：{main.title}（{main.place}，{main.n}条）", bold=True)
        for words in (f"采纳情况：{main.answer()}", *reworded(main)):
            sheet.row(words)
    for words in (document.checkpoint, f"校验：SHA-256 {document.digest}" if document.digest else ""):
        if words:
            sheet.row(words)


def _spread(sheet: _Sheet, words: str, lines: tuple[CountLine, ...]) -> None:
    if lines:
        sheet.row(words, "来件", "意见", *lines[0].outcomes, bold=True)
        for line in lines:
            submissions = line.submissions if line.submissions is not None else ""
            sheet.row(line.words, submissions, line.opinions, *line.outcomes.values())


def _table(table: _Sheet, document: FeedbackDocument) -> None:
    table.sheet.freeze_panes = "A2"
    table.row(*HEADER, bold=True)
    last = 1
    for row in document.rows:
        who = (row.place, row.sender, row.sender_kind, row.channel)
        words = (*who, row.content, row.outcome, row.reason, row.rewording)
        for place, pieces in enumerate(zip_longest(*map(_pieces, words), fillvalue="")):
            table.row(row.number, *pieces, "续上行" if place else "逾期" if row.late else "")
            last += 1
    table.sheet.auto_filter.ref = f"A1:J{last}"


def _pieces(words: str) -> list[str]:
    """Return a text in pieces that fit a cell each; what is longer continues in the next row."""
    return [words[start : start + CELL_CHARACTERS] for start in range(0, len(words), CELL_CHARACTERS)] or [""]
