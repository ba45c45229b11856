"""征求意见函 in the 信函格式 of GB/T 9704-2012, each with the ways to answer it and its 意见反馈表.

As DOCX or PDF, one or many in one file to print.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Flag, auto
from pathlib import Path
from typing import Any

import segno
import typst
from docx.enum.text import WD_LINE_SPACING
from docx.shared import Mm

from consult.files import reply_form
from consult.files.export import letter_layout
from consult.files.export import official_layout as layout
from consult.files.export.letter_layout import Page
from consult.files.reply_form import ReplyForm

FONTS = ("FangSong", "FZXiaoBiaoSong-B05S", "Noto Serif CJK SC", "Noto Sans CJK SC", "Source Han Serif SC")
QR_MILLIMETRES = 30
CARD = "网上答复方式"
CARD_NOTE = (
    "仅供{}使用，请勿外传。扫码，或者在浏览器中打开短网址并输入答复码，"
    "即可逐条提出意见、上传盖章的复函，或者答复“无意见”。"
)
PRIVATE = "答复码与二维码等同，持有者即可代本单位答复。"


class Parts(Flag):
    """What of a letter is written: the letter itself, or what goes with it to one addressee."""

    LETTER = auto()
    CARD = auto()
    """The ways to answer on line, with the personal code, and the form to answer by hand."""
    ALL = LETTER | CARD


@dataclass(frozen=True)
class Letter:
    """The content of a letter: sender, addressee, title, deadline, and where the answer goes.

    ``link`` is the personal link in the QR code, ``address`` and ``code`` are the same to be typed; anyone who has them
    can answer for ``form.to``. ``form`` is printed behind it and holds the questions that the letter puts.
    ``attachments`` are the names announced in the letter.
    """

    department: str
    to: str
    title: str
    deadline: str
    link: str
    contact: str
    day: str
    form: ReplyForm
    address: str = ""
    code: str = ""
    number: str = ""
    urgency: str = ""
    attachments: tuple[str, ...] = (reply_form.TITLE,)
    copies: tuple[str, ...] = ()
    sealed: bool = True
    again: str = ""
    """What went before, in a letter of a second round: an empty string in a first one."""
    contact_name: str = ""
    phone: str = ""

    @property
    def note(self) -> str:
        """The 附注: whom to ask, or how the notice says that the department is reached."""
        if self.phone:
            return f"联系人：{self.contact_name}；电话：{self.phone}"
        return f"联系方式：{self.contact}" if self.contact else ""

    @property
    def head(self) -> str:
        """The title of the letter."""
        return f"关于{'再次' if self.again else ''}征求《{self.title}》意见的函"

    @property
    def page(self) -> Page:
        """What stands around the body."""
        return Page(
            department=self.department,
            title=self.head,
            to=self.to,
            day=self.day,
            number=self.number,
            urgency=self.urgency,
            attachments=self.attachments,
            note=self.note,
            copies=self.copies,
            sealed=self.sealed,
        )

    def paragraphs(self) -> tuple[str, ...]:
        """The body, a paragraph each."""
        return (
            f"{self.again}现将《{self.title}》送贵单位征求意见。请认真研究，于{self.deadline}（含当日）前提出书面意见。",
            *self._questions(),
            f"可以按照所附{CARD}，在网上逐条填写、上传盖章的复函；也可以填写所附意见反馈表，盖章后寄送，"
            "或者以电子邮件发送。没有意见的，请答复“无意见”。",
            "逾期没有答复的，不作为已听取意见，也不视为同意。",
        )

    def _questions(self) -> tuple[str, ...]:
        asked = tuple(f"{n}. {question}" for n, question in enumerate(self.form.questions, 1))
        return ("请一并回答下列问题：", *asked) if asked else ()

    def card(self) -> tuple[str, ...]:
        """Return what the card says beside the QR code, a line each."""
        typed = (f"短网址：{self.address}", f"答复码：{self.code}") if self.code else ()
        return (*typed, f"答复期限：{self.deadline}（含当日）")

    def card_notes(self) -> tuple[str, ...]:
        """Return what the card says below."""
        return (CARD_NOTE.format(self.form.to or self.to), PRIVATE)


def to_docx(letters: Sequence[Letter], fonts: layout.Fonts | None = None, parts: Parts = Parts.ALL) -> bytes:
    """Write letters as one Word document, each on pages of its own."""
    fonts = fonts or layout.Fonts()
    writer = letter_layout.Writer(fonts)
    forms = reply_form.Writer(writer.document, fonts)
    for letter in letters:
        if parts & Parts.LETTER:
            writer.begin(letter.page)
            writer.body(letter.paragraphs())
            writer.end(letter.page)
        if parts & Parts.CARD:
            _write_card(writer.document, letter, fonts, breaks=bool(parts & Parts.LETTER) or letter is not letters[0])
            forms.write(letter.form)
    return layout.saved(writer.document)


def _write_card(document: Any, letter: Letter, fonts: layout.Fonts, *, breaks: bool) -> None:
    head = layout.add_line(document, CARD, fonts.heading, layout.SIZE_3)
    head.paragraph_format.page_break_before = breaks
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    layout.set_widths(table, (QR_MILLIMETRES + 6, 156 - QR_MILLIMETRES - 6))
    picture = table.rows[0].cells[0].paragraphs[0]
    picture.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    picture.add_run().add_picture(io.BytesIO(qr_code(letter.link, "png")), width=Mm(QR_MILLIMETRES))
    beside = table.rows[0].cells[1]
    for n, words in enumerate(letter.card()):
        line = beside.paragraphs[0] if not n else beside.add_paragraph()
        layout.add_run(line, words, "", layout.SIZE_4)
    for words in letter.card_notes():
        layout.add_line(document, words, "", layout.SIZE_4)
    document.add_paragraph()


TEMPLATE = (
    letter_layout.TYPST
    + reply_form.TYPST
    + """
