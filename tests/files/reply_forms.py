"""Reply forms that were filled in, saved in several ways."""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from docx import Document
from openpyxl import Workbook

from consult.files import libreoffice, reply_form
from consult.files.reply_form import ReplyForm

SAID = (
    ("第三条第二款", "“七十周岁”改为“六十五周岁”。", "与老年人优待政策一致"),
    ("第5条", "删去。\n另起一行，补充说明：这一条文字很长，在单元格里要换行，换行以后仍然是同一条意见。", ""),
    ("", "建议增加过渡期。", "给企业留出准备时间"),
    ("第九条", "", ""),
)
GENERAL = ("□ 无意见　　☑ 有意见（填写下表）", "☑ 无意见　　□ 有意见（填写下表）")


def filled(
    form: ReplyForm,
    rows: Sequence[tuple[str, str, str]] = SAID,
    answers: Sequence[str] = (),
    *,
    none: bool = False,
    publish: str = "√ 同意　　□ 不同意",
) -> bytes:
    """Return a form as it comes back in Word."""
    document = Document(io.BytesIO(reply_form.to_docx(form)))
    head, opinions, *rest = document.tables
    head.cell(2, 1).paragraphs[0].add_run("王某，13800000000")
    head.cell(3, 1).paragraphs[0].runs[0].text = GENERAL[none]
    head.cell(4, 1).paragraphs[0].runs[0].text = publish
    for n, row in enumerate(rows, 1):
        cells = opinions.rows[n].cells if n < len(opinions.rows) else opinions.add_row().cells
        for cell, words in zip(cells, row, strict=True):
            cell.paragraphs[0].add_run(words)
    for n, words in enumerate(answers, 1):
        rest[0].cell(n, 1).paragraphs[0].add_run(words)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def saved_by_libreoffice(data: bytes, kind: str) -> bytes:
    """Return a Word document as LibreOffice saves it."""
    program = libreoffice.office_program()
    assert program is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "form.docx").write_bytes(data)
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [program, profile, "--headless", "--convert-to", kind, "--outdir", str(folder / "out")]
        subprocess.run([*command, str(folder / "form.docx")], check=True, capture_output=True, timeout=120)
        return (folder / "out" / f"form.{kind}").read_bytes()


def as_workbook(form: ReplyForm, opinions: Sequence[tuple[str, str, str]] = SAID, answers: Sequence[str] = ()) -> bytes:
    """Return a form that somebody copied into a workbook, with a column of numbers before."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    rows: list[list[object]] = [["意见反馈表"], *([label, value] for label, value in form.head()), []]
    rows += [["序号", "条款", "修改意见", "理由"], *([n, *row] for n, row in enumerate(opinions, 1))]
    if answers:
        asked = zip(form.questions, answers, strict=False)
        rows += [[], ["问题", "回答"], *([f"{n}. {question}", words] for n, (question, words) in enumerate(asked, 1))]
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
