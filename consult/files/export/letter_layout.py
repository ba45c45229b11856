"""信函格式 of GB/T 9704-2012 (section 10.1): the page of an official letter, in Typst and in Word.

The mark of the department is 30 mm below the upper edge, 4 mm below it a red double line (上粗下细), and 20 mm above
the lower edge another (上细下粗), each 170 mm long; the number is on the right, 7/8 of a character of size 三号 below
the line; the title two lines below that; the first page bears no page number. The section was read in public accounts
of the standard; thickness and gap of the lines, and the size of the mark, are not given there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from consult.files.export import official_layout as layout

BODY_FONTS: Final = ("FangSong_GB2312", "FangSong", "STFangsong", "Noto Serif CJK SC", "Source Han Serif SC")
TITLE_FONTS: Final = ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "Noto Serif CJK SC", "Source Han Serif SC")
HEAD_FONTS: Final = ("SimHei", "FZHei-B01", "Noto Sans CJK SC", "Source Han Sans SC")
MARK_SIZE: Final = 34.0
"""Largest size of the department's mark, in points; a long name is set smaller, so that it stays on one line."""
TEXT_WIDTH: Final = 156.0
LINE_WIDTH: Final = 170.0
MARK_TOP, MARK_GAP, FOOT_GAP = 30.0, 4.0, 20.0
"""Millimetres: upper edge to mark, mark to line, lower line to lower edge."""
MILLIMETRES_A_POINT: Final = 25.4 / 72
SEALED_INDENT, UNSEALED_INDENT = 4, 2
"""Characters that the date keeps from the right: 右空四字 with a seal (7.3.5.1), 右空二字 without (7.3.5.2)."""
RED = RGBColor(0xFF, 0x00, 0x00)


@dataclass(frozen=True)
class Page:
    """What stands on the pages of one letter around its body.

    ``note`` is the 附注 in brackets (contact and telephone), ``copies`` are those of 抄送; empty strings print nothing.
    """

    department: str
    title: str
    to: str
    day: str
    number: str = ""
    urgency: str = ""
    attachments: tuple[str, ...] = ()
    note: str = ""
    copies: tuple[str, ...] = ()
    sealed: bool = True

    @property
    def mark_points(self) -> float:
        """Size of the department's mark, in points."""
        return min(MARK_SIZE, TEXT_WIDTH / MILLIMETRES_A_POINT / max(1, len(self.department)))

    def copies_line(self) -> str:
        """Return 抄送 as a line, empty where nobody gets a copy."""
        return f"抄送：{'，'.join(self.copies)}。" if self.copies else ""


def in_typst(page: Page, paragraphs: Sequence[str]) -> dict[str, Any]:
    """Return a letter as data of ``letter-page`` in ``TYPST``."""
    return {
        "department": page.department,
        "mark_points": page.mark_points,
        "title": page.title,
        "to": page.to,
        "day": page.day,
        "number": page.number,
        "urgency": page.urgency,
        "attachments": page.attachments,
        "note": page.note,
        "copies": page.copies_line(),
        "indent": SEALED_INDENT if page.sealed else UNSEALED_INDENT,
        "sealed": page.sealed,
        "paragraphs": list(paragraphs),
    }


FONTS: Final = {"body": BODY_FONTS, "title": TITLE_FONTS, "head": HEAD_FONTS}

