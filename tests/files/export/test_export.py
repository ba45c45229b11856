"""Drafts leave as they came: in the official layout, as Akoma Ntoso, JSON and Markdown."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given, settings
from lxml import etree

from consult.files import drafts
from consult.files.export.akoma_ntoso import NAMESPACE, Particulars, to_akoma_ntoso
from consult.files.export.json_and_markdown import to_json, to_markdown
from consult.files.export.word import comparison_to_docx, to_docx
from consult.files.feedback.document import FeedbackDocument, Row
from consult.files.feedback.renderings import render
from consult.text.comparison.versions import compare
from consult.text.parser.outline import outline
from consult.text.parser.provisions import parse
from tests.text.parser.test_provision_properties import letters, texts

STATUTE = """某市停车管理办法
（2024年5月1日某市人民政府第3次常务会议通过）
　　停车关系千家万户，特制定本办法。
第一章　总　则
　　第一条（立法目的）　为了规范停车，制定本办法。
　　第二条　有下列情形之一的，不得停车：
　　（一）消防通道，包括：
　　1.建筑周边；
　　2.小区出入口。
　　（二）盲道。
　　前款规定由公安机关执行。
第二章　附　则
　　第三条　本办法自2025年1月1日起施行。
　　某市停车管理局
　　2024年12月1日
附件1
收费标准
　　一、小型车
　　（一）每小时5元。按次收费的除外。
"""
NOTICE = (
    "关于加强停车管理的通知\n各区人民政府：\n一、提高认识\n（一）统一思想。各区应当重视。\n1.加强宣传。\n二、严格执法"
)
PARTICULARS = Particulars("parking", date(2024, 5, 1), "某市停车管理局")


@pytest.fixture(scope="module")
def schema():
    """The OASIS schema of Akoma Ntoso 3.0 (akn-core v1.0, CC BY 4.0)."""
    return etree.XMLSchema(etree.parse(Path(__file__).parent / "schemas" / "akomantoso30.xsd"))


@pytest.mark.parametrize("text", [STATUTE, NOTICE, "倡议书\n请有序停车。", ""])
def test_akoma_ntoso_is_valid_against_the_oasis_schema(schema, text):
    schema.assertValid(etree.fromstring(to_akoma_ntoso(parse(text), PARTICULARS)))


@given(text=texts)
@settings(max_examples=40)
def test_akoma_ntoso_of_any_text_is_valid(schema, text):
    schema.assertValid(etree.fromstring(to_akoma_ntoso(parse(text), PARTICULARS)))


def whole(words):
    return "".join(words.split())


def tree_words(nodes):
    for node in nodes:
        yield f"{node['number']}{node['heading']}{node['text']}"
        yield from tree_words(node["children"])


def plain(markdown):
    """The text of Markdown without its marks."""
    bare = re.sub(r"(?m)^#+ |(?<!\\)\*", "", markdown)
    return re.sub(r"\\(.)", r"\1", bare)


@given(text=texts | letters)
@settings(max_examples=150)
def test_no_way_out_loses_anything_of_a_text(text):
    draft = parse(text)
    assert whole("".join(tree_words(outline(draft, tree=True)["tree"]))) == whole(text)
    bill = etree.fromstring(to_akoma_ntoso(draft, PARTICULARS))
    bill[0].remove(bill.find(f".//{{{NAMESPACE}}}meta"))
    assert whole("".join(bill.itertext())) == whole(text)
    assert whole(plain(to_markdown(draft))) == whole(text)
    exported = json.loads(to_json(draft))
    rows = [(node["line"], "", node["text"]) for node in exported["front"]]
    stack = list(exported["provisions"])
    while stack:
        node = stack.pop(0)
        rows.append((node["line"], node["written"], node["text"]))
        stack[:0] = node["children"]
    assert whole("".join(f"{written}{words}" for _, written, words in sorted(rows, key=lambda row: row[0]))) == whole(
        text
    )


@given(text=letters)
@settings(max_examples=40)
def test_akoma_ntoso_of_any_letter_is_valid(schema, text):
    schema.assertValid(etree.fromstring(to_akoma_ntoso(parse(text), PARTICULARS)))


def test_anchors_are_the_ids_of_akoma_ntoso():
    root = etree.fromstring(to_akoma_ntoso(parse(STATUTE), PARTICULARS))
    elements = {element.get("eId"): element for element in root.iter() if element.get("eId")}
    item = elements["art-2-para-1-item-1-point-2"]
    assert item.tag == f"{{{NAMESPACE}}}indent"
    assert "小区出入口" in "".join(item.itertext())
    assert {"preamble-1", "chapter-1", "art-1", "annex-1", "annex-1-head-1-sub-1", "signature-1"} <= set(elements)


@pytest.mark.parametrize("text", [STATUTE, NOTICE])
def test_a_draft_written_to_word_reads_back_as_it_was(text):
    data = to_docx(parse(text))
    again = outline(parse(drafts.read("草案.docx", data).text))
    before = outline(parse(text))
    assert again == {**before, "chapters": again["chapters"], "warnings": again["warnings"]}
    assert ["".join(c.split()) for c in again["chapters"]] == ["".join(c.split()) for c in before["chapters"]]


def test_the_page_is_that_of_an_official_document():
    section = Document(io.BytesIO(to_docx(parse(STATUTE)))).sections[0]
    assert [round(x.mm) for x in (section.page_width, section.page_height)] == [210, 297]
    assert [round(x.mm) for x in (section.top_margin, section.bottom_margin)] == [37, 35]
    assert [round(x.mm) for x in (section.left_margin, section.right_margin)] == [28, 26]
    grid = section._sectPr.find("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}docGrid")
    assert set(grid.values()) == {"lines", "579"}


def test_28_characters_of_the_body_fit_a_line_and_29_do_not():
    document = Document(io.BytesIO(to_docx(parse(STATUTE))))
    section, properties = document.sections[0], document.styles["Normal"].element.rPr
    width = section.page_width.pt - section.left_margin.pt - section.right_margin.pt
    each = document.styles["Normal"].font.size.pt + int(properties.find(qn("w:spacing")).get(qn("w:val"))) / 20
    assert 28 * each <= width < 29 * each


def test_the_table_of_changes_shows_both_sides_and_marks_what_changed():
    old, new = (
        parse("某办法\n第一条 应当在二十日内备案。\n第二条 甲乙丙。"),
        parse("某办法\n第一条 应当在三十日内备案。"),
    )
    document = Document(io.BytesIO(comparison_to_docx(compare(old, new), "某办法")))
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert rows == [
        ["修改前", "修改后", "说明"],
        ["第一条　应当在二十日内备案。", "第一条　应当在三十日内备案。", "修改"],
        ["第二条　甲乙丙。", "", "删除"],
    ]
    assert column_widths(document.tables[0]) == [105, 105, 37]
    struck = [r.text for c in document.tables[0].rows[1].cells for p in c.paragraphs for r in p.runs if r.font.strike]
    assert struck == ["二"]


def column_widths(table):
    """Millimetres of each column, by the table's grid, which LibreOffice and WPS go by, and by every cell."""
    widths = [round(column.width.mm) for column in table.columns]
    assert all([round(cell.width.mm) for cell in row.cells] == widths for row in table.rows)
    return widths


