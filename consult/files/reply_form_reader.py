"""Reads a 意见反馈表 that came back filled in: a Word document, a workbook, or a PDF with its text.

The tables are found by their headings, whoever saved the file; what is on the form and fits nowhere is named. Words in
a picture aren't read: a scan stays a file that a person reads.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from consult.files import file_type, libreoffice
from consult.files.errors import UnreadableFile

Grid = list[list[str]]
"""A table as rows of cells."""
CONVERTED: Final = {file_type.DOC: "doc", file_type.WPS: "wps", file_type.RTF: "rtf", f"{file_type.ODF}.text": "odt"}
READABLE: Final = frozenset({file_type.DOCX, file_type.XLSX, file_type.PDF, *CONVERTED})
MOST_ROWS, MOST_CELLS, MOST_CHARACTERS = 2000, 40, 20_000
_PLACE = re.compile(r"条款|条文|条目|章节")
_WORDS = re.compile(r"修改意见|修改建议|具体意见|意见建议|意见和建议|意见")
_REASON = re.compile(r"理由|依据|说明")
_QUESTION, _ANSWER = re.compile(r"^问题"), re.compile(r"^(?:回答|答复)")
_TICKED = "☑☒■√✓✔●▲◆★×✕✗xXvV\uf052\uf0fe\uf0fc"
_TICK = re.compile(rf"[\[（(【]?\s*[{_TICKED}]\s*[\]）)】]?\s*(?P<word>[^\s□☐○☑☒■√✓✔●▲◆★✕✗]+)")
_OPEN = re.compile(r"[□☐○]")
_NUMBERED = re.compile(r"^\s*(\d{1,2})\s*[.．、)）]\s*")
LABELS: Final = {
    "title": re.compile(r"^文件名称"),
    "to": re.compile(r"^单位名称"),
    "contact": re.compile(r"^联系人"),
    "general": re.compile(r"^总体意见"),
    "publish": re.compile(r"^公布意见时"),
}


@dataclass(frozen=True)
class FormRow:
    """A row of the form: where, what, why."""

    place: str
    words: str
    reason: str = ""

    @property
    def content(self) -> str:
        """The opinion with its reason."""
        return "\n".join(part for part in (self.words, f"理由：{self.reason}" if self.reason else "") if part)


@dataclass(frozen=True)
class FilledForm:
    """What a form says. ``left`` names what was filled in and fits nowhere."""

    title: str = ""
    to: str = ""
    contact: str = ""
    no_opinion: bool = False
    publish: bool | None = None
    rows: tuple[FormRow, ...] = ()
    answers: tuple[tuple[int, str], ...] = ()
    left: tuple[str, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether nothing was filled in that could be an answer."""
        return not (self.rows or self.answers or self.no_opinion)


def read(data: bytes, media_type: str) -> FilledForm | None:
    """Return what a file says if it is a reply form, None if it is none; for a subprocess that may be ended."""
    try:
        grids = _grids(data, media_type)
    except (UnreadableFile, zipfile.BadZipFile, KeyError, ValueError, OSError):
        return None
    return read_grids(grids)


def read_grids(grids: Sequence[Grid]) -> FilledForm | None:
    """Return what tables say if they are those of a reply form."""
    head: dict[str, str] = {}
    rows: list[FormRow] = []
    answers: list[tuple[int, str]] = []
    left: list[str] = []
    has_table = False
    for grid in grids:
        columns: tuple[int, int, int] | None = None
        asked: tuple[int, int] | None = None
        for row in grid[:MOST_ROWS]:
            cells = [_plain(cell) for cell in row[:MOST_CELLS]]
            if not any(cells):
                continue
            if (heads := _opinion_columns(cells)) is not None:
                columns, asked, has_table = heads, None, True
            elif (pair := _answer_columns(cells)) is not None:
                columns, asked = None, pair
            elif _is_label(cells, head):
                continue
            elif columns is not None:
                _take_opinion(cells, columns, rows, left)
            elif asked is not None:
                _take_answer(cells, asked, answers, left)
    if not has_table or not ({"to", "general"} & set(head)):
        return None
    general = head.get("general", "")
    return FilledForm(
        title=head.get("title", "").strip("《》"),
        to=head.get("to", ""),
        contact=head.get("contact", ""),
        no_opinion=_chosen(general, ("无意见", "有意见")) == "无意见" and not rows,
        publish={"同意": True, "不同意": False}.get(_chosen(head.get("publish", ""), ("不同意", "同意"))),
        rows=tuple(rows),
        answers=tuple(answers),
        left=tuple(left),
    )


