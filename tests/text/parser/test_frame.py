"""The frame of letters as offices and websites write it, odd lines and all; what stands in it is no provision."""

from __future__ import annotations

import pytest

from consult.text.parser.frame import frame_of
from consult.text.parser.provisions import parse
from consult.text.parser.tree import FRAME, Kind
from tests.conftest import ROOT, missing

CASES = ROOT.parent / "shared" / "cases" / "text"
BODY = (
    "某市人民政府关于加强供水管理的通知\n某政发〔2026〕5号\n各县（市、区）人民政府，市政府各部门：\n"
    "　　为加强供水管理，现通知如下：\n"
    "　　一、提高认识\n　　（一）统一思想。各地要高度重视。\n　　二、抓好落实\n　　各地要抓好落实。\n"
)
BODY_ANCHORS = ["para-1", "head-1", "head-1-sub-1", "head-2", "head-2-para-1"]


def provisions(draft):
    """The anchors of a draft's own provisions, without its frame and its annexes."""
    return [
        step.provision.anchor
        for step in draft.walk()
        if step.provision.kind not in FRAME and not step.provision.anchor.startswith("annex")
    ]


def shown(text):
    """The parts of a text's frame that are there, but for its head."""
    frame = frame_of(parse(text)).as_json()
    return {name: value for name, value in frame.items() if value and name not in ("title", "document_number")}


ENDS = {
    "a footer of a website": (
        "某市人民政府\n2026年5月8日\n（此件公开发布）\n打印本页　关闭窗口\n上一篇：停水公告\n"
        "主办：某市政府办　某ICP备10000001号",
        {"signers": ["某市人民政府"], "date": "2026年5月8日", "notes": ["（此件公开发布）"]},
    ),
    "a line of no known kind": (
        "某市人民政府\n2026年5月8日\n本文件已归档　第3页",
        {"signers": ["某市人民政府"], "date": "2026年5月8日"},
    ),
    "a signer in brackets": ("（某市人民政府）\n2026年5月8日", {"signers": ["某市人民政府"], "date": "2026年5月8日"}),
    "a second name and a seal": (
        "某市健康建设委员会\n（爱国卫生委员会）（代章）\n二〇二六年五月八日",
        {"signers": ["某市健康建设委员会（爱国卫生委员会）"], "date": "二〇二六年五月八日"},
    ),
    "three bodies": (
        "某市发展和改革委员会\n某市财政局\n某市水务局\n2026-05-08\n（此件依申请公开）",
        {
            "signers": ["某市发展和改革委员会", "某市财政局", "某市水务局"],
            "date": "2026-05-08",
            "notes": ["（此件依申请公开）"],
        },
    ),
    "two bodies on one line": (
        "某市财政局　某市水务局\n2026年5月8日",
        {"signers": ["某市财政局", "某市水务局"], "date": "2026年5月8日"},
    ),
    "one line": ("某市水务局　　2026年5月8日", {"signers": ["某市水务局"], "date": "2026年5月8日"}),
    "whom to ask": (
        "附件：供水单位名单\n（联系人：张某，电话：某号）\n某市水务局\n2026年5月8日\n（有效期五年）",
        {
            "signers": ["某市水务局"],
            "date": "2026年5月8日",
            "attachments": ["供水单位名单"],
            "notes": ["（联系人：张某，电话：某号）", "（有效期五年）"],
        },
    ),
    "files below the date": (
        "某市人民政府\n2026年5月8日\n附件：1.供水单位名单.docx\n2.供水价格表.xlsx",
        {"signers": ["某市人民政府"], "date": "2026年5月8日", "attachments": ["供水单位名单", "供水价格表"]},
    ),
    "labels one by one": ("附件1：供水单位名单\n附件2：供水价格表", {"attachments": ["供水单位名单", "供水价格表"]}),
    "a name broken over two lines": (
        "附件：1.供水单位\n　　名单\n　　2．供水价格表\n某市人民政府\n2026年5月8日",
        {"signers": ["某市人民政府"], "date": "2026年5月8日", "attachments": ["供水单位名单", "供水价格表"]},
    ),
    "no date yet": ("某市人民政府\n20××年×月×日", {"signers": ["某市人民政府"], "date": "20××年×月×日"}),
    "nobody's date": ("某市人民政府\n　年　月　日", {"signers": ["某市人民政府"], "date": "年月日"}),
}


@pytest.mark.parametrize(("end", "expected"), ENDS.values(), ids=ENDS)
def test_the_end_of_a_letter_is_no_provision(end, expected):
    assert shown(BODY + end) == {"addressee": "各县（市、区）人民政府，市政府各部门", **expected}
    assert provisions(parse(BODY + end)) == BODY_ANCHORS