TYPST: Final = """
#let red = rgb("#ff0000")
#let character = 442.2pt / 28
#let pitch = 637.8pt / 22
#let double-line(upper, lower) = stack(
  dir: ttb, spacing: 0.6mm, rect(width: 170mm, height: upper, fill: red), rect(width: 170mm, height: lower, fill: red),
)
#let page-number = context {
  let n = counter(page).get().first()
  if n > 1 {
    set text(14pt, tracking: 0pt)
    align(if calc.odd(n) { right } else { left }, pad(x: 1em)[— #n —])
  }
}
#let official(fonts, body) = {
  set page(
    paper: "a4", margin: (top: 37mm, bottom: 35mm, left: 28mm, right: 26mm), footer: page-number, footer-descent: 4.5mm,
  )
  set text(
    font: fonts.body, size: 16pt, lang: "zh", region: "cn", cjk-latin-spacing: none, tracking: character - 16pt,
    top-edge: 0.88em, bottom-edge: -0.12em,
  )
  set par(leading: pitch - 16pt, spacing: pitch - 16pt, justify: true)
  body
}
#let words(line) = par(first-line-indent: (amount: 2 * character, all: true), line)
// Draws the head and returns where the title begins, below the upper edge of the text area.
#let letter-head(fonts, letter) = {
  let mark = text(
    font: fonts.title, size: letter.mark_points * 1pt, fill: red, weight: "bold", tracking: 0pt, top-edge: "bounds",
    bottom-edge: "bounds", letter.department,
  )
  let line-top = 30mm + measure(mark).height + 4mm
  let first = line-top + 2.05mm + 16pt * 7 / 8
  let drawn = {
    place(top + left, dx: -28mm, dy: -7mm, box(width: 210mm, align(center, mark)))
    place(top + left, dx: -8mm, dy: line-top - 37mm, double-line(1.1mm, 0.35mm))
    place(bottom + left, dx: -8mm, dy: 15mm, double-line(0.35mm, 1.1mm))
    if letter.urgency != "" { place(top + left, dy: first - 37mm, text(font: fonts.head, letter.urgency)) }
    if letter.number != "" { place(top + right, dy: first - 37mm, letter.number) }
  }
  (drawn, first - 37mm + 16pt + 2 * pitch)
}
#let signature(letter, line) = context {
  let inset = letter.indent * character
  let (signer, day) = (measure(letter.department).width, measure(letter.day).width)
  // Without a seal the day begins two characters right of the signer, and neither is nearer to the edge than two.
  let shifted = day + 2 * character
  let signer-inset = if letter.sealed { inset + day / 2 - signer / 2 } else { inset + calc.max(0pt, shifted - signer) }
  let day-inset = if letter.sealed { inset } else { inset + calc.max(0pt, signer - shifted) }
  block(width: 100%, breakable: false, {
    v((if letter.sealed { 2 } else { 1 }) * line)
    align(right, pad(right: calc.max(0pt, signer-inset), letter.department))
    v(line - 16pt, weak: true)
    align(right, pad(right: day-inset, letter.day))
  })
}
#let letter-body(fonts, letter, line, together: false) = {
  set par(leading: line - 16pt, spacing: line - 16pt)
  {
    set par(leading: 11pt, justify: false)
    align(center, text(font: fonts.title, size: 22pt, weight: "bold", tracking: 0pt, letter.title))
  }
  v(line)
  par(letter.to + "：")
  let last = letter.paragraphs.len() - 1
  for paragraph in letter.paragraphs.slice(0, calc.max(0, last)) { words(paragraph) }
  show: rest => if together { block(width: 100%, breakable: false, rest) } else { rest }
  for paragraph in letter.paragraphs.slice(calc.max(0, last)) { words(paragraph) }
  if letter.attachments.len() > 0 { v(line) }
  if letter.attachments.len() == 1 {
    pad(left: 2 * character, par(hanging-indent: 3 * character, "附件：" + letter.attachments.at(0)))
  } else {
    for (n, name) in letter.attachments.enumerate(start: 1) {
      let head = if n == 1 { "附件：" } else { hide("附件：") }
      pad(left: 2 * character, par(hanging-indent: 4 * character, [#head#n. #name]))
    }
  }
  signature(letter, line)
  if letter.note != "" { words("（" + letter.note + "）") }
}
// What is little too long for a page is set closer; else the last paragraph goes over with the signature (7.3.5.4).
#let letter-page(fonts, letter) = context {
  let (head, begins) = letter-head(fonts, letter)
  head
  v(begins)
  let copies = if letter.copies == "" { none } else {
    pad(x: 14pt, par(hanging-indent: 3 * 14pt, text(14pt, tracking: 0pt, letter.copies)))
  }
  let height(content) = if content == none { 0pt } else { measure(content, width: 156mm).height }
  let room = 225mm - begins - height(copies) - if copies == none { 0pt } else { pitch }
  let closer = (1.0, 0.97, 0.94, 0.91, 0.88).find(share => height(letter-body(fonts, letter, share * pitch)) <= room)
  letter-body(fonts, letter, if closer == none { pitch } else { closer * pitch }, together: closer == none)
  if copies != none {
    v(1fr)
    copies
  }
}
"""
"""The page of a letter in Typst; ``in_typst`` gives its data, ``FONTS`` the fonts."""


