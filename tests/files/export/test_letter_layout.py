"""The 信函格式 of GB/T 9704-2012, measured in millimetres: in the PDF, and in Word's file as LibreOffice sets it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from docx import Document

from consult.files import libreoffice
from consult.files.invitation_letter import Letter, Parts, to_docx, to_pdf
from consult.files.reply_form import ReplyForm
from tests.files.measured_pdf import Page

TITLE = "某市既有住宅加装电梯管理办法（征求意见稿）"
FORM = ReplyForm(TITLE, "某市物业管理行业协会", (), "2027年1月8日", "某路1号")
LETTER = Letter(
    department="某市住房和城乡建设局",
    to="某市物业管理行业协会",
    title=TITLE,
    deadline="2027年1月8日",
    link="https://example.org/portal/i/x",
    contact="",
    day="2026年12月1日",
    form=FORM,
    address="https://example.org/portal/c",
    code="1A-BCDEF-GHJKM",
    number="某市建函〔2026〕12号",
    attachments=(f"《{TITLE}》", "意见反馈表"),
    contact_name="张某",
    phone="0531-12345678",
)
LONG = replace(LETTER, form=replace(FORM, questions=tuple(f"第{n}个问题是什么？" * 3 for n in range(1, 12))))
CHARACTER, LINE = 156 / 28, 225 / 22
SEAL = 42.0
"""Diameter of a department's seal, in millimetres."""


def near(measured: float, wanted: float, by: float = 0.6) -> bool:
    return abs(measured - wanted) <= by


@pytest.fixture(scope="module", params=["pdf", "docx"])
def letter(request: pytest.FixtureRequest) -> bytes:
    if request.param == "pdf":
        return to_pdf([LETTER], Parts.LETTER)
    return libreoffice.to_pdf(to_docx([LETTER], parts=Parts.LETTER), "letter.docx")


def test_mark_and_double_lines_are_where_the_standard_has_them(letter: bytes) -> None:
    first = Page(letter)
    mark, red = first.find(LETTER.department), first.red()
    upper, lower = [box for box in red if box.top < 100], [box for box in red if box.top > 200]
    assert near(mark.top, 30), mark
    assert near(min(box.top for box in upper), mark.bottom + 4, 1.2), upper
    assert near(max(box.bottom for box in lower), 277), lower
    for box in red:
        assert near(box.left, 20, 1.0)
        assert near(box.right - box.left, 170, 2.0)
        assert near((box.left + box.right) / 2, 105, 0.3)
    heights = [[box.bottom - box.top for box in sorted(pair, key=lambda box: box.top)] for pair in (upper, lower)]
    assert heights[0][0] > heights[0][-1]  # 上粗下细
    assert heights[1][0] < heights[1][-1]  # 上细下粗


def test_number_and_title_follow_below_the_line(letter: bytes) -> None:
    first = Page(letter)
    line = max(box.bottom for box in first.red() if box.top < 100)
    number, title = first.find(LETTER.number), first.find("关于征求")
    size = 16 * 25.4 / 72
    assert near(number.top - line, size * 7 / 8, 0.8)
    assert near(number.right, 184)
    assert 2 * LINE - 3 < title.top - number.bottom < 2 * LINE + 5  # two lines between them
    assert first.find(LETTER.to).left == pytest.approx(28, abs=0.6)
    assert first.find("现将").left == pytest.approx(28 + 2 * CHARACTER, abs=0.8)


def test_the_first_page_has_no_number_and_the_second_has() -> None:
    data = to_pdf([LONG], Parts.LETTER)
    first, second = Page(data), Page(data, 1)
    assert "— 1 —" not in first.text
    number = second.find("— 2 —")
    assert near(number.left, 28 + 14 * 25.4 / 72, 0.8)  # 左空一字
    assert near((number.top + number.bottom) / 2, 262 + 7, 1.0)
    assert second.red() == []