def test_the_columns_of_a_published_report_are_as_wide_as_their_words_need():
    row = Row(1, "张三", "第一条", "应当延长。", "采纳", "")
    report = FeedbackDocument("反馈", "某局", "某办法", "x", 1, (), (), (), (), [row])
    table = Document(io.BytesIO(render(report, "docx"))).tables[0]
    assert column_widths(table) == [15, 32, 24, 96, 24, 66]


def test_json_holds_the_whole_tree():
    document = json.loads(to_json(parse(STATUTE)))
    assert document["form"] == "statute"
    assert document["provisions"][1]["children"][0]["heading"] == "立法目的"


def test_markdown_shows_headings_and_articles_and_escapes_what_would_be_marks():
    text = to_markdown(parse(STATUTE + "　　1. *不是*强调。\n"))
    assert "# 某市停车管理办法\n" in text
    assert "### 第一章 总　则" in text
    assert "**第一条（立法目的）**　为了规范停车，制定本办法。" in text
    assert r"\*不是\*" in text


def test_numbers_of_several_parts_survive_every_way_out():
    draft = parse("某市应急预案\n1 总则\n1.1 编制目的\n甲。\n1.2 乙，丙。\n2 附则\n2.1 丙。")
    assert "**1.1 编制目的**" in to_markdown(draft)
    assert "1.2 乙，丙。" in to_markdown(draft)
    words = drafts.read("a.docx", to_docx(draft)).text
    assert "1.2 乙，丙。" in words
    assert parse(words).numbered == draft.numbered
    assert "编制目的" in to_akoma_ntoso(draft, PARTICULARS).decode()


def test_a_heading_that_runs_into_its_text_keeps_its_full_stop():
    draft = parse("某通知\n一、主要任务\n（一）扩大范围。各处室要落实，并上报。")
    assert "**（一）扩大范围。** 各处室要落实，并上报。" in to_markdown(draft)
    assert "（一）扩大范围。各处室要落实，并上报。" in drafts.read("a.docx", to_docx(draft)).text


def test_control_characters_do_not_break_an_export():
    draft = parse("某办法\n第一条 甲\x07乙\x00丙。")
    assert "甲乙丙" in to_akoma_ntoso(draft, PARTICULARS).decode()
    assert "甲乙丙" in drafts.read("a.docx", to_docx(draft)).text
