"""Anchors in words and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.anchors import article_of, from_words, in_words


@pytest.mark.parametrize(
    ("anchor", "words"),
    [
        ("art-12-para-2-item-3", "第十二条第二款第三项"),
        ("art-12-1", "第十二条之一"),
        ("art-12-1-para-1", "第十二条之一第一款"),
        ("art-105-para-1-item-11-point-2", "第一百零五条第一款第十一项第二目"),
        ("part-2-chapter-3-section-1", "第二编第三章第一节"),
        ("part-3-subpart-1-chapter-2", "第三编第一分编第二章"),
        ("head-2-sub-1-num-3", "二、（一）3."),
        ("head-2-sub-1-num-3-paren-4-ring-5", "二、（一）3.（4）⑤"),
        ("head-2-para-2", "二、第二段"),
        ("head-2-half-3", "二、3）"),
        ("num-1-dec-2-dec-3", "1.2.3"),
        ("num-1-dec-2-paren-3", "1.2的（3）"),
        ("chapter-1-dec-2", "第一章.2"),
        ("annex-1-art-5-para-1", "附件1的第五条第一款"),
        ("art-3-x2", "第三条（第二处）"),
        ("draft", "全文"),
    ],
)
def test_an_anchor_is_said_in_words_and_read_back(anchor, words):
    assert in_words(anchor) == words
    assert from_words(words) == anchor


@pytest.mark.parametrize(
    ("words", "anchor"),
    [
        ("第3条", "art-3"),
        ("第三条第（二）项", "art-3-item-2"),
        ("第 十二 条 第一款", "art-12-para-1"),
        ("第120条之1", "art-120-1"),
        ("附件一第五条", "annex-1-art-5"),
    ],
)
def test_words_are_read_as_people_write_them(words, anchor):
    assert from_words(words) == anchor


@pytest.mark.parametrize("words", ["", "第条", "你好", "第三条你好", "art-3"])
def test_words_that_name_no_provision_are_refused(words):
    with pytest.raises(ValueError):
        from_words(words)


@pytest.mark.parametrize("anchor", ["art", "art-x", "../etc", "art-1 ", "art--1", "Art-1", "unknown-3"])
def test_what_is_no_anchor_is_refused(anchor):
    with pytest.raises(ValueError):
        in_words(anchor)


_number = st.integers(min_value=1, max_value=2000)


@st.composite
def anchors(draw):
    steps = [f"annex-{draw(_number)}"] if draw(st.booleans()) else []
    if draw(st.booleans()):
        steps.append(f"art-{draw(_number)}" + (f"-{draw(_number)}" if draw(st.booleans()) else ""))
        steps += [f"{name}-{draw(_number)}" for name in ("para", "item", "point")[: draw(st.integers(0, 3))]]
    else:
        names = [
            "part",
            "subpart",
            "chapter",
            "section",
            "head",
            "sub",
            "num",
            "dec",
            "paren",
            "half",
            "ring",
            "letter",
        ]
        names.append("para")
        chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True))
        steps += [f"{name}-{draw(_number)}" for name in sorted(chosen, key=names.index)]
    if draw(st.booleans()):
        steps.append(f"x{draw(st.integers(2, 30))}")
    return "-".join(steps)


@given(anchors())
def test_every_anchor_survives_the_way_through_words(anchor):
    assert from_words(in_words(anchor)) == anchor


@pytest.mark.parametrize(
    ("anchor", "article"),
    [
        ("art-12-para-2-item-3", "art-12"),
        ("art-12", "art-12"),
        ("art-12-1-para-1", "art-12-1"),
        ("art-3-x2-para-1", "art-3-x2"),
        ("annex-1-art-5-para-1", "annex-1-art-5"),
        ("head-2-sub-1-num-3", "head-2-sub-1-num-3"),
        ("head-2-para-2", "head-2"),
        ("part-2-chapter-3-section-1", "part-2-chapter-3-section-1"),
        ("preamble-1", "preamble-1"),
        ("draft", ""),
        ("", ""),
    ],
)
def test_every_place_belongs_to_an_article_or_to_what_is_numbered_above_it(anchor, article):
    assert article_of(anchor) == article