def _plain(cell: str) -> str:
    return re.sub(r"[ \t\u3000]+", " ", cell.replace("\r", "\n")).strip()[:MOST_CHARACTERS]


def _opinion_columns(cells: Sequence[str]) -> tuple[int, int, int] | None:
    """Return the columns of provision, opinion and reason (-1: none) where the cells are those headings."""
    heads = ["".join(cell.split()) for cell in cells]
    if any(len(head) > 12 for head in heads):
        return None
    place = next((n for n, head in enumerate(heads) if _PLACE.search(head)), None)
    words = next((n for n, head in enumerate(heads) if n != place and _WORDS.search(head)), None)
    if place is None or words is None:
        return None
    reason = next((n for n, head in enumerate(heads) if n not in (place, words) and _REASON.search(head)), -1)
    return place, words, reason


def _answer_columns(cells: Sequence[str]) -> tuple[int, int] | None:
    heads = ["".join(cell.split()) for cell in cells]
    question = next((n for n, head in enumerate(heads) if _QUESTION.match(head) and len(head) <= 6), None)
    answer = next((n for n, head in enumerate(heads) if _ANSWER.match(head) and len(head) <= 6), None)
    return (question, answer) if question is not None and answer is not None else None


def _is_label(cells: Sequence[str], head: dict[str, str]) -> bool:
    """Take a labelled line of the head."""
    filled = [n for n, cell in enumerate(cells) if cell]
    first = "".join(cells[filled[0]].split())
    for name, pattern in LABELS.items():
        if pattern.match(first) and len(first) <= 20:
            head.setdefault(name, " ".join(cells[n] for n in filled[1:]))
            return True
    return False


def _take_opinion(cells: Sequence[str], columns: tuple[int, int, int], rows: list[FormRow], left: list[str]) -> None:
    place, words, reason = (cells[n] if 0 <= n < len(cells) else "" for n in columns)
    if words or reason:
        rows.append(FormRow(" ".join(place.split()), words, reason))
    elif place:
        left.append(f"“{place[:40]}”一行没有填写意见")
    if others := [cell for n, cell in enumerate(cells) if n not in columns and cell and not cell.isdecimal()]:
        left.append(f"没有读入：{'；'.join(others)[:80]}")


def _take_answer(
    cells: Sequence[str], columns: tuple[int, int], answers: list[tuple[int, str]], left: list[str]
) -> None:
    question, answer = (cells[n] if n < len(cells) else "" for n in columns)
    number = _NUMBERED.match(question)
    if answer and number:
        answers.append((int(number[1]), answer))
    elif answer:
        left.append(f"没有题号的回答：{answer[:60]}")


def _chosen(cell: str, choices: Sequence[str]) -> str:
    """Return which of the printed choices is ticked, or the one that alone is left; empty where it isn't clear."""
    ticked = {choice for match in _TICK.finditer(cell) for choice in choices if match["word"].startswith(choice)}
    if len(ticked) == 1:
        return ticked.pop()
    if ticked or _OPEN.search(cell):
        return ""
    bare = re.sub(r"（[^）]*）|\s", "", cell)
    return next((choice for choice in choices if bare == choice), "")


# ------------------------------------------------------------------ formats


