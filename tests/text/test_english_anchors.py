"""Anchors as English citations."""

from __future__ import annotations

import pytest

from consult.text.english_anchors import in_english
from consult.text.parser.provisions import parse
from tests.text.drafts import in_source_order


def test_anchors_in_english() -> None:
    assert in_english("art-12-para-2-item-3") == "Article 12, paragraph 2, item 3"
    assert in_english("art-12-1") == "Article 12-1"
    assert in_english("annex-1-art-5-x2") == "Annex 1, Article 5 (occurrence 2)"
    assert in_english("draft") == in_english("") == "The whole draft"


def test_numbers_of_several_parts_and_half_brackets_have_english_names_too() -> None:
    assert in_english("num-1-dec-2-dec-3-para-1") == "Item 1.2.3, paragraph 1"
    assert in_english("chapter-3-dec-1-half-2") == "Chapter 3.1, item 2"
    assert in_english("num-1-dec-2-x2") == "Item 1.2 (occurrence 2)"
    assert in_english("half-1") == "Item 1"


def test_every_place_of_a_draft_has_an_english_name() -> None:
    plan = (
        "某预案\n（2025年通过）\n序言。\n一、甲\n（一）乙\n1.丙\n1.1 丁\n（1）戊\n①己\na.庚\n1）辛。\n附则\n附件1\n壬。"
    )
    divided = "某法\n目录\n第一编 甲\n第一编 甲\n第一分编 乙\n第一章 丙\n第一节 丁\n第一条 戊：\n（一）己：\n1.庚。\n"
    signed = f"{divided}某局\n2025年1月1日"
    for text in (plan, signed):
        for node in in_source_order(parse(text)):
            assert in_english(node.anchor).isascii()


def test_what_is_no_anchor_is_refused() -> None:
    with pytest.raises(ValueError):
        in_english("elsewhere-3")
