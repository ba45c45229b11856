"""意见反馈表: the form on which a consultee writes its answer by hand or in Word; alone, or behind its letter."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table

from consult.files.export import official_layout as layout
from consult.files.export.xml_characters import xml_text

TITLE = "意见反馈表"
LABEL, VALUE = 46, 110
"""Widths of the columns of the head, in millimetres; together the text area of a page."""
OPINIONS = (("条款", 30), ("修改意见", 70), ("理由", 56))
ANSWERS = (("问题", 66), ("回答", 90))
ADDRESSEE = (1, 1)
"""Row and column of the head in which the name of who answers stands."""
ROWS = 4
"""Empty rows for opinions."""
OPINION_HEIGHT, ANSWER_HEIGHT = 14, 20
"""Least heights of rows to write in, in millimetres."""


@dataclass(frozen=True)
class ReplyForm:
    """What is printed on a form: the document asked about, who answers, the questions, until when and where to."""

    title: str
    to: str
    questions: tuple[str, ...]
    deadline: str
    contact: str

    def head(self) -> tuple[tuple[str, str], ...]:
        """Return the labelled lines above the tables, filled in as far as they are known."""
        return (
            ("文件名称", f"《{self.title}》"),
            ("单位名称（盖章）", self.to),
            ("联系人、电话", ""),
            ("总体意见", "□ 无意见　　□ 有意见（填写下表）"),
            ("公布意见时写明本单位名称", "□ 同意　　□ 不同意"),
        )

    def notes(self) -> tuple[str, ...]:
        """Return what is to be done with the form, a paragraph each."""
        where = f"寄送地址和联系方式：{self.contact}。" if self.contact else ""
        return (f"请于{self.deadline}（含当日）前寄送本表，或者扫描后在网上上传。可以另附页。{where}",)

    def headings(self) -> tuple[str, ...]:
        """Return the headings of the tables."""
        return ("一、对条款的意见", "二、对问题的回答") if self.questions else ("对条款的意见",)


def to_docx(form: ReplyForm) -> bytes:
    """Write a form as a Word document."""
    fonts = layout.Fonts()
    document = layout.new_document(fonts)
    Writer(document, fonts).write(form)
    return layout.saved(document)


class Writer:
    """Writes forms into one document; what is the same for all who are asked is laid out once and copied."""

    def __init__(self, document: Any, fonts: layout.Fonts) -> None:
        self._document = document
        self._fonts = fonts
        self._same: dict[ReplyForm, list[Any]] = {}

    def write(self, form: ReplyForm) -> None:
        """Write a form at the end of the document, on the page that it is at."""
        body, anybody = self._document.element.body, replace(form, to="")
        if anybody not in self._same:
            begins = len(body) - 1  # the last element is the page itself
            _write_whole(self._document, form, self._fonts)
            self._same[anybody] = [deepcopy(element) for element in body[begins:-1]]
            return
        copied = [deepcopy(element) for element in self._same[anybody]]
        for element in copied:
            body[-1].addprevious(element)
        head = next(element for element in copied if element.tag == qn("w:tbl"))
        Table(head, self._document).cell(*ADDRESSEE).paragraphs[0].runs[0].text = xml_text(form.to)


def _write_whole(document: Any, form: ReplyForm, fonts: layout.Fonts) -> None:
    layout.add_title(document, TITLE, fonts)
    document.add_paragraph()
    _write_head(document, form, fonts)
    _write_tables(document, form, fonts)


def _write_head(document: Any, form: ReplyForm, fonts: layout.Fonts) -> None:
    head = _table(document, (LABEL, VALUE))
    for label, value in form.head():
        cells = _row(head, (LABEL, VALUE), 0).cells
        layout.add_run(cells[0].paragraphs[0], label, fonts.heading, layout.SIZE_4)
        layout.add_run(cells[1].paragraphs[0], value, "", layout.SIZE_4)


def _write_tables(document: Any, form: ReplyForm, fonts: layout.Fonts) -> None:
    opinions, *answers = form.headings()
    _heading(document, opinions, fonts)
    made = layout.begin_table(document, OPINIONS, fonts)
    for _ in range(ROWS):
        _row(made, [width for _, width in OPINIONS], OPINION_HEIGHT)
    for heading in answers:
        _heading(document, heading, fonts)
        made = layout.begin_table(document, ANSWERS, fonts)
        for n, question in enumerate(form.questions, 1):
            cells = _row(made, [width for _, width in ANSWERS], ANSWER_HEIGHT).cells
            layout.add_run(cells[0].paragraphs[0], f"{n}. {question}", "", layout.SIZE_4)
    for words in form.notes():
        layout.add_line(document, words, fonts.subheading, layout.SIZE_4).paragraph_format.space_before = Pt(8)


def _heading(document: Any, words: str, fonts: layout.Fonts) -> None:
    paragraph = layout.add_line(document, words, fonts.heading)
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(8)


def _table(document: Any, widths: Sequence[int]) -> Any:
    table = document.add_table(rows=0, cols=len(widths))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    return table


def _row(table: Any, widths: Sequence[int], height: int) -> Any:
    """Add an empty row that is at least so high (mm) and goes whole to the next page."""
    row = table.add_row()
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    if height:
        row.height, row.height_rule = Mm(height), WD_ROW_HEIGHT_RULE.AT_LEAST
    for cell, width in zip(row.cells, widths, strict=True):
        cell.width = Mm(width)
    return row


TYPST = """
#let heading-line(words) = block(above: 14pt, below: 8pt, sticky: true, text(16pt, weight: "bold", words))
#let reply-form(form) = {
  set par(justify: false)
  set text(14pt)
  align(center, text(22pt, weight: "bold", form.name))
  v(12pt)
  set table(inset: 6pt, stroke: 0.5pt)
  table(columns: (46mm, 110mm), ..form.head.flatten().map(words => [#words]))
  heading-line(form.headings.at(0))
  table(
    columns: (30mm, 70mm, 56mm), rows: (auto,) + (14mm,) * form.rows,
    ..form.opinions.map(words => align(center, strong(words))), ..([],) * 3 * form.rows,
  )
  if form.questions.len() > 0 {
    heading-line(form.headings.at(1))
    table(
      columns: (66mm, 90mm),
      ..form.answers.map(words => align(center, strong(words))),
      ..form.questions.enumerate(start: 1).map(((n, words)) => ([#n. #words], box(height: 20mm))).flatten(),
    )
  }
  for words in form.notes { par(first-line-indent: (amount: 2em, all: true), words) }
}
"""
"""The same in Typst, for letters that are printed as PDF; ``in_typst`` gives its data."""


def in_typst(form: ReplyForm) -> dict[str, Any]:
    """Return a form as data of ``TYPST``."""
    return {
        "name": TITLE,
        "head": form.head(),
        "headings": form.headings(),
        "opinions": [words for words, _ in OPINIONS],
        "rows": ROWS,
        "answers": [words for words, _ in ANSWERS],
        "questions": form.questions,
        "notes": form.notes(),
    }
