"""One more text finds its group in one look-up."""

from consult.text.group_index import Index
from consult.text.grouping import group

BUS = "请把十五路公交车的末班时间延到晚上十点，下晚班的人回不了家。"
LAMP = "巷子口的路灯坏了三个月，老人晚上出门看不见台阶，请尽快修好。"


def test_a_newcomer_joins_the_group_that_says_the_same():
    index = Index([LAMP, BUS], 0.75)
    assert index.add("请把十五路公交车的末班时间延到晚上十点，下晚班的人回不了家！谢谢！") == 1
    assert index.add("請把十五路公交車的末班時間延到晚上十點，下晚班的人回不了家。") == 1
    assert index.add(LAMP.replace("台阶", "台介")) == 0


def test_a_newcomer_that_says_something_else_founds_a_group_that_the_next_may_join():
    index = Index([LAMP, BUS], 0.75)
    other = BUS.replace("十五路", "十六路")
    assert index.add(other) == 2
    assert index.add("我是城东的居民。" + other) == 2
    assert index.add(BUS) == 1


def test_opposites_do_not_meet_through_a_newcomer_that_takes_no_side():
    index = Index([f"{LAMP}同意收费。", LAMP], 0.75)
    assert index.add(f"{LAMP}不同意收费。") not in {index.add(f"{LAMP}同意收费。")}


def test_empty_and_very_short_texts_are_taken_in():
    index = Index(["", "同意"], 0.75)
    assert [index.add(text) for text in ("", "同意", "！！", "!!", "不同意")] == [2, 1, 4, 4, 6]


def test_newcomers_one_by_one_make_the_groups_that_one_run_makes():
    texts = [LAMP, BUS, LAMP + "谢谢。", BUS.replace("末班", "末搬"), "您好！" + LAMP, BUS]
    index = Index([], 0.75)
    leaders = [index.add(text) for text in texts]
    grouped = [[at for at, leader in enumerate(leaders) if leader == first] for first in dict.fromkeys(leaders)]
    assert grouped == group(texts, 0.75)
