"""Opinions that say the same in nearly the same words are grouped; those that say the opposite are not."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.fingerprint import normalise
from consult.text.grouping import group, resemblance, title

ELEVATOR = "建议在老旧小区加装电梯时，把一楼住户的补偿标准写进办法，免得每栋楼都要重新扯皮。"
ELEVATOR_AGAIN = "尊敬的领导：建议老旧小区加装电梯的时候，把一楼住户的补偿标准写进办法里，免得每栋楼都要重新扯皮！"
PARKING = "停车费应当按小时计算，不足半小时的不收费，超过一天的封顶。"


def test_the_same_opinion_in_nearly_the_same_words_is_one_group():
    assert group([ELEVATOR, PARKING, ELEVATOR_AGAIN], 0.75) == [[0, 2], [1]]


def test_spacing_width_and_closing_marks_make_no_difference():
    texts = ["第１２条 建议删去", "第12条建议删去。", " 第12条\n建议删去！！"]
    assert group(texts, 1.0) == [[0, 1, 2]]


OPPOSITES = [
    ("同意第三条的规定", "不同意第三条的规定"),
    ("建议删除第十二条", "建议保留第十二条"),
    ("建议删去第十二条第二款", "建议删去第十三条第二款"),
    ("公示期建议改为5日", "公示期建议改为7日"),
    ("补贴标准应当提高到每月三百元", "补贴标准应当降低到每月三百元"),
    ("我支持这个办法，写得很好很全面", "我反对这个办法，写得很好很全面"),
]


@pytest.mark.parametrize(("one", "other"), OPPOSITES)
def test_short_texts_that_turn_on_one_word_stay_apart(one, other):
    assert group([one, other], 0.6) == [[0], [1]]


def test_no_chain_of_small_steps_joins_different_texts():
    words = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
    steps = ["".join(chr(0x4E00 + 50 * n + k) if k < n else words[k] for k in range(20)) for n in range(20)]
    for members in group(steps, 0.8):
        leader = normalise(steps[members[0]])
        assert all(resemblance(leader, normalise(steps[one])) >= 0.8 for one in members)


def test_sentences_in_another_order_still_resemble():
    first = "增加无障碍设施的要求，明确验收责任。公示期间应当在小区门口张贴。费用分摊办法由业主大会决定。"
    second = "费用分摊办法由业主大会决定。增加无障碍设施的要求，明确验收责任。公示期间应当在小区门口张贴。"
    assert group([first, second], 0.8) == [[0, 1]]


def test_empty_texts_stand_alone():
    assert group(["", "  ", "同意", "\u200b", "同意"], 0.8) == [[0], [1], [2, 4], [3]]
    assert group([], 0.8) == []


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(ValueError, match="0和1之间"):
        group(["同意"], threshold)


@given(
    st.lists(st.text("建议修改第十二条删去同意不一二三，。 \n", max_size=30), max_size=30),
    st.sampled_from([0.4, 0.6, 0.8, 1.0]),
)
def test_every_text_is_in_just_one_group_and_resembles_its_first(texts, threshold):
    groups = group(texts, threshold)
    assert sorted(index for members in groups for index in members) == list(range(len(texts)))
    assert groups == group(texts, threshold)
    for first, *rest in groups:
        for other in rest:
            one, two = normalise(texts[first]), normalise(texts[other])
            assert one == two or resemblance(one, two) >= threshold


def test_more_texts_leave_the_groups_of_those_before_as_they_were():
    texts = [ELEVATOR, PARKING, ELEVATOR_AGAIN]
    assert group([*texts, "另一条意见，与前面的都不相干", PARKING + "谢谢"], 0.75)[:2] == [[0, 2], [1, 4]]


def test_a_title_is_a_short_sentence_that_most_texts_share():
    texts = [
        f"尊敬的领导，您好！我是住在城东的居民。{ELEVATOR}希望采纳，谢谢。",
        f"{ELEVATOR_AGAIN}",
        f"1、{ELEVATOR}",
    ]
    line = title(texts)
    assert "加装电梯" in line
    assert len(line) <= 40
    assert not line.startswith(("尊敬", "您好", "1"))


def test_a_title_shows_no_private_data():
    line = title(["请打13812345678找张三，我家住河坊街12号3栋2单元501室，要求加装电梯"])
    assert "13812345678" not in line
    assert "501" not in line


def test_a_title_of_nothing_is_empty_and_of_little_is_that():
    assert title([]) == ""
    assert title(["", " "]) == ""
    assert title(["同意"]) == "同意"
    assert title(["！！！"]) != ""


@pytest.mark.corpus
def test_real_messages_that_were_sent_twice_are_grouped(corpus):
    with (corpus / "citizen-messages.csv").open(encoding="utf-8-sig", newline="") as file:
        bodies = [row["body"] for row in csv.DictReader(file)]
    groups = group(bodies, 0.75)
    of = {index: number for number, members in enumerate(groups) for index in members}
    seen: dict[str, int] = {}
    for index, body in enumerate(bodies):
        assert of[seen.setdefault(normalise(body), index)] == of[index]
    assert sum(len(members) > 1 for members in groups) >= 20
    for first, *rest in groups:
        assert all(resemblance(normalise(bodies[first]), normalise(bodies[one])) >= 0.75 for one in rest)


@pytest.mark.corpus
def test_real_messages_with_a_few_words_changed_find_their_originals(corpus):
    with (corpus / "citizen-messages.csv").open(encoding="utf-8-sig", newline="") as file:
        bodies = [body for row in csv.DictReader(file) if len(body := row["body"]) > 150][:500]
    changed = [f"您好，{body[3:60]}确实{body[62:]}，望尽快答复" for body in bodies]
    groups = group([*bodies, *changed], 0.75)
    of = {index: number for number, members in enumerate(groups) for index in members}
    found = sum(of[index] == of[index + len(bodies)] for index in range(len(bodies)))
    assert found >= 0.98 * len(bodies)
