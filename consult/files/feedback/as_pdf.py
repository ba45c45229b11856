"""The feedback report as PDF, set by Typst; the values go in as data, never as markup.

The table is set in parts, each by a subprocess, and the parts are joined: memory doesn't grow with the rows.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from consult.files.export.volume_as_pdf import PRELUDE, block_values
from consult.files.feedback.document import FeedbackDocument, Row
from consult.files.feedback.layout import Layout, front
from consult.files.sandbox import Sandbox

ROWS_IN_A_PART: Final = 1000
CHARACTERS_IN_A_PART: Final = 400_000
PARTS_IN_A_PROCESS: Final = 4
"""Typst remembers what it set before: a process that sets many parts grows."""
LONG: Final = 700
"""Characters of a cell beyond which its row may run over to the next page."""
SECONDS: Final = 300.0
ADDRESSES: Final = 4 << 30
"""Address space of the subprocess in bytes, of which Typst uses a small part."""
FREE_FONTS: Final = {
    "title": ("FZXiaoBiaoSong-B05S", "Noto Serif CJK SC", "Source Han Serif SC"),
    "body": ("FangSong", "FangSong_GB2312", "Noto Serif CJK SC", "Source Han Serif SC"),
    "heading": ("SimHei", "Noto Sans CJK SC", "Source Han Sans SC"),
}
"""What stands in where the machine lacks the fonts of the layout."""

_BEGIN: Final = """
#let part = json("part.json")
#let (serif, title-font, head-font) = (part.fonts.body, part.fonts.title, part.fonts.heading)
#set document(title: part.title, author: part.department, date: none)
"""
FRONT: Final = f"""{_BEGIN}{PRELUDE}
#title(part.title)
#v(8pt)
#for block in part.blocks [#write(block)]
#for words in part.notes [#par(text(9pt, words))]
"""
TABLE: Final = f"""{_BEGIN}{PRELUDE}
#set page(flipped: true, margin: (x: 20mm, y: 22mm))
#counter(page).update(part.page)
#if part.heading != "" [#par(text(font: head-font, weight: "bold", part.heading))]
#set text(9.5pt)
#set par(justify: false, leading: 0.6em, spacing: 0.6em)
#table(
  columns: (14mm, 32mm, 24mm, 1fr, 24mm, 64mm),
  table.header(..("序号", "条款", "反馈人", "意见内容", "采纳情况", "理由").map(t => text(weight: "bold", t))),
  ..part.rows.map(row => row.cells.map(cell => table.cell(breakable: row.long, cell))).flatten()
)
"""


def write(document: FeedbackDocument, out: BinaryIO, layout: Layout) -> None:
    """Write the report as PDF, A4; the table is on landscape pages.

    Raises:
        ReaderDied: a part couldn't be set within time and memory.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / "0.pdf"]
        with Sandbox(SECONDS, ADDRESSES) as process:
            pages = process.of(_set, str(paths[0]), FRONT, _front(document, layout))
        heading = layout.heading("table")
        parts = _parts(document) if heading else iter(())
        while together := list(islice(parts, PARTS_IN_A_PROCESS)):
            with Sandbox(SECONDS, ADDRESSES) as process:
                for rows in together:
                    content = _values(document, layout) | {"page": pages + 1, "heading": heading, "rows": rows}
                    paths.append(folder / f"{len(paths)}.pdf")
                    pages += process.of(_set, str(paths[-1]), TABLE, content)
                    heading = ""
        with Sandbox(SECONDS, ADDRESSES) as process:
            process.of(_join, [str(path) for path in paths], str(folder / "report.pdf"))
        with (folder / "report.pdf").open("rb") as joined:
            shutil.copyfileobj(joined, out, 1 << 20)


def _parts(document: FeedbackDocument) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows in parts of bounded size; none at all makes an empty table."""
    part: list[dict[str, Any]] = []
    characters = 0
    for row in document.rows:
        part.append(_row(row))
        characters += len(row.content) + len(row.answer)
        if len(part) == ROWS_IN_A_PART or characters > CHARACTERS_IN_A_PART:
            yield part
            part, characters = [], 0
    if part:
        yield part


def _row(row: Row) -> dict[str, Any]:
    cells = [str(row.number), row.place, row.sender, row.content, row.outcome, row.answer]
    return {"cells": cells, "long": any(len(cell) > LONG for cell in cells)}


def _front(document: FeedbackDocument, layout: Layout) -> dict[str, Any]:
    notes = (document.checkpoint, f"校验：SHA-256 {document.digest}" if document.digest else "")
    blocks = [block_values(block) for block in front(document, layout)]
    return _values(document, layout) | {"blocks": blocks, "notes": [words for words in notes if words]}


def _values(document: FeedbackDocument, layout: Layout) -> dict[str, Any]:
    asked = {"title": layout.fonts.title, "body": layout.fonts.body, "heading": layout.fonts.heading}
    fonts = {use: [asked[use], *free] for use, free in FREE_FONTS.items()}
    return {"title": document.title, "department": document.department, "fonts": fonts}


def _set(path: str, template: str, content: dict[str, Any]) -> int:
    """Set a part; return its number of pages. Runs in the subprocess."""
    import pypdfium2
    import typst  # heavy, and only needed here

    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "part.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        (Path(root) / "part.typ").write_text(template, encoding="utf-8")
        Path(path).write_bytes(typst.compile(str(Path(root) / "part.typ"), root=root))
    with pypdfium2.PdfDocument(path) as made:
        return len(made)


def _join(paths: list[str], whole: str) -> None:
    """Append the pages of all parts to the first. Runs in the subprocess."""
    import pypdfium2

    with pypdfium2.PdfDocument(paths[0]) as first:
        for path in paths[1:]:
            with pypdfium2.PdfDocument(path) as part:
                first.import_pages(part)
        first.save(whole)
