"""Reading the text layer of a PDF: lines joined into paragraphs, page numbers and running heads left out."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from consult.files.errors import UnreadableFile

MAX_PAGES: Final = 1500
_PAGE_NUMBER: Final = re.compile(
    r"^[\s\-—–－·~～•|/]*(?:第\s*)?(?:\d{1,4}|[一二三四五六七八九十〇]{1,4})(?:\s*页)?"
    r"(?:\s*[/／,，]?\s*(?:共|of)?\s*\d{1,4}\s*页?)?[\s\-—–－·~～•|]*$"
)
_OPENING: Final = re.compile(
    r"(?:第[\s一二三四五六七八九十百千零〇\d]{1,9}(?:分?编|[章节条])|[（(][一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十]{1,3}、|\d{1,3}[.．、]|附件)"
)
_SENTENCE_ENDS: Final = "。；：！？”）)：;:"
_MARGIN: Final = 0.12  # share of a page's height at top and bottom where running heads and page numbers stand
_INDENT: Final = 0.8  # characters a first line is set in from the left edge at least
_SHORT: Final = 1.9  # characters a paragraph's last line stays away from the right edge at least
_WIDER: Final = 1.25  # times the usual distance between lines that sets paragraphs apart
_REPEATED: Final = 3  # pages on which the same line in the margin is a running head


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    left: float
    right: float
    size: float
    height: float  # of its middle above the page's foot, as a share of the page
    page: int


def read_pdf(data: bytes, name: str) -> str:
    """The paragraphs of a PDF's text layer, one a line.

    Raises UnreadableFile for a PDF that is damaged, encrypted, too long or has no text layer.
    """
    pages = _pages(data, name)
    lines = _without_margins(pages)
    if not lines:
        raise UnreadableFile(f"“{name}”没有文字层，多半是扫描件。请先识别成文字（OCR），或者上传 .docx、.txt 文件。")
    return "\n".join(_paragraphs(lines))


def _pages(data: bytes, name: str) -> list[list[_Line]]:
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableFile(f"“{name}”设置了打开密码。请取消密码保护后重新上传。") from error
        raise UnreadableFile(f"“{name}”已损坏，无法作为 PDF 打开。请重新导出后上传，或者上传 .docx 文件。") from error
    try:
        if len(document) > MAX_PAGES:
            raise UnreadableFile(f"“{name}”超过 {MAX_PAGES} 页。请只上传草案正文。")
        return [_page_lines(document, number) for number in range(len(document))]
    except pdfium.PdfiumError as error:
        raise UnreadableFile(f"“{name}”的页面已损坏，读不出文字。请重新导出后上传。") from error
    finally:
        document.close()


def _page_lines(document: pdfium.PdfDocument, number: int) -> list[_Line]:
    page = document[number]
    height = page.get_height() or 1.0
    text_page = page.get_textpage()
    try:
        rows = _rows(text_page.raw)
    finally:
        text_page.close()
        page.close()
    return [_as_line(row, height, number) for row in rows]


_Char = tuple[str, float, float, float, float]


def _rows(text_page: raw.FPDF_TEXTPAGE) -> list[list[_Char]]:
    """The characters of a page with their boxes (left, right, bottom, top), row by row."""
    rows: list[list[_Char]] = []
    row: list[_Char] = []
    box = [ctypes.c_double() for _ in range(4)]
    left, right, bottom, top = box
    for index in range(raw.FPDFText_CountChars(text_page)):
        code = raw.FPDFText_GetUnicode(text_page, index)
        if code in (10, 13, 0):
            if row and any(not c[0].isspace() for c in row):
                rows.append(row)
            row = []
            continue
        raw.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
        row.append((_character(code), left.value, right.value, bottom.value, top.value))
    if row and any(not c[0].isspace() for c in row):
        rows.append(row)
    return rows


def _character(code: int) -> str:
    """A character code as text; hyphens at line ends (U+0002, U+FFFE) are nothing."""
    if code in (2, 0xFFFE, 0xFFFF, 0xAD) or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return ""
    if 0x2E80 <= code <= 0x2FD5:  # a radical's code for the character itself (⼀ for 一), as some fonts have it
        return unicodedata.normalize("NFKC", chr(code))
    return chr(code)


def _as_line(row: list[_Char], height: float, page: int) -> _Line:
    seen = [c for c in row if not c[0].isspace() and c[2] > c[1]] or row
    sizes = sorted(c[4] - c[3] for c in seen)
    widths = sorted(c[2] - c[1] for c in seen if "\u2e80" <= c[0][:1] <= "\uffef") or sizes
    size = max(widths[len(widths) // 2] * 1.05, sizes[len(sizes) // 2], 1.0)
    middle = (min(c[3] for c in seen) + max(c[4] for c in seen)) / 2
    text = "".join(c[0] for c in row).strip()
    return _Line(text, seen[0][1], seen[-1][2], size, middle / height, page)


def _without_margins(pages: list[list[_Line]]) -> list[_Line]:
    """Drop page numbers, and lines that stand in the margin of three pages or more."""
    in_margin = Counter(
        _key(line) for lines in pages for line in _edges(lines) if not _MARGIN < line.height < 1 - _MARGIN
    )
    kept: list[_Line] = []
    for lines in pages:
        edges = set(map(id, _edges(lines)))
        for line in lines:
            margin = id(line) in edges and not _MARGIN < line.height < 1 - _MARGIN
            if margin and (_PAGE_NUMBER.match(line.text) or _is_running_head(line, in_margin)):
                continue
            kept.append(line)
    return kept


def _is_running_head(line: _Line, in_margin: Counter[tuple[str, int]]) -> bool:
    return in_margin[_key(line)] >= _REPEATED and line.text[-1] not in "。；："


def _edges(lines: list[_Line]) -> list[_Line]:
    """The two highest and the two lowest lines of a page."""
    ordered = sorted(lines, key=lambda line: line.height)
    return ordered if len(ordered) <= 4 else [*ordered[:2], *ordered[-2:]]


def _key(line: _Line) -> tuple[str, int]:
    """What makes two lines the same running head: their words, numbers aside, and their height on the page."""
    return re.sub(r"\d+", "#", "".join(line.text.split())), round(line.height * 200)


def _paragraphs(lines: list[_Line]) -> list[str]:
    """Join the lines of a paragraph: it ends where a line stops short of the right edge or the next is set in."""
    left, right = _edges_of_text(lines)
    pitch = _pitch(lines)
    set_in = any(line.left > left + _INDENT * line.size and line.right > right - line.size for line in lines)
    paragraphs: list[str] = []
    before: _Line | None = None
    for line in lines:
        apart = before is not None and _stands_apart(before, line, pitch, set_in)
        if before is not None and not apart and _goes_on(before, line, left, right):
            paragraphs[-1] = _joined(paragraphs[-1], line.text)
        else:
            paragraphs.append(line.text)
        before = line
    return paragraphs


def _edges_of_text(lines: list[_Line]) -> tuple[float, float]:
    """Where most full lines begin and end, in points."""
    longest = sorted(lines, key=lambda line: line.right - line.left, reverse=True)[: max(1, len(lines) // 2)]
    lefts = Counter(round(line.left) for line in longest)
    left = min((edge for edge, count in lefts.items() if count >= max(1, len(longest) // 20)), default=0)
    rights = sorted(line.right for line in longest)
    return float(left), rights[int(len(rights) * 0.9)] if rights else 0.0


def _pitch(lines: list[_Line]) -> float:
    """The usual distance from one line to the next, as a share of the page's height."""
    steps = Counter(
        round(before.height - line.height, 3)
        for before, line in pairwise(lines)
        if before.page == line.page and before.height > line.height
    )
    common = [step for step, count in steps.items() if count >= max(1, len(lines) // 50)]
    return min(common, default=0.0)


def _stands_apart(before: _Line, line: _Line, pitch: float, set_in: bool) -> bool:
    """Whether a wider gap tells a new paragraph; at a page break, where no line is set in, the full stop before it."""
    if before.page != line.page:
        return not set_in and before.text[-1:] in "。；："
    return bool(pitch) and before.height - line.height > _WIDER * pitch


def _goes_on(before: _Line, line: _Line, left: float, right: float) -> bool:
    em = before.size
    if before.right < right - _SHORT * em or abs(before.size - line.size) > 0.35 * em:
        return False
    if line.left > left + _INDENT * line.size:
        return False
    return not (_OPENING.match(line.text) and before.text[-1:] in _SENTENCE_ENDS)


def _joined(first: str, second: str) -> str:
    between = (
        " " if first[-1:].isascii() and first[-1:].isalnum() and second[:1].isascii() and second[:1].isalnum() else ""
    )
    return f"{first}{between}{second}"
