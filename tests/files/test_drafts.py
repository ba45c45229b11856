"""A draft's text comes out the same whatever its encoding."""

from __future__ import annotations

import pytest

from config import ROOT
from consult.files import drafts
from consult.files.errors import UnreadableFile
from tests.conftest import missing


@pytest.fixture
def cases():
    folder = ROOT.parent / "shared" / "cases" / "text"
    if not folder.is_dir():
        missing(f"the cases are not at {folder}")
    return folder


TEXT = (
    "某市停车管理办法\n\n第一章　总　则\n"
    "　　第一条　为了规范停车行为，改善交通秩序，制定本办法。\n　　第二条　本办法自公布之日起施行。\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_file_is_read_in_its_encoding(encoding):
    assert drafts.read("草案.txt", TEXT.encode(encoding)).text == TEXT


def test_characters_only_gb18030_has_are_read():
    text = TEXT + "　　第三条　㐂和𠮷也是汉字。\n"
    assert drafts.read("草案.txt", text.encode("gb18030")).text == text


def test_characters_nobody_sees_are_left_out():
    assert drafts.read("草案.txt", "\u200b第一条\u200b 甲。".encode()).text == "第一条 甲。"


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, bytes(range(256)) * 40])
def test_a_file_that_is_no_text_is_refused_with_what_to_do(data):
    with pytest.raises(UnreadableFile, match=r"上传"):
        drafts.read("照片.txt", data)


def wrapped(paragraphs, columns):
    """Paragraphs broken at a width, their first lines set in by two characters."""
    lines = []
    for paragraph in paragraphs:
        body = f"　　{paragraph}"
        lines += [body[at : at + columns // 2] for at in range(0, len(body), columns // 2)]
    return "\n".join(lines)


def test_a_text_broken_at_a_fixed_width_is_joined_again():
    paragraphs = [
        f"第{n}条　停车场应当按照规定公示收费标准、服务时间和监督电话，{'接受社会监督，' * (n % 5)}保持整洁。"
        for n in range(1, 10)
    ]
    text = wrapped([*paragraphs, "前款规定由公安机关执行。"], 60)
    assert (
        drafts.read("草案.txt", text.encode()).text.split()
        == "\n".join([*paragraphs, "前款规定由公安机关执行。"]).split()
    )


@pytest.mark.parametrize("mark", ["（{}）", "{}.", "{}、", "{}）", "1.{}", "1.{} "])
@pytest.mark.parametrize("end", ["。", "；", "。”", "：", "。）"])
def test_a_mark_begins_a_line_anew_where_the_one_before_it_is_full(mark, end):
    lines = ["某市行动方案", "一、主要任务", *(mark.format(n).ljust(30 - len(end), "甲") + end for n in range(1, 13))]
    text = "\n".join([*lines, "二、其他"])
    assert drafts.read("方案.txt", text.encode()).text == text


def test_a_text_with_a_line_a_paragraph_is_left_as_it_is():
    text = "\n".join(f"　　第{n}条　{'停车场应当公示收费标准。' * n}" for n in range(1, 20))
    assert drafts.read("草案.txt", text.encode()).text == text


def test_a_text_broken_anywhere_is_joined_where_its_paragraphs_are_set_in():
    text = (
        "关于加强管理的通知\n各单位：\n　　一、提高认识。各地要高度重视，明确责任分工，于\n2027年1月1日前完成。\n"
        "　　二、抓好落实，加强监督\n（一）甲。\n　　三、责任。各单位按照第\n三条规定执行，\n（一）项所列情形除外。\n"
        "　　附件：1.名单，\n　　　　　2.价格表\n某市人民政府\n2026年5月8日\n"
    )
    lines = drafts.read("通知.txt", text.encode()).text.split("\n")
    assert lines == [
        "关于加强管理的通知",
        "各单位：",
        "　　一、提高认识。各地要高度重视，明确责任分工，于2027年1月1日前完成。",
        "　　二、抓好落实，加强监督",
        "（一）甲。",
        "　　三、责任。各单位按照第三条规定执行，（一）项所列情形除外。",
        "　　附件：1.名单，",
        "　　　　　2.价格表",
        "某市人民政府",
        "2026年5月8日",
        "",
    ]


def test_a_signature_below_a_sentence_without_its_stop_is_no_part_of_it():
    text = "关于某事的通知\n　　一、甲，乙。\n　　二、各地要抓紧，按时上报\n某市水务局\n2026年5月8日"
    assert drafts.read("通知.txt", text.encode()).text == text


@pytest.mark.parametrize("encoding", ["big5", "big5hkscs", "utf-8"])
def test_a_draft_in_traditional_characters_is_read_in_its_encoding(encoding):
    text = "某市供水管理辦法\n第一條 為規範供水，制定本辦法。\n第二條 有下列情形的：\n（一）斷水的；\n（二）漏水的。"
    source = drafts.read("辦法.txt", text.encode(encoding))
    assert source.text == text
    assert [node.number for node in source.draft().provisions] == ["第一條", "第二條"]


@pytest.mark.corpus
def test_the_wrapped_case_is_joined(cases):
    lines = drafts.read("n16.txt", (cases / "n16-wrapped.txt").read_bytes()).text.split()
    assert len(lines) == 4
    assert all(line.endswith(("。", "：", "通知")) for line in lines)
