"""What a line opens with: headings with their stop, classes, formal and bracketed marks, traditional characters."""

from __future__ import annotations

import pytest

from consult.text.anchors import from_words, in_words
from consult.text.parser.frame import frame_of
from consult.text.parser.outline import outline
from consult.text.parser.provisions import Kind, parse
from consult.text.simplified import simplified_each
from tests.conftest import ROOT, missing
from tests.text.drafts import codes, draft

CASES = ROOT.parent / "shared" / "cases" / "text"


@pytest.mark.parametrize("title", ["生活、卫生。", "会见与通信。", "附则。"])
@pytest.mark.parametrize("level", ["章", "节", "编"])
def test_a_heading_may_end_in_a_full_stop(level, title):
    read = outline(parse(f"某法\n第一{level} 总则\n第一条 甲。\n第二{level}　{title}\n第二条 乙。\n第三条 丙。"))
    headings = read["chapters"] + read["sections"] + read["parts"]
    assert headings == [f"第一{level} 总则", f"第二{level} {title}"]


@pytest.mark.parametrize(
    "line",
    [
        "第二章 规定的情形除外。",
        "第二章的规定适用。",
        "第二章 由市政府解释。",
        "第二章 甲，乙。",
        "第二章 不得适用本条。",
    ],
)
def test_a_sentence_about_a_chapter_is_no_heading(line):
    read = outline(parse(f"某法\n第一章 总则\n第一条 甲。\n{line}\n第二条 乙。\n第三条 丙。"))
    assert read["chapters"] == ["第一章 总则"]
    assert [article["paragraphs"] for article in read["articles"]] == [2, 1, 1]


def test_a_clause_alone_on_its_line_with_its_stop_is_a_heading_where_text_stands_below():
    read = draft("""
        关于某事的意见
        一、总体要求
        （一）指导思想。
        坚持原则。
        （二）基本原则。
        坚持依法。
        二、主要任务。
        （三）加强领导。
        （四）落实责任。
        三、保障
        1.加强宣传。
        本意见自印发之日起施行。
    """)
    headings = {step.provision.number: step.provision.heading for step in read.walk()}
    assert headings["（一）"] == "指导思想。"
    assert headings["（二）"] == "基本原则。"
    assert headings["二、"] == "主要任务。"
    assert headings["（三）"] == headings["（四）"] == headings["1."] == ""


@pytest.mark.parametrize(
    "line", ["一、二级森林火险区内已有的坟墓应当迁出。", "一、二、三级医院应当公示。", "二、三类口岸另行规定。"]
)
def test_classes_at_the_head_of_a_line_are_no_mark(line):
    read = outline(parse(f"某条例\n第一条 禁止新设。\n区政府应当规划。\n{line}\n第二条 自公布之日起施行。"))
    assert [(article["paragraphs"], article["items"]) for article in read["articles"]] == [(3, 0), (1, 0)]


def test_classes_may_stand_behind_a_mark_that_counts_on():
    assert draft("关于分级的通知\n一、二级医院应当公示。\n二、三级医院应当公示。").numbered == (
        ("一、", 1),
        ("二、", 1),
    )


@pytest.mark.parametrize("number", ["【第{}条】", "【第{}条】 ", "[第{}条]", "【 第 {} 条 】"])
def test_an_articles_number_may_stand_in_brackets(number):
    lines = [f"{number.format(n)}甲乙丙。" for n in ("一", "二", "三", "四", "五")]
    read = parse("\n".join(["某办法", *lines]))
    assert [article["n"] for article in outline(read)["articles"]] == [1, 2, 3, 4, 5]
    first = read.provisions[0]
    assert (first.number, first.children[0].text) == ("第一条", "甲乙丙。")
    assert "".join(first.full_text.split()) == "".join(lines[0].split())


def test_brackets_around_a_caption_are_none_around_a_number():
    read = parse("某办法\n第一条【适用范围】甲。\n【第二条】（定义）乙。\n第三条 丙。\n【附注】丁。")
    assert [node.heading for node in read.provisions] == ["适用范围", "定义", ""]


def test_formal_numerals_are_the_outermost_marks():
    read = draft("关于某事的意见\n壹、总体要求\n一、目标\n（一）甲。\n二、原则\n贰、任务\n一、供水")
    assert [depth for _, depth in read.numbered] == [1, 2, 3, 2, 1, 2]
    assert "formal-2-head-1" in read.by_anchor
    assert in_words("formal-2-head-1") == "贰、一、"
    assert from_words("贰、一、") == "formal-2-head-1"


@pytest.mark.parametrize("count", [["第一，", "第二，"], ["一是", "二是", "三是"], ["一要", "二要"]])
def test_items_counted_in_words_are_pointed_at(count):
    text = "\n".join(
        ["关于某事的通知", "一、任务：", *(f"　　{word}抓好供水。" for word in count), "二、一是一，二是二。"]
    )
    assert codes(text) == [("unread_mark", "head-1-para-2")]


