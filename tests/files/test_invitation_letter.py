"""Letters in one file to print: each begins a page of its own, numbered from 1, and no page between them is blank."""

from __future__ import annotations

import io

from docx import Document
from docx.enum.section import WD_SECTION
from docx.oxml.ns import qn

from consult.files import reply_form
from consult.files.invitation_letter import Letter, to_docx, to_pdf
from consult.files.pdf_subprocess import text_of_pdf
from consult.files.reply_form import ReplyForm

QUESTIONS = ("对公平竞争有何影响？", "<b>&执行成本</b>是多少？#strong[x]")


def a_form(to: str = "甲公司", questions: tuple[str, ...] = ()) -> ReplyForm:
    """Return a form."""
    return ReplyForm("某办法（征求意见稿）", to, questions, "2027年1月8日", "某路1号")


def a_letter(to: str, questions: tuple[str, ...] = ()) -> Letter:
    """Return a letter."""
    form = a_form(to, questions)
    return Letter(
        "某省某厅", to, form.title, form.deadline, "https://example.org/i/x", form.contact, "2026年12月1日", form
    )


def cells(data: bytes) -> list[str]:
    """Return the text of every cell of a document's tables."""
    return [cell.text for table in Document(io.BytesIO(data)).tables for row in table.rows for cell in row.cells]


def test_a_letter_puts_the_questions_and_brings_the_form_to_answer_them() -> None:
    data = to_docx([a_letter("甲公司", QUESTIONS), a_letter("乙公司")])
    lines = [paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs]
    begins = lines.index("请一并回答下列问题：")
    assert lines[begins + 1 : begins + 3] == [f"1. {QUESTIONS[0]}", f"2. {QUESTIONS[1]}"]
    assert lines.count("请一并回答下列问题：") == 1
    assert lines.count("附件：意见反馈表") == lines.count("意见反馈表") == 2
    assert [words in cells(data) for words in ("甲公司", "乙公司", f"2. {QUESTIONS[1]}")] == [True] * 3


def test_the_same_letter_as_pdf_says_the_same() -> None:
    text = "".join(text_of_pdf(to_pdf([a_letter("甲公司", QUESTIONS), a_letter("乙公司")])).split())
    assert text.count("请一并回答下列问题：") == 1
    assert text.count(f"2.{''.join(QUESTIONS[1].split())}") == 2
    assert (text.count("附件：意见反馈表"), text.count("二、对问题的回答")) == (2, 1)


def test_the_form_has_a_place_for_every_answer_and_none_for_questions_that_nobody_asks() -> None:
    eleven = tuple(f"{'问' * 299}{n}？" for n in range(10, 21))
    asked = Document(io.BytesIO(reply_form.to_docx(a_form(questions=eleven)))).tables[-1]
    assert [[cell.text for cell in row.cells] for row in asked.rows[1:]] == [
        [f"{n}. {question}", ""] for n, question in enumerate(eleven, 1)
    ]
    plain = reply_form.to_docx(a_form())
    assert ["问题" in cells(plain), "甲公司" in cells(plain), "修改意见" in cells(plain)] == [False, True, True]


def test_each_letter_is_a_part_of_its_own_numbered_from_one() -> None:
    document = Document(io.BytesIO(to_docx([a_letter(f"第{n}家公司") for n in range(3)])))
    assert [section.start_type for section in document.sections] == [WD_SECTION.NEW_PAGE] * 3
    starts = [section._sectPr.find(qn("w:pgNumType")) for section in document.sections]
    assert [start is not None and start.get(qn("w:start")) for start in starts[1:]] == ["1", "1"]
    assert "w:br " not in document.element.xml  # a break of its own would leave a blank page behind a full one
    assert [text for text in (p.text for p in document.paragraphs) if text.startswith("第")] == [
        f"第{n}家公司：" for n in range(3)
    ]
    assert {section._sectPr.find(qn("w:docGrid")).get(qn("w:type")) for section in document.sections} == {"lines"}