HEADS = {
    "metadata": "索引号：000014349/2026-1\t主题分类：水利\n发文机关：某市\t成文日期：2026年5月8日\n标　　题：某通知\n",
    "metadata in pairs": "索引号：\n000014349/2026-1\n主题分类：\n水利\n标题：\n某市人民政府关于加强供水管理的通知\n"
    "发布日期：\n2026-05-09\n",
    "where one is": "首页 > 政务公开 > 文件\n当前位置：首页>文件\n",
    "secrecy and red head": "000001\n机密★1年\n特急\n某市人民政府文件\n",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_what_stands_above_a_title_is_not_the_title(head):
    draft = parse(f"{head}{BODY}某市人民政府\n2026年5月8日")
    frame = frame_of(draft)
    assert (frame.title, frame.document_number) == ("某市人民政府关于加强供水管理的通知", "某政发〔2026〕5号")
    assert provisions(draft) == BODY_ANCHORS


@pytest.mark.parametrize(
    ("title", "whole"),
    [
        (
            "某市人民政府办公室\n关于印发某市规范性文件\n审核办法的\n通　　知",
            "某市人民政府办公室关于印发某市规范性文件审核办法的通知",
        ),
        (
            "某市人民政府关于暂停实施《某市供水\n条例》有关规定的决定",
            "某市人民政府关于暂停实施《某市供水条例》有关规定的决定",
        ),
        ("某市关于全面推行公示制度记录制度\n审核制度的意见", "某市关于全面推行公示制度记录制度审核制度的意见"),
        ("某市某委员会\n（某办公室）\n关于印发某方案的通知", "某市某委员会（某办公室）关于印发某方案的通知"),
        ("某市对市人大会议\n第12号建议的答复", "某市对市人大会议第12号建议的答复"),
    ],
)
def test_a_title_may_be_broken_anywhere(title, whole):
    frame = frame_of(parse(f"{title}\n某政发〔2026〕5号\n各区人民政府：\n一、甲。\n二、乙。"))
    assert (frame.title, frame.document_number, frame.addressee) == (whole, "某政发〔2026〕5号", "各区人民政府")


@pytest.mark.parametrize(
    ("line", "addressee"),
    [
        ("各区人民政府，市政府各部门，\n各企业、事业单位：", "各区人民政府，市政府各部门，各企业、事业单位"),
        ("王某委员：", "王某委员"),
        ("国务院：", "国务院"),
        ("社会各界：", "社会各界"),
        ("为加强供水管理，现通知如下：", None),
        ("主要任务：", None),
        ("根据国务院的规定，按下列要求办理：", None),
    ],
)
def test_an_addressee_is_told_from_a_sentence(line, addressee):
    assert frame_of(parse(f"关于供水的通知\n{line}\n一、甲。\n二、乙。")).addressee == addressee


LETTER = "某市人民政府关于{}的通知\n各区：\n{}\n某市人民政府\n2026年5月8日\n（本文有删减）\n"


def test_a_letter_may_send_out_several_documents():
    letter = LETTER.format("印发两个文件", "《某市供水应急预案》《某市节水方案》已经同意，现印发给你们。")
    plan = "某市供水应急预案\n1 总则\n1.1 目的\n为了供水。\n1.2 依据\n有依据。\n2 组织\n2.1 指挥部\n设指挥部。\n"
    draft = parse(f"{letter}{plan}某市节水方案\n为做好节水，制定本方案。\n一、目标\n达标。\n二、任务\n（一）节约。")
    assert frame_of(draft).annexes == ("某市供水应急预案", "某市节水方案")
    assert provisions(draft) == ["para-1"]


def test_a_comment_notice_may_have_its_draft_behind_it():
    notice = "关于公开征求《某办法（征求意见稿）》意见的公告\n现公开征求意见。\n一、时间：五月。\n二、方式：来函。\n"
    named = "附件：1.某办法（征求意见稿）\n　　　2.起草说明\n某市司法局\n2026年4月30日\n"
    rules = "某办法\n（征求意见稿）\n第一章 总则\n第一条 甲。\n第二条 乙。\n第二章 附则\n第三条 丙。\n"
    draft = parse(f"{notice}{named}附件1\n{rules}附件2\n关于《某办法（征求意见稿）》的\n起草说明\n一、必要性\n必要。")
    frame = frame_of(draft)
    assert frame.attachments == ("某办法（征求意见稿）", "起草说明")
    assert frame.annexes == ("某办法（征求意见稿）", "关于《某办法（征求意见稿）》的起草说明")
    assert provisions(draft) == ["para-1", "head-1", "head-2"]
    unlabelled = parse(f"{notice}某市司法局\n2026年4月30日\n{rules}")
    assert frame_of(unlabelled).annexes == ("某办法（征求意见稿）",)


def test_a_forwarded_report_has_a_head_and_an_end_of_its_own():
    report = "关于做好供水\n工作的请示\n市政府：\n现请示如下：\n一、甲\n乙。\n市水务局\n2026年4月1日\n"
    draft = parse(LETTER.format("转发市水务局请示", "现转发给你们。") + report + "扫一扫在手机打开当前页")
    annex = draft.provisions[-1]
    assert annex.heading == "关于做好供水工作的请示"
    assert [node.kind for node in annex.children] == [
        Kind.ADDRESSEE,
        Kind.PARAGRAPH,
        Kind.CLAUSE,
        *[Kind.SIGNATURE] * 3,
    ]
    assert frame_of(draft).signers == ("某市人民政府",)


@pytest.mark.parametrize(
    "note", ["（民政部　2026年1月28日）", "（2026年4月16日某市政府\n第54次常务会议通过）", "某政发〔2026〕4号"]
)
def test_notes_below_the_title_of_an_annex_are_not_its_title(note):
    text = LETTER.format("印发规则", "现印发给你们。") + f"某市供水规则\n{note}\n一、甲。\n二、乙。"
    annex = parse(text).provisions[-1]
    assert annex.heading == "某市供水规则"
    assert "\n".join(node.text for node in annex.children if node.kind is Kind.NOTE) == note


def test_the_signature_of_an_order_is_that_of_its_rules():
    for order in ("某市人民政府令\n第8号", "某市人民代表大会公告\n第8号"):
        rules = "某市供水办法\n第一条 甲。\n第二条 乙。\n第三条 丙。\n第四条 丁。\n附件：\n1．甲表\n2．乙表"
        frame = frame_of(parse(f"{order}\n现予公布，自2026年6月1日起施行。\n市　长　王某\n2026年4月2日\n{rules}"))
        assert frame.title == "某市供水办法"
        assert frame.document_number == "".join(order.split())
        assert (frame.signers, frame.date, frame.attachments) == (("市长王某",), "2026年4月2日", ("甲表", "乙表"))


def test_an_announcement_may_have_its_kind_for_a_title():
    frame = frame_of(parse("某县人民政府公告\n2026年第3号\n为保护水源，现公告如下：\n一、范围\n甲。\n二、禁止\n乙。"))
    assert (frame.title, frame.document_number) == ("某县人民政府公告", "2026年第3号")


def test_metadata_may_stand_below_the_title():
    head = "关于印发《某办法》的通知\n【发布单位】某局\n【发布文号】某水发〔2026〕3号\n各区：\n"
    frame = frame_of(parse(f"{head}一、甲。\n二、乙。\n某局\n2026 年 5 月 8 日"))
    assert (frame.title, frame.document_number) == ("关于印发《某办法》的通知", "某水发〔2026〕3号")
    assert (frame.addressee, frame.signers, frame.date) == ("各区", ("某局",), "2026年5月8日")


def test_a_decision_may_print_the_rules_as_they_read_now():
    changes = "一、将第二条修改为：“乙。”\n二、删去第五条。\n本决定自公布之日起施行。\n"
    decision = f"关于修改《某条例》的决定\n现作如下修改：\n{changes}"
    draft = parse(f"{decision}某条例\n（2020年1月1日通过）\n第一章 总则\n第一条 甲。\n第二条 乙。")
    assert provisions(draft) == ["para-1", "head-1", "head-2", "head-2-para-2"]
    assert frame_of(draft).annexes == ("某条例",)


@pytest.mark.parametrize("end", ["", "某市水务局\n2026年5月8日\n"])
def test_an_annex_with_words_below_its_title_is_no_list(end):
    text = f"某办法\n第一条 甲。\n第二条 乙。\n第三条 丙。\n第四条 丁。\n{end}附件：收费标准\n一类40元。\n二类50元。"
    frame = frame_of(parse(text))
    assert (frame.attachments, frame.annexes) == ((), ("收费标准",))


# ------------------------------------------------------------------ cases


def case(name):
    path = CASES / f"{name}.txt"
    if not path.exists():
        missing(f"the cases are not at {CASES}")
    return parse(path.read_text("utf-8"))


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("n02-signature-webfooter", {"signers": 1, "date": "2026年5月8日", "notes": 1}),
        ("n03-attachment-list", {"signers": 1, "date": "2026年5月8日", "attachments": 2}),
        ("n05-attachment-list-nosig", {"attachments": 2}),
        ("n06-two-documents", {"signers": 1, "date": "2018年12月18日", "notes": 1, "annexes": 2}),
        ("n07-forwarded-report", {"signers": 1, "date": "一九九六年二月五日", "notes": 1, "annexes": 1}),
        ("n08-daizhang", {"signers": 1, "date": "2025年3月17日", "attachments": 1, "notes": 1, "annexes": 1}),
        ("n09-annex-title-two-lines", {"signers": 1, "date": "2018年11月19日", "attachments": 1, "annexes": 1}),
        ("s1-classes", {"attachments": 3}),
    ],
)
def test_the_frames_of_the_cases(name, expected):
    draft = case(name)
    frame = frame_of(draft).as_json()
    counted = {key: len(value) if isinstance(value, list) else value for key, value in frame.items()}
    assert counted == {
        "title": frame["title"],
        "document_number": frame["document_number"],
        "addressee": frame["addressee"],
        "date": None,
        **dict.fromkeys(("signers", "attachments", "notes", "annexes"), 0),
        **expected,
    }
    assert frame["title"]
    body = [step.provision for step in draft.walk() if step.provision.kind not in FRAME]
    assert not [node for node in body if node.text.startswith(("附件", "（此件", "（本文", "扫一扫", "2026年"))]