def test_a_sealed_letter_has_its_date_four_characters_in_and_the_signer_above_its_middle(letter: bytes) -> None:
    last = Page(letter, Page(letter).pages - 1)
    signer = last.find_all(LETTER.department)[-1]
    year, day = last.find_all("2026")[-1], last.find_all("日")[-1]
    assert near(day.right, 184 - 4 * CHARACTER, 1.2)
    by = 1.2 if letter.startswith(b"%PDF-1.7") else 6.0  # the font that stands in for 仿宋 has wider digits
    assert near((signer.left + signer.right) / 2, (year.left + day.right) / 2, by)
    assert year.top > signer.bottom


def test_the_seal_fits_between_the_text_and_the_date() -> None:
    data = to_pdf([LETTER], Parts.LETTER)
    last = Page(data, Page(data).pages - 1)
    signer, day = last.find_all(LETTER.department)[-1], last.find_all("日")[-1]
    text = last.find_all("意见反馈表")[-1]
    middle = (signer.top + day.bottom) / 2
    top = middle - SEAL / 2 - 3  # 署名和成文日期居印章中心偏下位置
    assert 0 <= top - text.bottom <= LINE, (top, text)
    assert top + SEAL > day.bottom  # 下压署名和成文日期
    assert top + SEAL < 277


def test_without_a_seal_the_signer_keeps_two_characters_from_the_right() -> None:
    data = to_pdf([replace(LETTER, sealed=False, department="某市司法局")], Parts.LETTER)
    last = Page(data, Page(data).pages - 1)
    signer, day = last.find_all("某市司法局")[-1], last.find_all("日")[-1]
    assert near(day.right, 184 - 2 * CHARACTER, 1.0)  # the date is the longer of the two
    assert near(last.find_all("2026")[-1].left, signer.left + 2 * CHARACTER, 1.0)


def test_no_page_has_the_signature_alone() -> None:
    for n in range(1, 9):
        form = replace(FORM, questions=tuple("对经营成本有何影响？" for _ in range(n)))
        data = to_pdf([replace(LETTER, form=form)], Parts.LETTER)
        last = Page(data, Page(data).pages - 1)
        assert "逾期没有答复的" in "".join(last.text.split()), n


def test_no_page_of_words_file_has_the_signature_alone_either() -> None:
    data = libreoffice.to_pdf(to_docx([LETTER], parts=Parts.LETTER), "letter.docx")
    last = Page(data, Page(data).pages - 1)
    assert "逾期没有答复的" in "".join(last.text.split())


def test_a_long_name_stays_on_its_line_and_inside_the_margins() -> None:
    long = replace(LETTER, department="某某自治州住房和城乡建设局房地产市场监督管理办公室")
    mark = Page(to_pdf([long], Parts.LETTER)).find(long.department)
    assert mark.left > 26
    assert mark.right < 186
    assert near(mark.top, 30)


def test_urgency_copies_and_note_are_printed_and_the_signer_of_the_file_is_not() -> None:
    data = to_pdf([replace(LETTER, urgency="特急", copies=("某市司法局", "某市财政局"))], Parts.LETTER)
    first, last = Page(data), Page(data, Page(data).pages - 1)
    assert near(first.find("特急").left, 28)
    assert near(first.find("特急").top, first.find(LETTER.number).top, 0.8)
    assert "（联系人：张某；电话：0531-12345678）" in last.text
    copies = last.find("抄送：某市司法局，某市财政局。")
    assert 250 < copies.bottom <= 262.5  # 位于版心内最下方


def test_the_card_has_the_address_and_the_code_beside_the_picture() -> None:
    card = Page(to_pdf([LETTER], Parts.CARD))
    for words in ("https://example.org/portal/c", LETTER.code, "某市物业管理行业协会"):
        assert words in card.text
    assert card.find(LETTER.code).left > 28 + 30
    tables = Document(io.BytesIO(to_docx([LETTER]))).tables
    assert any(LETTER.code in cell.text for table in tables for row in table.rows for cell in row.cells)
    without = to_docx([LETTER], parts=Parts.LETTER)
    assert LETTER.code not in "".join(p.text for p in Document(io.BytesIO(without)).paragraphs)
