"""Letters to those invited to a meeting, in the official layout (GB/T 9704-2012): many in one file to print."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typst
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from consult.files.export import official_layout as layout
from consult.files.invitation_letter import FONTS, RED


@dataclass(frozen=True)
class MeetingLetter:
    """The content of a letter: sender, addressee, title, body, and how to reach the sender."""

    department: str
    to: str
    head: str
    paragraphs: tuple[str, ...]
    contact: str
    day: str


def to_docx(letters: Sequence[MeetingLetter], fonts: layout.Fonts | None = None) -> bytes:
    """Write letters as one Word document, each on pages of its own."""
    fonts = fonts or layout.Fonts()
    document = layout.new_document(fonts)
    for n, letter in enumerate(letters):
        if n:
            layout.begin_part(document)
        head = layout.add_title(document, letter.department, fonts)
        head.runs[0].font.color.rgb = RED
        document.add_paragraph()
        layout.add_title(document, letter.head, fonts)
        document.add_paragraph()
        layout.add_run(document.add_paragraph(), f"{letter.to}：")
        for words in letter.paragraphs:
            layout.add_line(document, words)
        if letter.contact:
            layout.add_line(document, f"联系方式：{letter.contact}")
        document.add_paragraph()
        for words in (letter.department, letter.day):
            signed = layout.add_line(document, words)
            signed.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            signed.paragraph_format.right_indent = Pt(2 * layout.SIZE_3)
    return layout.saved(document)


TEMPLATE = """
#let letters = json("letters.json")
#set document(title: "会议通知", date: none)
#set page(paper: "a4", margin: (top: 37mm, bottom: 35mm, left: 28mm, right: 26mm))
#set text(font: letters.fonts, size: 16pt, lang: "zh", region: "cn", cjk-latin-spacing: none)
#set par(leading: 13pt, spacing: 13pt, justify: true)
#let body(words) = par(first-line-indent: (amount: 2em, all: true), words)
#for (n, letter) in letters.letters.enumerate() [
  #if n > 0 [#pagebreak()]
  #counter(page).update(1)
  #align(center, text(26pt, fill: rgb("#c00000"), weight: "bold", letter.department))
  #line(length: 100%, stroke: 1.5pt + rgb("#c00000"))
  #v(12pt)
  #align(center, text(22pt, weight: "bold", letter.head))
  #v(12pt)
  #par(letter.to + "：")
  #for words in letter.paragraphs [#body(words)]
  #if letter.contact != "" [#body("联系方式：" + letter.contact)]
  #v(16pt)
  #align(right, pad(right: 2em, letter.department))
  #align(right, pad(right: 2em, letter.day))
]
"""


def to_pdf(letters: Sequence[MeetingLetter]) -> bytes:
    """Write letters as one PDF to print; values go in as data, never as markup."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content = {"fonts": FONTS, "letters": [asdict(letter) for letter in letters]}
        (folder / "letters.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        (folder / "letters.typ").write_text(TEMPLATE, encoding="utf-8")
        return bytes(typst.compile(str(folder / "letters.typ"), root=str(folder)))