TRADITIONAL = """
    某市供水管理辦法
    （2026年5月1日發佈）
    目　錄
    第一章　總　則
    第二章　附　則
    第一章　總　則
    第一條（立法目的）　為規範供水，制定本辦法。
    第二條　有下列情形的，適用本辦法：
    （一）斷水的；
    （二）漏水的。
    前款第一項規定的情形，由水務機關認定。
    第二章　附　則
    第三條之一　自公佈之日起施行。
"""
LETTER = """
    某市人民政府關於加強供水管理的通知
    某政發〔2026〕5號
    各區人民政府：
    壹、總體要求
    一、目標
    附件：1.供水單位名單
    2.價格表
    某市人民政府辦公廳
    2026年5月8日
    （此件公開發佈）
    附件1
    供水單位名單
    一、甲單位
"""


@pytest.mark.parametrize("text", [TRADITIONAL, LETTER])
def test_a_draft_in_traditional_characters_is_read_as_in_simplified_ones(text):
    read, simplified = draft(text), draft(simplified_each(text))
    assert [(s.provision.anchor, s.provision.kind) for s in read.walk()] == [
        (s.provision.anchor, s.provision.kind) for s in simplified.walk()
    ]
    for ours, theirs in zip(read.in_order(), simplified.in_order(), strict=True):
        for node, other in zip(ours.walk(), theirs.walk(), strict=True):
            assert [simplified_each(part) for part in (node.number, node.heading, node.written, node.text)] == [
                other.number,
                other.heading,
                other.written,
                other.text,
            ]
    whole = "".join(f"{node.written}{node.text}" for top in read.in_order() for node in top.walk())
    assert "".join(whole.split()) == "".join(text.split())
    assert read.title == simplified.title or simplified_each(read.title) == simplified.title


def test_what_is_shown_of_a_traditional_draft_is_in_its_own_characters():
    read = draft(TRADITIONAL)
    assert outline(read)["chapters"] == ["第一章 總　則", "第二章 附　則"]
    assert (read.title, read.by_anchor["art-3-1"].number) == ("某市供水管理辦法", "第三條之一")
    frame = frame_of(draft(LETTER))
    assert frame.title == "某市人民政府關於加強供水管理的通知"
    assert (frame.document_number, frame.addressee) == ("某政發〔2026〕5號", "各區人民政府")
    assert (frame.signers, frame.notes) == (("某市人民政府辦公廳",), ("（此件公開發佈）",))
    assert frame.attachments == ("供水單位名單", "價格表")


def test_rows_of_a_table_are_no_paragraphs_of_an_article():
    lines = [
        "第一条 标准如下：",
        "类别\t标准",
        "一类\t40元",
        "前款标准每年调整。",
        "（一）甲：",
        "乙\t1",
        "丙\t2",
        "（二）丁。",
    ]
    read = parse("\n".join(["某办法", *lines, "第二条 一格\t两格。", "一行\t独行", "第三条 戊。"]))
    articles = [(a["paragraphs"], a["items"]) for a in outline(read)["articles"]]
    assert articles == [(2, 2), (2, 0), (1, 0)]
    assert read.by_anchor["art-1-para-1-row-2"].text == "一类\t40元"
    assert read.by_anchor["art-1-para-2-item-1-row-1"].text == "乙\t1"
    assert (in_words("art-1-para-1-row-2"), from_words("第一条第一款表格第二行")) == (
        "第一条第一款表格第二行",
        "art-1-para-1-row-2",
    )
    whole = "".join(node.written + node.text for top in read.in_order() for node in top.walk())
    assert "".join(whole.split()) == "".join(
        "".join(["某办法", *lines, "第二条 一格\t两格。一行独行第三条 戊。"]).split()
    )


def test_rows_of_a_table_stand_below_the_clause_above_them():
    read = draft("关于收费的通知\n一、标准如下：\n类别\t标准\n一类\t40元\n以上标准试行一年。\n二、其他。")
    anchors = [step.provision.anchor for step in read.walk()]
    assert anchors == ["head-1", "head-1-row-1", "head-1-row-2", "head-1-para-2", "head-2"]


# ------------------------------------------------------------------ cases


def case(name):
    path = CASES / f"{name}.txt"
    if not path.exists():
        missing(f"the cases are not at {CASES}")
    return parse(path.read_text("utf-8"))


@pytest.mark.corpus
def test_classes_and_stops_and_traditional_characters_of_the_cases():
    classes = case("s1-classes")
    assert [node.kind for node in classes.find("art-1").children] == [Kind.PARAGRAPH] * 3
    assert outline(case("s2-heading-stop"))["chapters"] == ["第一章 总则", "第二章 生活、卫生。"]
    articles = outline(case("t1-traditional"))["articles"]
    assert [(article["n"], article["items"]) for article in articles] == [(1, 0), (2, 2), (3, 0)]
