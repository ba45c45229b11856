"""征求意见函 in the official layout (GB/T 9704-2012), each with its 意见反馈表: one, or many in one file to print.

As DOCX or PDF.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
import typst
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt, RGBColor

from consult.files import reply_form
from consult.files.export import official_layout as layout
from consult.files.reply_form import ReplyForm

FONTS = ("FangSong", "FZXiaoBiaoSong-B05S", "Noto Serif CJK SC", "Noto Sans CJK SC", "Source Han Serif SC")
QR_MILLIMETRES = 30
RED = RGBColor(0xC0, 0x00, 0x00)


@dataclass(frozen=True)
class Letter:
    """The content of a letter: sender, addressee, title, deadline, and where the answer goes.

    ``link`` is the personal link in the QR code; anyone who has the letter can answer for ``to``. ``form`` is printed
    behind it and holds the questions that the letter puts.
    """

    department: str
    to: str
    title: str
    deadline: str
    link: str
    contact: str
    day: str
    form: ReplyForm

    def paragraphs(self) -> tuple[str, ...]:
        """The body, a paragraph each."""
        return (
            f"现将《{self.title}》送贵单位征求意见。请认真研究，于{self.deadline}（含当日）前提出书面意见。",
            *self._questions(),
            "可以扫描下面的二维码，在网上逐条填写、上传盖章的复函；也可以填写所附意见反馈表，盖章后寄送。"
            "没有意见的，请答复“无意见”。",
            "逾期没有答复的，不作为已听取意见，也不视为同意。",
        )

    def _questions(self) -> tuple[str, ...]:
        asked = tuple(f"{n}. {question}" for n, question in enumerate(self.form.questions, 1))
        return ("请一并回答下列问题：", *asked) if asked else ()


def to_docx(letters: Sequence[Letter], fonts: layout.Fonts | None = None) -> bytes:
    """Write letters as one Word document, each on pages of its own."""
    fonts = fonts or layout.Fonts()
    document = layout.new_document(fonts)
    forms = reply_form.Writer(document, fonts)
    for n, letter in enumerate(letters):
        if n:
            layout.begin_part(document)
        head = layout.add_title(document, letter.department, fonts)
        head.runs[0].font.color.rgb = RED
        document.add_paragraph()
        layout.add_title(document, f"关于征求《{letter.title}》意见的函", fonts)
        document.add_paragraph()
        layout.add_run(document.add_paragraph(), f"{letter.to}：")
        for words in letter.paragraphs():
            layout.add_line(document, words)
        if letter.contact:
            layout.add_line(document, f"联系方式：{letter.contact}")
        document.add_paragraph()
        layout.add_line(document, f"附件：{reply_form.TITLE}")
        document.add_paragraph()
        for words in (letter.department, letter.day):
            signed = layout.add_line(document, words)
            signed.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            signed.paragraph_format.right_indent = Pt(2 * layout.SIZE_3)
        picture = document.add_paragraph()
        picture.add_run().add_picture(io.BytesIO(_qr(letter.link, "png")), width=Mm(QR_MILLIMETRES))
        layout.add_run(document.add_paragraph(), "扫码答复（仅供收函单位使用，请勿外传）", "", layout.SIZE_4)
        annex = document.add_paragraph()
        annex.paragraph_format.page_break_before = True
        layout.add_run(annex, "附件", fonts.heading)
        forms.write(letter.form)
    return layout.saved(document)


TEMPLATE = (
    reply_form.TYPST
    + """
#let letters = json("letters.json")
#set document(title: "征求意见函", date: none)
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
  #align(center, text(22pt, weight: "bold")[关于征求《#letter.title》意见的函])
  #v(12pt)
  #par(letter.to + "：")
  #for words in letter.paragraphs [#body(words)]
  #if letter.contact != "" [#body("联系方式：" + letter.contact)]
  #v(16pt)
  #body("附件：" + letter.form.name)
  #v(16pt)
  #align(right, pad(right: 2em, letter.department))
  #align(right, pad(right: 2em, letter.day))
  #v(16pt)
  #block(breakable: false)[
    #image(letter.qr, width: 30mm)
    #text(12pt)[扫码答复（仅供收函单位使用，请勿外传）]
  ]
  #pagebreak()
  #text(weight: "bold")[附件]
  #reply-form(letter.form)
]
"""
)


def to_pdf(letters: Sequence[Letter]) -> bytes:
    """Write letters as one PDF to print, each on pages of its own; values go in as data, never as markup."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = []
        for n, letter in enumerate(letters):
            (folder / f"{n}.svg").write_bytes(_qr(letter.link, "svg"))
            rows.append(
                {
                    "department": letter.department,
                    "to": letter.to,
                    "title": letter.title,
                    "paragraphs": letter.paragraphs(),
                    "contact": letter.contact,
                    "day": letter.day,
                    "qr": f"{n}.svg",
                    "form": reply_form.in_typst(letter.form),
                }
            )
        document = {"fonts": FONTS, "letters": rows}
        (folder / "letters.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        (folder / "letters.typ").write_text(TEMPLATE, encoding="utf-8")
        return bytes(typst.compile(str(folder / "letters.typ"), root=str(folder)))


def _qr(link: str, kind: str) -> bytes:
    drawn = io.BytesIO()
    segno.make(link, error="m", micro=False).save(drawn, kind=kind, scale=8, border=2)
    return drawn.getvalue()
