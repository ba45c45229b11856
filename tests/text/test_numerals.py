"""Numerals as statutes write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.numerals import read_number, write_number


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("一", 1),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("一百零五", 105),
        ("一百〇五", 105),
        ("百零二", 102),
        ("一百一十", 110),
        ("一千二百六十", 1260),
        ("两千", 2000),
        ("二〇二四", 2024),
        ("１２", 12),
        ("12", 12),
        ("一 十 二", 12),
        ("十 二", 12),
        ("㈢", 3),
        ("⑫", 12),
        ("条", None),
        ("", None),
    ],
)
def test_a_numeral_is_read_however_it_is_written(written, number):
    assert read_number(written) == number


@given(st.integers(min_value=0, max_value=99_999_999))
def test_a_number_written_is_read_back(number):
    assert read_number(write_number(number)) == number


def test_a_number_too_big_for_an_article_is_refused():
    with pytest.raises(ValueError, match="不能写成"):
        write_number(100_000_000)
