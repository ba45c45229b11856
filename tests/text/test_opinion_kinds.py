"""The kind of an opinion is proposed from its words, and what it wants reworded is found as spans of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.opinion_kinds import OpinionKind, Reading, Span, read

CHANGE, QUESTION, SUPPORT = OpinionKind.CHANGE, OpinionKind.QUESTION, OpinionKind.SUPPORT
OFF_TOPIC, COMPLAINT = OpinionKind.OFF_TOPIC, OpinionKind.COMPLAINT


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (CHANGE, "建议提高补贴标准。", "建议"),
        (CHANGE, "不同意第三条。", "不同意"),
        (CHANGE, "停车难。", ""),
        (CHANGE, "赞成，但建议提高补贴。", "建议"),
        (CHANGE, "餐价太高，老人吃不起。", "太高"),
        (QUESTION, "请问第十二条的补贴何时发放？", "请问"),
        (QUESTION, "想了解補貼如何申請", "想了解"),
        (SUPPORT, "总体赞成这个办法。", "赞成"),
        (SUPPORT, "完全同意，没有意见", "同意"),
        (SUPPORT, "強烈支持！", "支持"),
        (OFF_TOPIC, "测试", "测试"),
        (OFF_TOPIC, "你好", "你好"),
        (OFF_TOPIC, "低息贷款，加微信 abc", "低息贷款"),
        (COMPLAINT, "我要举报某路违章建筑，请查处。", "举报"),
        (COMPLAINT, "開發商拖欠工資，請有關部門處理。", "拖欠"),
        (COMPLAINT, "开发商将绿地改为停车场，请查处。", "查处"),
    ],
)
def test_a_kind_is_read_with_the_words_that_speak_for_it(kind: OpinionKind, text: str, words: str) -> None:
    reading = read(text)
    assert (reading.kind, words in reading.words if words else reading.words == ()) == (kind, True)


def test_the_subject_of_the_submission_counts() -> None:
    assert read("小区门口的路灯。").kind is CHANGE
    assert read("小区门口的路灯。", "投诉路灯不亮") == Reading(COMPLAINT, ("投诉",))
    assert read("建议将“三十日”改为“十五日”。", "咨询").kind is CHANGE


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("“第八条中的‘三十日’建议改为‘十五日’”", "三十日", "十五日"),
        ("建议将第五条“应当于七日内”修改为“应当于五日内”。", "应当于七日内", "应当于五日内"),
        ("第六條第二款「三十日」改為「十五日」。", "三十日", "十五日"),
        ("建议把七十周岁改为六十五周岁。", "七十周岁", "六十五周岁"),
        ("建议第六条将年龄由七十周岁降低至六十五周岁。", "七十周岁", "六十五周岁"),
        ("第八条：建议删去“年满七十周岁的”。", "年满七十周岁的", None),
        ("删除第五条", "第五条", None),
        ("建议在第三条增加一款：“老年食堂应当每日公示菜价。”", None, "老年食堂应当每日公示菜价。"),
        ("建议补充以下内容：对困难家庭减半收取。", None, "对困难家庭减半收取"),
    ],
)
def test_old_and_new_wording_are_spans_of_the_text(text: str, old: str | None, new: str | None) -> None:
    def words(span: Span | None) -> str | None:
        return text[slice(*span)] if span is not None else None

    reading = read(text)
    assert reading.kind is CHANGE
    assert [(words(each.old), words(each.new)) for each in reading.wordings] == [(old, new)]


@given(st.text(alphabet="建议将把由“”‘’「」改为成删去增加第八条三十日，。；：\n请问投诉支持A１ ", max_size=200))
def test_every_span_lies_in_the_text_and_reading_twice_is_the_same(text: str) -> None:
    reading = read(text)
    assert reading == read(text)
    for wording in reading.wordings:
        for start, end in filter(None, (wording.old, wording.new)):
            assert 0 <= start < end <= len(text)