#let letters = json("letters.json")
#let fonts = letters.fonts
#set document(title: "征求意见函", date: none)
#let card(letter) = {
  set text(14pt)
  text(font: fonts.head, size: 16pt, letter.card_head)
  grid(
    columns: (36mm, 1fr), align: horizon, image(letter.qr, width: 30mm),
    stack(spacing: 10pt, ..letter.card.map(line => [#line])),
  )
  for line in letter.card_notes { words(line) }
  v(14pt)
}
#show: official.with(fonts)
#for (n, letter) in letters.letters.enumerate() {
  if n > 0 { pagebreak() }
  counter(page).update(if letter.letter == none { 2 } else { 1 })
  if letter.letter != none { letter-page(fonts, letter.letter) }
  if letter.form != none {
    if letter.letter != none { pagebreak() }
    card(letter)
    reply-form(letter.form)
  }
}
"""
)


def to_pdf(letters: Sequence[Letter], parts: Parts = Parts.ALL) -> bytes:
    """Write letters as one PDF to print, each on pages of its own; values go in as data, never as markup."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = []
        for n, letter in enumerate(letters):
            (folder / f"{n}.svg").write_bytes(qr_code(letter.link, "svg"))
            page = letter_layout.in_typst(letter.page, letter.paragraphs())
            rows.append(
                {
                    "letter": page if parts & Parts.LETTER else None,
                    "qr": f"{n}.svg",
                    "card_head": CARD,
                    "card": letter.card(),
                    "card_notes": letter.card_notes(),
                    "form": reply_form.in_typst(letter.form) if parts & Parts.CARD else None,
                }
            )
        document = {"fonts": letter_layout.FONTS, "letters": rows}
        (folder / "letters.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        (folder / "letters.typ").write_text(TEMPLATE, encoding="utf-8")
        return bytes(typst.compile(str(folder / "letters.typ"), root=str(folder)))


def qr_code(link: str, kind: str) -> bytes:
    """Return a link as a QR code, in PNG or SVG."""
    drawn = io.BytesIO()
    segno.make(link, error="m", micro=False).save(drawn, kind=kind, scale=8, border=2)
    return drawn.getvalue()
