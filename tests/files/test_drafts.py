"""A draft's text comes out the same whatever its encoding."""

from __future__ import annotations

import pytest

from consult.files import drafts
from consult.files.errors import UnreadableFile

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