class Writer:
    """Writes letters into one Word document, each on pages of its own."""

    def __init__(self, fonts: layout.Fonts) -> None:
        self.fonts = fonts
        self.document = layout.new_document(fonts)
        self._begun = False

    def begin(self, page: Page) -> None:
        """Start a letter: its lines, mark, number and title."""
        if self._begun:
            layout.begin_part(self.document)
        self._begun = True
        _set_head_and_foot(self.document.sections[-1], page, self.fonts)
        self._write_number(page)
        self._blank(2)
        title = layout.add_title(self.document, page.title, self.fonts)
        title.paragraph_format.line_spacing = Pt(33)
        _off_grid(title)
        self._blank(1)
        layout.add_run(self._line(), f"{page.to}：")

    def _line(self) -> Any:
        """Add a paragraph on the lines of the page: 22 of them, whatever the font's own height."""
        paragraph = self.document.add_paragraph()
        set_on_line(paragraph)
        return paragraph

    def _write_number(self, page: Page) -> None:
        line = self.document.add_paragraph()
        line.paragraph_format.space_before = Pt(layout.SIZE_3 * 7 / 8)
        line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        line.paragraph_format.line_spacing = Pt(layout.SIZE_3)
        _off_grid(line)
        tab = line.paragraph_format.tab_stops
        tab.add_tab_stop(Mm(TEXT_WIDTH), 2)  # WD_TAB_ALIGNMENT.RIGHT
        if page.urgency:
            layout.add_run(line, page.urgency, self.fonts.heading)
        layout.add_run(line, f"\t{page.number}")

    def body(self, paragraphs: Sequence[str]) -> None:
        """Write the paragraphs of a letter."""
        for words in paragraphs:
            set_on_line(layout.add_line(self.document, words))

    def end(self, page: Page) -> None:
        """Write what follows the body: attachments, signature, note, copies."""
        last = self.document.element.body[-2]  # the last paragraph of the text goes over with the signature (7.3.5.4)
        self._write_attachments(page.attachments)
        self._blank(2 if page.sealed else 1)
        self._sign(page)
        for element in (last, *last.itersiblings(qn("w:p"))):
            Paragraph(element, self.document).paragraph_format.keep_with_next = (
                element is not self.document.element.body[-2]
            )
        if page.note:
            set_on_line(layout.add_line(self.document, f"（{page.note}）"))
        if page.copies:
            self._blank(1)
            line = self._line()
            layout.add_run(line, page.copies_line(), "", layout.SIZE_4)
            line.paragraph_format.left_indent = Pt(4 * layout.SIZE_4)
            line.paragraph_format.right_indent = Pt(layout.SIZE_4)
            line.paragraph_format.first_line_indent = Pt(-3 * layout.SIZE_4)

    def _sign(self, page: Page) -> None:
        """Write signer and day: with a seal the signer in the middle above the day, without one the day shifted."""
        signer, day = _width(page.department), _width(page.day)
        if page.sealed:
            half = SEALED_INDENT + day / 2  # from the right edge to the middle of both
            over = max(0.0, signer / 2 - half)
            sides = [
                (28 - 2 * half - over, -over, WD_ALIGN_PARAGRAPH.CENTER),
                (0.0, SEALED_INDENT, WD_ALIGN_PARAGRAPH.RIGHT),
            ]
        else:
            shifted = day + 2
            sides = [
                (0.0, UNSEALED_INDENT + max(0.0, shifted - signer), WD_ALIGN_PARAGRAPH.RIGHT),
                (0.0, UNSEALED_INDENT + max(0.0, signer - shifted), WD_ALIGN_PARAGRAPH.RIGHT),
            ]
        for words, (left, right, alignment) in zip((page.department, page.day), sides, strict=True):
            line = self._line()
            line.alignment = alignment
            line.paragraph_format.left_indent = Mm(left * TEXT_WIDTH / 28)
            line.paragraph_format.right_indent = Mm(right * TEXT_WIDTH / 28)
            line.paragraph_format.keep_with_next = words is not page.day
            layout.add_run(line, words)

    def _write_attachments(self, attachments: Sequence[str]) -> None:
        if attachments:
            self._blank(1)
        for n, name in enumerate(attachments, 1):
            words = f"{n}. {name}" if len(attachments) > 1 else name
            line = self._line()
            line.paragraph_format.left_indent = Pt(5 * layout.SIZE_3)
            if n == 1:
                line.paragraph_format.first_line_indent = Pt(-3 * layout.SIZE_3)
            layout.add_run(line, f"附件：{words}" if n == 1 else words)

    def _blank(self, lines: int) -> None:
        for _ in range(lines):
            self._line()