def _grids(data: bytes, media_type: str) -> list[Grid]:
    if media_type in CONVERTED:
        data, media_type = libreoffice.to_docx(data, "form", CONVERTED[media_type]), file_type.DOCX
    if media_type == file_type.DOCX:
        return list(_of_docx(data))
    if media_type == file_type.XLSX:
        return list(_of_xlsx(data))
    return list(_of_pdf(data)) if media_type == file_type.PDF else []


def _of_docx(data: bytes) -> Iterator[Grid]:
    from docx import Document
    from docx.table import Table

    document = Document(io.BytesIO(data))
    for element in document.element.body.iter():
        if not str(element.tag).endswith("}tbl"):
            continue
        grid: Grid = []
        for row in Table(element, document).rows:
            cells, seen = [], set()
            for cell in row.cells:
                if cell._tc not in seen:  # a merged cell comes once for each column
                    seen.add(cell._tc)
                    cells.append("\n".join(paragraph.text for paragraph in cell.paragraphs))
            grid.append(cells)
        yield grid


def _of_xlsx(data: bytes) -> Iterator[Grid]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    for sheet in book.worksheets[:20]:
        rows = sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_CELLS, values_only=True)
        yield [["" if value is None else str(value) for value in row] for row in rows]


def _of_pdf(data: bytes) -> Iterator[Grid]:
    """Yield the tables of a PDF: its ruled lines are the borders of cells, and its characters fall into them."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return
    carried: Grid = []
    for number in range(min(len(document), 50)):
        carried += _ruled(document[number])
    if carried:
        yield carried


def _ruled(page: Any) -> Grid:
    from pypdfium2 import raw

    across: list[float] = []
    down: list[tuple[float, float, float]] = []
    for drawn in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH]):
        left, bottom, right, top = drawn.get_bounds()
        if top - bottom <= 3 < right - left:
            across.append((top + bottom) / 2)
        elif right - left <= 3 < top - bottom:
            down.append(((left + right) / 2, bottom, top))
    levels, glyphs = sorted(_merged(across), reverse=True), _glyphs(page)
    grid: Grid = []
    for upper, lower in pairwise(levels):
        middle = (upper + lower) / 2
        edges = _merged(x for x, bottom, top in down if bottom - 1 <= middle <= top + 1)
        if len(edges) >= 3 and upper - lower > 6:
            within = [glyph for glyph in glyphs if lower < glyph.y < upper]
            grid.append([_in_order([g for g in within if left < g.x < right]) for left, right in pairwise(edges)])
    return grid


@dataclass(frozen=True)
class _Glyph:
    """A character, the middle of its place on the page, and its height in points."""

    character: str
    x: float
    y: float
    height: float


def _glyphs(page: Any) -> list[_Glyph]:
    text = page.get_textpage()
    glyphs = []
    for n in range(min(text.count_chars(), 50_000)):
        character = text.get_text_range(n, 1)
        if character.strip():
            left, bottom, right, top = text.get_charbox(n, loose=True)
            glyphs.append(_Glyph(character, (left + right) / 2, (bottom + top) / 2, top - bottom))
    return glyphs


def _in_order(glyphs: Sequence[_Glyph]) -> str:
    """Return the characters of a cell line by line; a sentence that ends with its line stays apart from the next."""
    lines: list[list[_Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: -glyph.y):
        if lines and lines[-1][0].y - glyph.y < max(4.0, glyph.height / 2):
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    words = ("".join(g.character for g in sorted(line, key=lambda glyph: glyph.x)) for line in lines)
    return "".join(line + ("\n" if line[-1] in "。！？；：" else "") for line in words).strip()


def _merged(values: Iterable[float], within: float = 2.5) -> list[float]:
    """Return values with those that are nearly the same as one."""
    kept: list[float] = []
    for value in sorted(values):
        if not kept or value - kept[-1] > within:
            kept.append(value)
    return kept
