"""The numbering of annexes: each starts at one again, whatever was open before it."""

from __future__ import annotations

import pytest

from consult.text.parser.provisions import Form, parse

LETTER = (
    "关于做好某项工作的通知\n各区：\n一、总体要求。\n（一）目标。\n1. 甲。\n2. 乙。\n"
    "二、分工。\n（一）职责。\n1. 丙。\n"
)


def depths(text: str) -> list[tuple[str, int]]:
    """Return the marks of a notice with their depths."""
    draft = parse(text)
    assert draft.form is Form.NOTICE
    return list(draft.numbered)


@pytest.mark.parametrize(
    ("annex", "expected"),
    [
        ("1. 材料。\n（1）身份证。\n2. 表格。", [("1.", 1), ("（1）", 2), ("2.", 1)]),
        ("（一）甲类。\n1. 子。\n（二）乙类。", [("（一）", 1), ("1.", 2), ("（二）", 1)]),
        ("一、甲类。\n（一）子。\n二、乙类。", [("一、", 1), ("（一）", 2), ("二、", 1)]),
    ],
)
def test_the_outermost_kind_in_use_in_an_annex_is_its_first_level(annex: str, expected: list[tuple[str, int]]) -> None:
    body = [("一、", 1), ("（一）", 2), ("1.", 3), ("2.", 3), ("二、", 1), ("（一）", 2), ("1.", 3)]
    assert depths(f"{LETTER}附件1\n办理流程\n{annex}\n") == body + expected
    assert depths(f"{LETTER}附件1\n办理流程\n{annex}\n附件2\n申请材料\n{annex}\n") == body + expected + expected
    assert depths(f"{LETTER}附件：办理流程\n某市某局\n2026年3月1日\n附件\n办理流程\n{annex}\n") == body + expected


def test_numbering_in_the_body_itself_counts_on_as_before() -> None:
    assert depths(LETTER)[3:] == [("2.", 3), ("二、", 1), ("（一）", 2), ("1.", 3)]