def set_on_line(paragraph: Any) -> None:
    """Give a paragraph lines of exactly a 22nd of the text area."""
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    paragraph.paragraph_format.line_spacing = Pt(layout.LINE_PITCH / 20)
    _off_grid(paragraph)


def _width(words: str) -> float:
    """Return the width of words in characters of the line; a digit takes half of one."""
    return sum(0.5 if character.isascii() else 1.0 for character in words)


def _set_head_and_foot(section: Any, page: Page, fonts: layout.Fonts) -> None:
    """Give the first page of a section the mark and the double lines, and no page number."""
    section.different_first_page_header_footer = True
    section.header_distance = Mm(MARK_TOP)
    head, foot = section.first_page_header, section.first_page_footer
    head.is_linked_to_previous = foot.is_linked_to_previous = False
    mark = head.paragraphs[0]
    mark.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = layout.add_run(mark, page.department, fonts.title)
    run.font.size, run.font.color.rgb = Pt(round(page.mark_points * 2) / 2), RED
    mark.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    mark.paragraph_format.line_spacing = Pt(page.mark_points)
    _set_line(mark, "bottom", "thickThinMediumGap", MARK_GAP)
    _off_grid(mark)
    foot.paragraphs[0].paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    foot.paragraphs[0].paragraph_format.line_spacing = Pt(1)
    _set_line(foot.paragraphs[0], "bottom", "thinThickMediumGap", 0)
    _off_grid(foot.paragraphs[0])
    for footer in (section.footer, section.even_page_footer):  # page numbers stay where they are
        if not footer.is_linked_to_previous:
            footer.paragraphs[0].paragraph_format.space_after = Mm(25 - FOOT_GAP)
    section.footer_distance = Mm(FOOT_GAP)


def _set_line(paragraph: Any, side: str, kind: str, gap: float) -> None:
    """Draw a red double line of 170 mm along one side of a paragraph, ``gap`` millimetres away."""
    paragraph.paragraph_format.left_indent = Mm(-8)
    paragraph.paragraph_format.right_indent = Mm(-6)
    borders = OxmlElement("w:pBdr")
    line = OxmlElement(f"w:{side}")
    for name, value in (
        ("val", kind),
        ("sz", "18"),
        ("space", str(round(gap / MILLIMETRES_A_POINT))),
        ("color", "FF0000"),
    ):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:snapToGrid", "w:spacing", "w:ind", "w:jc"
    )


def _off_grid(paragraph: Any) -> None:
    """Let a paragraph stand off the grid of lines."""
    off = OxmlElement("w:snapToGrid")
    off.set(qn("w:val"), "0")
    paragraph._p.get_or_add_pPr().insert_element_before(off, "w:spacing", "w:ind", "w:contextualSpacing", "w:jc")
