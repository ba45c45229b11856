"""A passage is found in the text that it was taken from, as privacy has masked it and keyboards have typed it."""

import pytest

from consult.text.passages import pieces, span_of

TEXT = "您好！我叫张三，电话 １３８１２３４５６７８。\n第一，停車位不够。\r\n第二，充电太贵。"


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        ("第一，停车位不够。", "第一，停車位不够。"),
        ("我叫【姓名】，电话 【电话】。", "我叫张三，电话 １３８１２３４５６７８。"),
        ("第二， 充电\n太贵。", "第二，充电太贵。"),
        ("【姓名】，电话", "，电话"),
        (TEXT, TEXT),
        ("没有写的话", None),
        ("【电话】", None),
        ("", None),
        ("第二，充电太贵。【电话】第一", None),
    ],
)
def test_a_passage_is_found_through_masks_widths_and_scripts(passage: str, expected: str | None) -> None:
    span = span_of(passage, TEXT)
    assert (TEXT[slice(*span)] if span is not None else None) == expected


def test_the_pieces_are_the_text_and_the_first_passage_holds_where_two_overlap() -> None:
    cut = pieces("一二三四五六", [(1, 3), None, (2, 5)])
    assert cut == [("一", None), ("二三", 0), ("四五", 2), ("六", None)]
    assert pieces("", []) == []


def test_many_masks_in_a_text_of_commas_are_given_up_soon() -> None:
    assert span_of("，" + "【电话】，" * 40 + "完", "，电" * 30_000) is None
