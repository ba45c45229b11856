"""Opinions that want the same in other words are proposed with the reason; those that want something else aren't."""

from __future__ import annotations

import pytest

from consult.text.similar_matter import matter_of, most_similar

OTHERS = ("请问新规划的公园何时动工？", "河道里的淤泥应当及时清理。", "建议把图书馆的开馆时间印在门口。")


def proposed(text: str, other: str) -> bool:
    """Whether the other is proposed for a text, among others."""
    near = most_similar(matter_of(text), [matter_of(each) for each in (other, *OTHERS)], 5)
    assert all(place == 0 for place, _ in near)
    return bool(near)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("建议提高老年人免费乘车的补贴标准。", "老人坐公交的补助太少，希望上调。"),
        ("小区内应当禁止电动车上楼充电。", "电瓶车推进楼道充电太危险，必须严禁。"),
        ("停车費用應當公開。", "泊车的价格要公示。"),
        ("我是一名退休教师。路灯维修应当在三日内完成。谢谢！", "照明坏了要三日内修理好。"),
    ],
)
def test_the_same_demand_in_other_words_is_proposed(text: str, other: str) -> None:
    assert proposed(text, other)
    assert proposed(other, text)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("建议提高老年人免费乘车的补贴标准。", "老年人乘车的补贴应当降低，财政负担太重。"),
        ("小区内应当禁止电动车上楼充电。", "电动车在楼内充电应当允许，否则没地方充。"),
        ("路灯维修应当在三日内完成。", "路灯维修应当在十日内完成。"),
        ("停车费用应当公开。", "停车费用建议取消。"),
        ("同意", "同意"),
        ("", ""),
    ],
)
def test_another_demand_on_the_same_matter_is_not(text: str, other: str) -> None:
    assert not proposed(text, other)


def test_the_reason_names_words_and_demands() -> None:
    text, other = "建议提高老年人免费乘车的补贴标准。", "老人坐公交的补助太少，希望上调。"
    ((_, why),) = most_similar(matter_of(text), [matter_of(other)], 5)
    assert {"老人", "补贴"} <= set(why.words)
    assert why.demands == ("提高",)
