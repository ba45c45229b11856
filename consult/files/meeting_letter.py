"""Letters to those invited to a meeting, in the 信函格式 of GB/T 9704-2012: many in one file to print."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typst

from consult.files.export import letter_layout
from consult.files.export import official_layout as layout
from consult.files.export.letter_layout import Page


@dataclass(frozen=True)
class MeetingLetter:
    """The content of a letter: sender, addressee, title, body, and how to reach the sender."""

    department: str
    to: str
    head: str
    paragraphs: tuple[str, ...]
    contact: str
    day: str

    @property
    def page(self) -> Page:
        """What stands around the body."""
        note = f"联系方式：{self.contact}" if self.contact else ""
        return Page(department=self.department, title=self.head, to=self.to, day=self.day, note=note)


def to_docx(letters: Sequence[MeetingLetter], fonts: layout.Fonts | None = None) -> bytes:
    """Write letters as one Word document, each on pages of its own."""
    writer = letter_layout.Writer(fonts or layout.Fonts())
    for letter in letters:
        writer.begin(letter.page)
        writer.body(letter.paragraphs)
        writer.end(letter.page)
    return layout.saved(writer.document)


TEMPLATE = (
    letter_layout.TYPST
    + """
#let letters = json("letters.json")
#set document(title: "会议通知", date: none)
#show: official.with(letters.fonts)
#for (n, letter) in letters.letters.enumerate() {
  if n > 0 { pagebreak() }
  counter(page).update(1)
  letter-page(letters.fonts, letter)
}
"""
)


def to_pdf(letters: Sequence[MeetingLetter]) -> bytes:
    """Write letters as one PDF to print; values go in as data, never as markup."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = [letter_layout.in_typst(letter.page, letter.paragraphs) for letter in letters]
        content = {"fonts": letter_layout.FONTS, "letters": pages}
        (folder / "letters.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        (folder / "letters.typ").write_text(TEMPLATE, encoding="utf-8")
        return bytes(typst.compile(str(folder / "letters.typ"), root=str(folder)))
