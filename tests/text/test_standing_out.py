"""Words that stand out, by the log-likelihood ratio."""

import math
from collections import Counter

import pytest

from consult.text.standing_out import count_words, words_of, words_that_stand_out


def test_what_is_said_here_more_than_elsewhere_stands_out_the_most_striking_first():
    here = Counter({"电动自行车": 40, "停车": 12, "物业": 30})
    there = Counter({"物业": 300, "停车": 100, "电动自行车": 4})
    words = [word for word, _score, _n in words_that_stand_out(here, there, 5)]
    assert words == ["电动自行车"], "物业 and 停车 are said more elsewhere"


def test_the_score_is_dunnings():
    # k1=10 of n1=100, k2=5 of n2=1000, computed from 2·Σ O·ln(O/E) by hand
    expected = 2 * (
        10 * math.log(10 / (100 * 15 / 1100))
        + 90 * math.log(90 / (100 * 1085 / 1100))
        + 5 * math.log(5 / (1000 * 15 / 1100))
        + 995 * math.log(995 / (1000 * 1085 / 1100))
    )
    [(word, score, n)] = words_that_stand_out({"充电": 10, "其余": 90}, {"充电": 5, "其余": 995}, 1)
    assert (word, n) == ("充电", 10)
    assert score == pytest.approx(expected, abs=0.001)


def test_the_order_doesnt_hang_on_that_of_the_counts():
    words = {f"词语{chr(0x4E00 + n)}": 5 for n in range(20)}
    backwards = dict(reversed(words.items()))
    there = {"别的": 100}
    assert words_that_stand_out(words, there, 7) == words_that_stand_out(backwards, there, 7)


def test_chance_is_left_out_and_without_a_background_the_count_decides():
    assert words_that_stand_out({"偶然": 2}, {"别的": 1000}, 5) == []
    assert words_that_stand_out({"充电": 4, "停车": 9}, {}, 5) == [("停车", 9.0, 9), ("充电", 4.0, 4)]


def test_words_name_something_in_one_script_and_count_once_a_text():
    assert words_of("建议第十二条明确：電動自行車充電设施应当收费，2026年3月起。") >= {"充电", "设施", "收费"}
    assert not words_of("建议修改第十二条，谢谢！") & {"建议", "修改", "谢谢", "第十二条", "十二条"}
    assert count_words(["充电充电充电", "充电设施"])["充电"] == 2
