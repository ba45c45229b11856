"""A draft, and the table of changes between two versions, as Word documents in the official layout."""

from __future__ import annotations

from typing import Any, Final

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import RGBColor

from consult.files.export.official_layout import (
    SIZE_3,
    SIZE_4,
    Fonts,
    add_line,
    add_run,
    add_title,
    begin_table,
    new_document,
    saved,
    set_in,
)
from consult.text.anchors import in_words
from consult.text.comparison.versions import Comparison, Match, Relation
from consult.text.comparison.wording import Op
from consult.text.parser.tree import HEADINGS, Draft, Kind, Provision

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_COLUMNS: Final = (("修改前", 105), ("修改后", 105), ("说明", 37))  # headings, widths in millimetres
_DELETED, _INSERTED = RGBColor(0xB4, 0x23, 0x18), RGBColor(0x14, 0x5A, 0x32)


def to_docx(draft: Draft, fonts: Fonts | None = None) -> bytes:
    """Write a draft in the layout of official documents (GB/T 9704-2012).

    Title in 二号 小标宋, chapters and 一、 in 黑体, （一） in 楷体, text in 三号 仿宋; 22 lines of 28 characters.
    """
    fonts = fonts or Fonts()
    document = new_document(fonts)
    if draft.title:
        add_title(document, draft.title, fonts)
    for node in draft.front:
        if node.kind is Kind.NOTE:
            add_line(document, node.text, fonts.subheading, SIZE_3, centred=True)
    document.add_paragraph()
    for node in draft.provisions:
        _write(document, node, fonts, 0)
    return saved(document)


def _write(document: Any, node: Provision, fonts: Fonts, depth: int) -> None:
    if node.kind in HEADINGS:
        font = fonts.heading if node.kind is not Kind.SECTION else fonts.subheading
        add_line(document, _source_heading(node), font, SIZE_3, centred=True)
        if node.text:
            add_line(document, node.text)
    elif node.kind is Kind.ANNEX:
        document.add_page_break()
        add_line(document, node.number or "附件", fonts.heading, SIZE_3).paragraph_format.first_line_indent = 0
        if node.heading:
            add_title(document, node.heading, fonts)
    elif node.kind is Kind.ARTICLE:
        _write_article(document, node, fonts)
        return
    elif node.kind is Kind.SIGNATURE:
        add_line(document, node.text).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    elif node.kind is Kind.CLAUSE:
        _write_clause(document, node, fonts, depth)
    else:
        add_line(document, f"{node.written}{node.text}")
    for child in node.children:
        _write(document, child, fonts, depth + 1)


def _source_heading(node: Provision) -> str:
    return "　".join(part for part in (node.number, node.heading) if part)


def _write_article(document: Any, article: Provision, fonts: Fonts) -> None:
    caption = f"（{article.heading}）" if article.heading else ""
    paragraph = document.add_paragraph()
    set_in(paragraph)
    add_run(paragraph, f"{article.number}{caption}　", fonts.heading, SIZE_3)
    for place, node in enumerate(article.children):
        if place == 0:
            add_run(paragraph, node.text)
        else:
            add_line(document, node.text)
        for below in node.children:
            for item in below.walk():
                add_line(document, f"{item.written}{item.text}")


def _write_clause(document: Any, clause: Provision, fonts: Fonts, depth: int) -> None:
    font = (fonts.heading, fonts.subheading)[depth] if depth < 2 else ""
    paragraph = document.add_paragraph()
    set_in(paragraph)
    add_run(paragraph, clause.written, font, SIZE_3)
    if clause.text:
        add_run(paragraph, clause.text)


def comparison_to_docx(comparison: Comparison, title: str, fonts: Fonts | None = None, whole: bool = False) -> bytes:
    """Write the table of changes (修改对照表): old and new text beside each other, what changed marked in both.

    `whole` shows unchanged provisions too.
    """
    fonts = fonts or Fonts()
    document = new_document(fonts, landscape=True)
    add_title(document, f"{title}修改对照表", fonts)
    matches = comparison.matches if whole else comparison.changes
    table = begin_table(document, _COLUMNS, fonts)
    for match in matches:
        _write_row(table.add_row(), match, fonts)
    if not matches:
        add_line(document, "两稿内容一致，没有修改。")
    return saved(document)


def _write_row(row: Any, match: Match, fonts: Fonts) -> None:
    old, new, note = row.cells
    _write_side(old, match, match.old, Op.INSERT, fonts)
    _write_side(new, match, match.new, Op.DELETE, fonts)
    notes = [match.relation.label.words] if match.relation is not Relation.SAME else []
    notes += ["序号改变"] if match.renumbered else []
    notes += ["位置移动"] if match.moved else []
    add_run(note.paragraphs[0], "、".join(notes), "", SIZE_4)


def _write_side(cell: Any, match: Match, provisions: tuple[Provision, ...], left_out: Op, fonts: Fonts) -> None:
    """One side of a row: the numbers, then the kept pieces and the side's own, a line a paragraph."""
    paragraph = cell.paragraphs[0]
    if not provisions:
        return
    numbers = "、".join(node.number or in_words(node.anchor) for node in provisions)
    add_run(paragraph, f"{numbers}　", fonts.heading, SIZE_4)
    for piece in match.pieces:
        if piece.op is left_out:
            continue
        for place, line in enumerate(piece.text.split("\n")):
            if place:
                paragraph = cell.add_paragraph()
            if line:
                _mark(add_run(paragraph, line, "", SIZE_4), piece.op)


def _mark(run: Any, op: Op) -> None:
    if op is Op.DELETE:
        run.font.strike = True
        run.font.color.rgb = _DELETED
    elif op is Op.INSERT:
        run.font.bold = True
        run.font.underline = True
        run.font.color.rgb = _INSERTED
