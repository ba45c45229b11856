"""A filled 意见反馈表 comes back opinion by opinion, whoever saved it in whatever format."""

from __future__ import annotations

import io

import pytest
from docx import Document

from consult.files import file_type, reply_form
from consult.files.reply_form import ReplyForm
from consult.files.reply_form_reader import FilledForm, FormRow, read, read_grids
from tests.files.reply_forms import SAID, as_workbook, filled, saved_by_libreoffice

FORM = ReplyForm("某办法（征求意见稿）", "甲公司", ("对公平竞争有何影响？", "执行成本是多少？"), "2027年1月8日", "")
ANSWERS = ("没有影响。", "每年约3万元。")
TYPES = {
    "docx": file_type.DOCX,
    "pdf": file_type.PDF,
    "doc": file_type.DOC,
    "odt": f"{file_type.ODF}.text",
    "rtf": file_type.RTF,
}


def tight(words: str) -> str:
    return "".join(words.split())


def said_of(form: FilledForm) -> list[tuple[str, str, str]]:
    return [(tight(row.place), tight(row.words), tight(row.reason)) for row in form.rows]


EXPECTED = [(tight(place), tight(words), tight(reason)) for place, words, reason in SAID if words]


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_form_saved_by_libreoffice_comes_back_article_by_article(kind: str) -> None:
    form = read(saved_by_libreoffice(filled(FORM, answers=ANSWERS), kind), TYPES[kind])
    assert form is not None
    assert (tight(form.title), form.to, form.publish, form.no_opinion) == (
        "某办法（征求意见稿）",
        "甲公司",
        True,
        False,
    )
    assert said_of(form) == EXPECTED
    assert [(n, tight(words)) for n, words in form.answers] == [(1, ANSWERS[0]), (2, ANSWERS[1])]
    assert form.left == ("“第九条”一行没有填写意见",)


def test_a_workbook_comes_back_the_same() -> None:
    form = read(as_workbook(FORM, answers=ANSWERS), file_type.XLSX)
    assert form is not None
    assert said_of(form) == EXPECTED
    assert form.answers == ((1, ANSWERS[0]), (2, ANSWERS[1]))


def test_no_opinion_is_a_tick_and_not_the_printed_words() -> None:
    blank = read(reply_form.to_docx(FORM), file_type.DOCX)
    assert blank is not None
    assert (blank.is_blank, blank.no_opinion, blank.publish) == (True, False, None)
    ticked = read(filled(FORM, rows=(), none=True, publish="□ 同意　　☑ 不同意"), file_type.DOCX)
    assert ticked is not None
    assert (ticked.no_opinion, ticked.publish, ticked.is_blank) == (True, False, False)


@pytest.mark.parametrize(
    ("cell", "chosen"),
    [
        ("☑ 无意见　　□ 有意见（填写下表）", True),
        ("√无意见　　□ 有意见（填写下表）", True),
        ("■ 无意见  □ 有意见（填写下表）", True),
        ("[x] 无意见 □ 有意见", True),
        ("无意见", True),
        ("□ 无意见　　☑ 有意见（填写下表）", False),
        ("□ 无意见　　□ 有意见（填写下表）", False),
        ("☑ 无意见　　☑ 有意见", False),
        ("无意见　有意见", False),
        ("", False),
    ],
)
def test_what_is_ticked_must_be_plain(cell: str, chosen: bool) -> None:
    form = read_grids([[["单位名称（盖章）", "甲公司"], ["总体意见", cell]], [["条款", "修改意见", "理由"]]])
    assert form is not None
    assert form.no_opinion is chosen


def test_opinions_count_more_than_a_tick_for_none() -> None:
    form = read(filled(FORM, none=True), file_type.DOCX)
    assert form is not None
    assert (form.no_opinion, len(form.rows)) == (False, 3)


def test_other_documents_are_no_forms() -> None:
    document = Document()
    table = document.add_table(rows=2, cols=3)
    for cell, words in zip(table.rows[0].cells, ("条款", "修改意见", "理由"), strict=True):
        cell.text = words
    out = io.BytesIO()
    document.save(out)
    assert read(out.getvalue(), file_type.DOCX) is None  # neither whose it is nor of what
    for data, kind in ((b"words", file_type.TEXT), (b"PK\x03\x04", file_type.DOCX), (b"%PDF-1.4", file_type.PDF)):
        assert read(data, kind) is None


def test_columns_are_found_by_their_headings_and_what_fits_nowhere_is_named() -> None:
    head = [["单位名称（盖章）", "甲公司"], ["总体意见", "有意见"]]
    rows = [["序号", "条文", "理由和依据", "具体意见", "备注"], ["1", "第二条", "成本高", "降低收费。", "请答复"]]
    form = read_grids([head, rows])
    assert form is not None
    assert form.rows == (FormRow("第二条", "降低收费。", "成本高"),)
    assert form.left == ("没有读入：请答复",)
