"""Searching by pairs of characters: what a text holds is found by any of its words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consult.text import search_terms

TEXTS = st.text(st.sampled_from("电梯加装补贴ＡBa1 \n，。（)居民"), max_size=40)


@given(TEXTS, st.data())
def test_every_part_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    plain = text.strip()
    first = data.draw(st.integers(0, len(plain)))
    last = data.draw(st.integers(first, len(plain)))
    sought = search_terms.terms(plain[first:last])
    assert all(search_terms.tokens(term) <= search_terms.tokens(text) for term in sought)
    assert search_terms.contains_all(text, sought)


def test_pairs_alone_are_not_yet_the_term() -> None:
    text = "加装和装电，电梯"
    assert search_terms.tokens("加装电梯") <= search_terms.tokens("加装，装电，电梯")
    assert not search_terms.contains_all(text, ["加装电梯"])


def test_width_case_and_blanks_make_no_difference() -> None:
    assert search_terms.contains_all("关于 ＰＭ２.5 的\n建议", search_terms.terms("pm2.5的 建议"))


def test_one_character_is_no_term_and_neither_are_marks() -> None:
    assert search_terms.terms("梯 电梯 电梯") == ["电梯"]
    assert search_terms.terms("。， 电梯？！") == ["电梯"]


def test_an_excerpt_shows_the_term_as_it_was_written() -> None:
    pieces = search_terms.excerpt("甲" * 100 + "加装电\n梯" + "乙" * 100, ["加装电梯"], width=3)
    assert pieces == [("…甲甲甲", False), ("加装电\n梯", True), ("乙乙乙…", False)]
    assert search_terms.excerpt("短文", ["没有"]) == [("短文", False)]


def test_an_excerpt_is_found_whatever_width_and_marks_it_is_written_with() -> None:
    text = "甲" * 100 + "治理ＰＭ２.5，先 治扬尘。" + "乙" * 100
    for words, shown in (("pm2.5", "ＰＭ２.5"), ("PM2.5,先治", "ＰＭ２.5，先 治")):
        assert search_terms.excerpt(text, search_terms.terms(words), width=2)[1] == (shown, True)
    assert search_terms.excerpt("占地１０㎡以上", search_terms.terms("10m2"))[1] == ("１０㎡", True)
