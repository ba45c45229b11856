"""公平竞争审查表 and 合法性审核（审查）意见书 as Word documents in the official layout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt

from consult.files.export import official_layout as layout

WIDTH = 156
"""Width of the text area, in millimetres."""
LABEL = 36


@dataclass(frozen=True)
class Table:
    """A table with its heading in the form: columns as words and widths in millimetres (156 in all)."""

    heading: str
    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[str]]
    none: str = "无。"


@dataclass(frozen=True)
class ReviewForm:
    """A filled form: its title, the document it is about, labelled values, tables, notes, and who signs on what day."""

    title: str
    document: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    conclusion: Sequence[tuple[str, str]]
    notes: Sequence[str]
    unit: str
    day: str


def to_docx(form: ReviewForm) -> bytes:
    """Return a form as a Word document."""
    fonts = layout.Fonts()
    document = layout.new_document(fonts)
    layout.add_title(document, form.title, fonts)
    layout.add_line(document, f"（{form.document}）", size=layout.SIZE_4, centred=True)
    document.add_paragraph()
    _labelled(document, form.facts, fonts)
    for table in form.tables:
        _heading(document, table.heading, fonts)
        if table.rows:
            _table(document, table, fonts)
        else:
            layout.add_line(document, table.none)
    _heading(document, "审查结论", fonts)
    _labelled(document, form.conclusion, fonts)
    document.add_paragraph()
    for words in (form.unit, form.day):
        signed = layout.add_line(document, words)
        signed.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        signed.paragraph_format.right_indent = Pt(2 * layout.SIZE_3)
    for words in form.notes:
        layout.add_line(document, words, fonts.subheading, layout.SIZE_4)
    return layout.saved(document)


def _heading(document: Any, words: str, fonts: layout.Fonts) -> None:
    paragraph = layout.add_line(document, words, fonts.heading)
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(8)


def _labelled(document: Any, facts: Iterable[tuple[str, str]], fonts: layout.Fonts) -> None:
    table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for words, value in facts:
        cells = table.add_row().cells
        for cell, width in zip(cells, (LABEL, WIDTH - LABEL), strict=True):
            cell.width = Mm(width)
        layout.add_run(cells[0].paragraphs[0], words, fonts.heading, layout.SIZE_4)
        _write(cells[1], value)
    for column, width in zip(table.columns, (LABEL, WIDTH - LABEL), strict=True):
        column.width = Mm(width)


def _table(document: Any, table: Table, fonts: layout.Fonts) -> None:
    made = layout.begin_table(document, table.columns, fonts)
    for row in table.rows:
        added = made.add_row()
        _keep_together(added)
        cells = added.cells
        for cell, value, (_, width) in zip(cells, row, table.columns, strict=True):
            cell.width = Mm(width)
            _write(cell, value)


def _keep_together(row: Any) -> None:
    """Let a row go whole to the next page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _write(cell: Any, value: str) -> None:
    for n, line in enumerate(value.split("\n")):
        layout.add_run(cell.add_paragraph() if n else cell.paragraphs[0], line, "", layout.SIZE_4)
