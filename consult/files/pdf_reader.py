"""Reads the text layer of a PDF: lines joined into paragraphs, page numbers and running heads left out."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from consult.files.errors import UnreadableFile
from consult.files.pdf_columns import in_reading_order
from consult.files.pdf_margins import Line, usual_distance, without_margins

MAX_PAGES: Final = 1500
_BROKEN: Final = "多数段落断在句子中间，分段可能有误，请逐段核对，最好上传 .docx。"
_FEWEST_PARAGRAPHS: Final = 6  # of running text, from which such a warning is given
_RUNNING: Final = 12  # characters from which a paragraph is running text
_OPENING: Final = re.compile(
    r"(?:第[\s一二三四五六七八九十百千零〇\d]{1,9}(?:分?编|[章节条])|[（(][一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十]{1,3}、|\d{1,3}[.．、]|附件)"
)
_SENTENCE_ENDS: Final = "。；：！？”）)：;:"
_OVERPRINTED: Final = 0.8  # times the size of a row's largest characters, below which others don't belong to it
_FEWEST_OVERPRINTED: Final = 4  # characters of such a head
_SAME_HEIGHT: Final = 0.008  # share of a page's height within which characters stand on one line
_WIDE: Final = 12  # characters of space that may stand in a line
_SET_IN: Final = 3.4  # characters from the left edge, farther than any first line is set in: a title, a signature
_CENTRED: Final = 0.8  # characters that the space on both sides of a centred line may differ by
_TITLE_LINES: Final = 8  # lines of a document among which its title is
_INDENT: Final = 0.8  # characters a first line is set in from the left edge at least
_SHORT: Final = 1.9  # characters a paragraph's last line stays away from the right edge at least
_WIDER: Final = 1.25  # times the usual distance between lines that sets paragraphs apart


@dataclass(frozen=True, slots=True)
class PdfText:
    """The paragraphs of a PDF, one a line; `warnings` name in Chinese what was left out."""

    text: str
    warnings: tuple[str, ...] = ()


def read_pdf(data: bytes, name: str) -> PdfText:
    """Return the text layer of a PDF without page numbers and running heads.

    Raises UnreadableFile for a PDF that is damaged, encrypted, too long or has no text layer.
    """
    body = without_margins(_pages(data, name))
    if not body.lines:
        raise UnreadableFile(f"“{name}”没有文字层，多半是扫描件。请先识别成文字（OCR），或者上传 .docx、.txt 文件。")
    ordered = in_reading_order(body.lines)
    paragraphs = _paragraphs(ordered.lines)
    broken = (_BROKEN,) if _mostly_break_off(paragraphs) else ()
    return PdfText("\n".join(paragraphs), (*body.warnings, *ordered.warnings, *broken))


def _pages(data: bytes, name: str) -> list[list[Line]]:
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
        raise UnreadableFile(f"“{name}”的页面已损坏，无法读取文字。请重新导出后上传。") from error
    finally:
        document.close()


def _page_lines(document: pdfium.PdfDocument, number: int) -> list[Line]:
    page = document[number]
    width, height = page.get_width(), page.get_height() or 1.0
    text_page = page.get_textpage()
    try:
        rows = _rows(text_page.raw)
    finally:
        text_page.close()
        page.close()
    return _whole([_as_line(piece, width, height, number) for row in rows for piece in _by_size(row)])


def _whole(lines: list[Line]) -> list[Line]:
    """The lines of a page, with those joined that PDFium takes for a column of single characters."""
    whole: list[Line] = []
    for line in lines:
        before = whole[-1] if whole else None
        if before is not None and len(line.text) == 1 and _stands_beside(before, line):
            joint = "\u3000" if line.left - before.right > line.size else ""
            size = max(before.size, line.size)
            whole[-1] = replace(before, text=f"{before.text}{joint}{line.text}", right=line.right, size=size)
        else:
            whole.append(line)
    return whole


def _stands_beside(before: Line, line: Line) -> bool:
    """Whether a line goes on at the height of the one before it, to the right."""
    return (
        abs(before.height - line.height) < _SAME_HEIGHT
        and -0.5 * line.size < line.left - before.right < _WIDE * line.size
    )


_Char = tuple[str, float, float, float, float, float]


def _mostly_break_off(paragraphs: list[str]) -> bool:
    """Whether most paragraphs of running text end inside a sentence."""
    running = [text for text in paragraphs if len(text) >= _RUNNING and any(sign in text for sign in "，。；：")]
    broken = sum(text.rstrip()[-1] not in _SENTENCE_ENDS for text in running)
    return len(running) >= _FEWEST_PARAGRAPHS and 2 * broken > len(running)


def _rows(text_page: raw.FPDF_TEXTPAGE) -> list[list[_Char]]:
    """The characters of a page with their boxes (left, right, bottom, top) and size of font, row by row."""
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
        size = raw.FPDFText_GetFontSize(text_page, index)
        row.append((_character(code), left.value, right.value, bottom.value, top.value, size))
    if row and any(not c[0].isspace() for c in row):
        rows.append(row)
    return rows


def _by_size(row: list[_Char]) -> list[list[_Char]]:
    """A row's characters, apart where smaller ones stand over or behind the others: a head printed over the text."""
    largest = max((c[5] for c in row if not c[0].isspace()), default=0.0)
    small = [c for c in row if c[5] < _OVERPRINTED * largest]
    large = [c for c in row if c[5] >= _OVERPRINTED * largest]
    shown = [c for c in small if not c[0].isspace()]
    if len(shown) < _FEWEST_OVERPRINTED or not large:
        return [row]
    beyond = min(c[1] for c in shown) >= max(c[2] for c in large if not c[0].isspace())
    under = sum(any(other[1] < c[2] and c[1] < other[2] for other in large if not other[0].isspace()) for c in shown)
    return [large, small] if beyond or 2 * under > len(shown) else [row]


