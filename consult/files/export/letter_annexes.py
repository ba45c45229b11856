"""The attachments of a letter (附件): each on pages of its own, in one PDF, or as Word documents in a ZIP."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from consult.files import reply_form
from consult.files.export import letter_layout, volume_as_docx, volume_as_pdf
from consult.files.export import official_layout as layout
from consult.files.export.volume import Block
from consult.files.export.word import MEDIA_TYPE
from consult.files.mail.compose import Enclosure
from consult.files.reply_form import ReplyForm

MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Annex:
    """One attachment: its name in the letter, its title, its text; or the form to answer on."""

    name: str
    title: str
    blocks: tuple[Block, ...] = ()
    form: ReplyForm | None = None


TEMPLATE = (
    letter_layout.TYPST
    + """
#let content = json("annexes.json")
#let (serif, title-font, head-font) = (content.fonts.body, content.fonts.title, content.fonts.head)
#set document(title: "附件", date: none)
"""
    + volume_as_pdf.PRELUDE
    + reply_form.TYPST
    + """
#for (n, annex) in content.annexes.enumerate(start: 1) {
  if n > 1 { pagebreak() }
  par(text(font: head-font, if content.annexes.len() > 1 [附件#n] else [附件]))
  if annex.form != none { reply-form(annex.form) } else {
    title(annex.title)
    v(8pt)
    for block in annex.blocks { write(block) }
  }
}
"""
)


def to_pdf(annexes: Sequence[Annex]) -> bytes:
    """Return all attachments as one PDF, in the order of the letter."""
    import typst  # heavy, and only needed here

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            {
                "title": annex.title,
                "blocks": [volume_as_pdf.block_values(block) for block in annex.blocks],
                "form": reply_form.in_typst(annex.form) if annex.form is not None else None,
            }
            for annex in annexes
        ]
        content = {"fonts": letter_layout.FONTS, "annexes": rows}
        (folder / "annexes.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        (folder / "annexes.typ").write_text(TEMPLATE, encoding="utf-8")
        return bytes(typst.compile(str(folder / "annexes.typ"), root=str(folder)))


def to_docx(annex: Annex, mark: str) -> bytes:
    """Return one attachment as a Word document; ``mark`` stands at its top (附件1)."""
    fonts = layout.Fonts()
    document = layout.new_document(fonts)
    layout.add_run(document.add_paragraph(), mark, fonts.heading)
    if annex.form is not None:
        reply_form.Writer(document, fonts).write(annex.form)
        return layout.saved(document)
    layout.add_title(document, annex.title, fonts)
    document.add_paragraph()
    for block in annex.blocks:
        volume_as_docx.write_block(document, block, fonts)
    return layout.saved(document)


def to_zip(annexes: Sequence[Annex]) -> bytes:
    """Return all attachments as Word documents in a ZIP, numbered as in the letter."""
    files = []
    for n, annex in enumerate(annexes, 1):
        mark = f"附件{n}" if len(annexes) > 1 else "附件"
        safe = "".join("_" if character in '\\/:*?"<>|' else character for character in annex.name)[:80]
        files.append(Enclosure(f"{mark} {safe}.docx", MEDIA_TYPE, to_docx(annex, mark)))
    return packed(files)


def packed(files: Sequence[Enclosure]) -> bytes:
    """Return files in a ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.name, MOMENT), file.data)
    return out.getvalue()