def _character(code: int) -> str:
    """A character code as text; hyphens at line ends (U+0002, U+FFFE) are nothing."""
    if code in (2, 0xFFFE, 0xFFFF, 0xAD) or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return ""
    if 0x2E80 <= code <= 0x2FD5:  # a radical's code for the character itself (⼀ for 一), as some fonts have it
        return unicodedata.normalize("NFKC", chr(code))
    return chr(code)


def _as_line(row: list[_Char], width: float, height: float, page: int) -> Line:
    seen = [c for c in row if not c[0].isspace() and c[2] > c[1]] or row
    sizes = sorted(c[4] - c[3] for c in seen)
    widths = sorted(c[2] - c[1] for c in seen if "\u2e80" <= c[0][:1] <= "\uffef") or sizes
    size = max(widths[len(widths) // 2] * 1.05, sizes[len(sizes) // 2], 1.0)
    middle = (min(c[3] for c in seen) + max(c[4] for c in seen)) / 2
    text = "".join(c[0] for c in row).strip()
    left, right = seen[0][1], seen[-1][2]
    return Line(text, left, right, size, middle / height, page, abs(left + right - width) < _CENTRED * size)


def _paragraphs(lines: list[Line]) -> list[str]:
    """Join the lines of a paragraph: it ends where a line stops short of the right edge or the next is set in."""
    left, right = _edges_of_text(lines)
    pitch = usual_distance(lines)
    set_in = any(line.left > left + _INDENT * line.size and line.right > right - line.size for line in lines)
    paragraphs: list[str] = []
    before: Line | None = None
    for number, line in enumerate(lines):
        apart = before is not None and _begins_after_gap(before, line, pitch, set_in)
        titled = number <= _TITLE_LINES and before is not None and _ends_title(before, line, left)
        if before is not None and not apart and not titled and _is_continued(before, line, left, right):
            paragraphs[-1] = _joined(paragraphs[-1], line.text)
        else:
            paragraphs.append(line.text)
        before = line
    return paragraphs


def _edges_of_text(lines: list[Line]) -> tuple[float, float]:
    """Where most full lines begin and end, in points."""
    longest = sorted(lines, key=lambda line: line.right - line.left, reverse=True)[: max(1, len(lines) // 2)]
    lefts = Counter(round(line.left) for line in longest)
    left = min((edge for edge, count in lefts.items() if count >= max(1, len(longest) // 20)), default=0)
    rights = sorted(line.right for line in longest)
    return float(left), rights[int(len(rights) * 0.9)] if rights else 0.0


def _begins_after_gap(before: Line, line: Line, pitch: float, set_in: bool) -> bool:
    """Whether a wider gap marks a new paragraph; at a page break without indents, the full stop before it."""
    if before.page != line.page:
        return not set_in and before.text[-1:] in "。；："
    return bool(pitch) and before.height - line.height > _WIDER * pitch


def _ends_title(before: Line, line: Line, left: float) -> bool:
    """Whether a centred line stands above one that isn't."""
    return before.centred and not line.centred and before.left > left + 0.5 * before.size


def _is_continued(before: Line, line: Line, left: float, right: float) -> bool:
    em = before.size
    if before.right < right - _SHORT * em or abs(before.size - line.size) > 0.35 * em:
        return False
    if before.left > left + _SET_IN * em:
        return False
    if line.left > left + _INDENT * line.size:
        return False
    return not (_OPENING.match(line.text) and before.text[-1:] in _SENTENCE_ENDS)


def _joined(first: str, second: str) -> str:
    between = (
        " " if first[-1:].isascii() and first[-1:].isalnum() and second[:1].isascii() and second[:1].isalnum() else ""
    )
    return f"{first}{between}{second}"
