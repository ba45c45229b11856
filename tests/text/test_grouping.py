"""Opinions that say the same in nearly the same words are grouped; those that say the opposite are not."""

import csv
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.agreement import Reading, agree
from consult.text.fingerprint import normalise
from consult.text.grouping import group, title
from consult.text.sketching import contents


def say_the_same(text, other, threshold):
    readings = [Reading(each, content) for each, content in zip((text, other), contents([text, other]), strict=True)]
    return readings[0].content == readings[1].content or agree(*readings, threshold) is not None


ELEVATOR = "建议在老旧小区加装电梯时，把一楼住户的补偿标准写进办法，免得每栋楼都要重新扯皮。"
ELEVATOR_AGAIN = "尊敬的领导：建议老旧小区加装电梯的时候，把一楼住户的补偿标准写进办法里，免得每栋楼都要重新扯皮！"
PARKING = "停车费应当按小时计算，不足半小时的不收费，超过一天的封顶。"


def test_the_same_opinion_in_nearly_the_same_words_is_one_group():
    assert group([ELEVATOR, PARKING, ELEVATOR_AGAIN], 0.75) == [[0, 2], [1]]


def test_spacing_width_and_closing_marks_make_no_difference():
    texts = ["第１２条 建议删去", "第12条建议删去。", " 第12条\n建议删去！！"]
    assert group(texts, 1.0) == [[0, 1, 2]]


AGE = "建议把老年人优惠的年龄从七十周岁降到六十五周岁，惠及更多人。"
STORY = "小区建成二十年，楼里住的多是老人，上下楼要歇好几回，买菜看病都靠邻居帮忙。"

OPPOSITES = [
    ("公示期为三十日", "公示期为九十日"),
    ("每户补五十元", "每户补五百元"),
    ("对初犯的处理应当从宽", "对初犯的处理应当从严"),
    ("由业主大会决定", "由物业公司决定"),
    ("允许在阳台养鸽子", "禁止在阳台养鸽子"),
    ("车位收费为1.5元", "车位收费为15元"),
    ("A2区的公交站", "A3区的公交站"),
    ("同意第三条的规定", "不同意第三条的规定"),
    ("建议删除第十二条", "建议保留第十二条"),
    ("建议删去第十二条第二款", "建议删去第十三条第二款"),
    ("公示期建议改为5日", "公示期建议改为7日"),
    ("补贴标准应当提高到每月三百元", "补贴标准应当降低到每月三百元"),
    ("我支持这个办法，写得很好很全面", "我反对这个办法，写得很好很全面"),
]


@pytest.mark.parametrize(("text", "other"), OPPOSITES)
@pytest.mark.parametrize("times", [0, 1, 3, 12])
def test_texts_that_turn_on_one_word_stay_apart_at_any_length(text, other, times):
    before, after = STORY * (times // 2), STORY * (times - times // 2)
    assert group([f"{before}{text}。{after}", f"{before}{other}。{after}"], 0.6) == [[0], [1]]


@pytest.mark.parametrize(("text", "other"), OPPOSITES)
def test_opposites_do_not_meet_in_a_text_that_takes_no_side(text, other):
    neutral = f"{STORY}请写清楚。"
    texts = [f"{STORY}{text}。请写清楚。", neutral, f"{STORY}{other}。请写清楚。"]
    for order in itertools.permutations(range(3)):
        of = {
            order[at]: number for number, members in enumerate(group([texts[n] for n in order], 0.75)) for at in members
        }
        assert of[0] != of[2]


FRAMED = "小组讨论后一致的看法是{}，请照此修改。"
OTHER_WORDS = """
    从重/从轻 免费/收费 南侧/北侧 双向/单向 学生/学员 撤销/注销 物业/企业 有必要/没必要 原告/被告 允许/默许 平房/楼房
    住宅/住院 完全同意/坚决反对 成年人/未成年人 六十岁/七十岁 批准/驳回 全部/部分 夏季/冬季 教育局/卫生局
"""


@pytest.mark.parametrize("pair", OTHER_WORDS.split())
@pytest.mark.parametrize("third", ["市级", "从重", "从轻", "南侧", "免费"])
def test_two_who_say_something_else_do_not_meet_in_a_third(pair, third):
    words = pair.split("/")
    texts = [f"{STORY[:19]}。{FRAMED.format(word)}买菜看病都靠邻居帮忙，盼了许多年。" for word in words]
    groups = group([*texts, FRAMED.format(third)], 0.75)
    assert not any({0, 1} <= set(members) for members in groups)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("同意这个办法，请尽快出台。", "我们小区的居民经过讨论都不同意这个办法，请尽快出台。"),
        ("每户补贴20元，请写进办法里。", "我们村开会商量以后的意见是每户补贴每年120元，请写进办法里。"),
        ("建议东侧设出入口，方便群众进出。", "前面那一段我们看过，没有别的话要说，建议西侧设出入口，方便群众进出。"),
        ("能作商用不，赞同的说法已经讲过，请记下。", "能作商用不，不赞同的说法已经讲过，请记下。"),
    ],
)
def test_what_an_added_part_ends_with_is_read_together_with_what_follows(text, other):
    assert group([text, other], 0.75) == [[0], [1]]
    assert group([other, text], 0.75) == [[0], [1]]


ABOUT = ("孩子明年上小学，所以格外留意这个消息。", "退伍老兵一个，说话直，请别介意。", "期盼早日看到结果。")
LIST = "1、公交车不按点发车。2、驾驶员态度不好，问路也不答。3、站台没有遮雨的棚子，老人等车很辛苦。"


def test_what_each_tells_of_himself_keeps_nobody_apart():
    plain = "请问新修的滨江步道什么时候开放？附近的居民等了两年，围挡一直没有拆。"
    letters = [f"{about}{plain}" for about in ABOUT] + [f"{plain}{about}" for about in ABOUT]
    letters += [f"{first}\n{plain}\n{last}" for first, last in itertools.permutations(ABOUT, 2)]
    assert group([*letters, plain], 0.75) == [list(range(len(letters) + 1))]


def test_a_list_in_another_order_is_the_same_with_its_numbers_or_without():
    points = ["公交车不按点发车。", "驾驶员态度不好，问路也不答。", "站台没有遮雨的棚子，老人等车很辛苦。"]
    texts = ["".join(f"{n}、{point}" for n, point in enumerate(order, 1)) for order in itertools.permutations(points)]
    texts += [LIST.replace("3、", "").replace("2、", "").replace("1、", "")]
    assert group(texts, 0.75) == [list(range(7))]


def test_numbers_that_are_no_list_still_count():
    texts = ["我住三号楼。2号楼的电梯坏了，一直没有人来修理，请派人看看。"]
    texts += [texts[0].replace("2号", "5号")]
    assert group(texts, 0.75) == [[0], [1]]


@pytest.mark.parametrize(
    "slip",
    [
        "门前地路口车辆很多，小区在建设时没有留人行道，行人出行不便，请派人看看。",
        "门前的路口车辆很多，小区再建设时没有留人行道，行人出行不便，请派人看看看。",
        "门前地聧口车辆很多，小区在建设时没有留人行道，行人出行不便，请派人看看。",
        "门前的路口车辆很多，小区在建设时没有留人行道道，行人出出不便，请派人看看。",
        "门前路口车辆很多，小区在建设时没有留人行道，行人人出行不便，请派人看看。",
        "门前的路口车辆很多，小区在建社时没有留人行道，行人岀行不便，请派入看看。",
    ],
)
def test_slips_beside_each_other_are_slips(slip):
    assert group(["门前的路口车辆很多，小区在建设时没有留人行道，行人出行不便，请派人看看。", slip], 0.75) == [[0, 1]]


@pytest.mark.parametrize(
    "slip",
    [
        "门前的路口车辆很多，小区在建设时没有留人行到，行人出行不便，请派人看看。",
        "门前的路口车辆很多，小区在建设时没有留人形道，行人出行不便，请派人看看。",
        "门前的路口车辆很多，小区在建设时没有留人行道，行人出行不便，请拍人看看。",
    ],
)
def test_a_letter_that_sounds_alike_is_a_slip(slip):
    assert group(["门前的路口车辆很多，小区在建设时没有留人行道，行人出行不便，请派人看看。", slip], 0.75) == [[0, 1]]


@pytest.mark.parametrize("pair", ["权利/权力", "法制/法治", "制定/指定"])
def test_terms_that_sound_alike_are_not_the_same(pair):
    word, other = pair.split("/")
    assert group([f"本条请改为{word}，现在的写法不妥。", f"本条请改为{other}，现在的写法不妥。"], 0.75) == [[0], [1]]


FRAMES = [
    ("胡书记：\n　　", "\n　　　　　　王建国\n　　2026年11月3日\n电话：13907310021"),
    ("致有关单位：", "特此反映，望回复。\n联系人：李女士，手机 138 0731 5566"),
    ("市政府办公室：\n您好！", "以上意见，请采纳。\n一位普通市民\n二〇二六年十一月三日"),
    ("【转】", "妥否，请酌。\n（居民 陈某某，联系电话0731-84512233）"),
    ("各位领导：\n　　你们好！", "此致\n敬礼！\n市民：周先生 2026.11.9"),
    ("", "\n签名：刘晓梅\n日期：2026-11-08"),
]


def test_the_frame_of_a_letter_keeps_nobody_apart():
    assert group([AGE, *(f"{head}{AGE}{tail}" for head, tail in FRAMES)], 0.75) == [list(range(len(FRAMES) + 1))]


@pytest.mark.parametrize(("text", "other"), [("实施时间改为：\n3月1日", "实施时间改为：\n5月1日")])
def test_a_date_that_is_the_opinion_is_no_signature(text, other):
    assert group([STORY + text, STORY + other], 0.75) == [[0], [1]]


def test_two_who_each_tell_more_of_themselves_meet():
    lives = ("我在这条街上开了六年小吃店，天天看着。", "我去年刚从部队转业回来，对家乡的事很上心。")
    lives += ("昨天晚上和几个邻居聊天，大家说的都差不多。", "我爱人也让我一定要写一写。")
    letters = [f"{first}{second}{AGE}" for first, second in itertools.permutations(lives, 2)]
    assert group([AGE, *letters], 0.75) == [list(range(len(letters) + 1))]


def test_words_of_taiwan_are_those_of_the_mainland():
    plain = f"{STORY}建议项目的信息在网络上公开，用短信通知业主，视频由专人检查。"
    taiwan = f"{STORY}建議專案的資訊在網路上公開，用簡訊通知業主，影片由專人檢查。"
    assert group([plain, taiwan], 0.75) == [[0, 1]]


@pytest.mark.parametrize("words", ["五十元/五百元", "保留/拆除", "公开/保密", "同意/不同意", "免费/收费"])
@pytest.mark.parametrize("third", ["上午", "公开", "从严", "乙方", "h。同意"])
def test_what_stands_instead_of_a_leaders_words_is_compared_among_members(words, third):
    more = "您好！我在网上看到公示，带在身上的材料都交了，现在请问还要什么手续？谢谢！"
    texts = [f"{more}{word}这一点，大家讨论过多次，请写明白。" for word in words.split("/")]
    groups = group([*texts, f"{third}这一点，大家讨论过多次，请写明白。三一"], 0.75)
    assert not any({0, 1} <= set(members) for members in groups)


def test_a_short_clause_is_not_looked_for_in_the_middle_of_another():
    texts = [f"1、县政府发了文。商量的结果是：{who}，特此说明。2、请通知开发商通电通水。" for who in ("业主", "开发商")]
    assert group(texts, 0.75) == [[0], [1]]


def test_a_line_end_of_a_spreadsheet_says_nothing_however_it_was_retyped():
    text = "小区只有一路公交车经过。{}站台没有遮雨的棚子，老人等车很辛苦，请增设。"
    texts = [text.format(end) for end in ("\n", "_x000D_\n", "x000D", "＿ｘ０００Ｄ＿", "_。x000D\n_")]
    assert group(texts, 0.75) == [[0, 1, 2, 3, 4]]


def test_of_copies_the_one_with_marks_is_taken_apart():
    parts = ["尊敬的领导，您好。", "河堤上的路灯坏了一半。", "晚上散步的老人看不清台阶。", "谢谢您在百忙之中看到这里。"]
    whole = "".join(parts)
    moved = "".join([parts[2], parts[0], parts[3], parts[1]])
    unmarked = whole.replace("，", "").replace("。", "")
    assert group([unmarked, unmarked, moved, whole], 0.75) == [[0, 1, 2, 3]]


def test_complaints_about_five_streets_are_five_groups():
    streets = ("解放路", "人民路", "河坊街", "中山街", "延安路")
    texts = [f"{street}的路灯坏了三个月，一直没有人来修，晚上走路很不安全。" for street in streets for _ in range(3)]
    assert [len(members) for members in group(texts, 0.75)] == [3] * 5


@pytest.mark.parametrize(
    "other",
    [
        "建議把老年人優惠的年齡從七十周歲降到六十五周歲，惠及更多人。",
        "建议把老年人优惠的年龄从70周岁降到65周岁，惠及更多人",
        "建议把老年人优惠的年令从七十周岁降到六十五周岁,惠及更多人!!",
        "建议把老年人优的惠年龄从七十周岁降到六十五周岁 惠及更多人",
        "惠及更多人，建议把老年人优惠的年龄从七十周岁降到六十五周岁。",
        "我是住在城东的一名退休教师，今年六十八岁。建议把老年人优惠的年龄从七十周岁降到六十五周岁，惠及更多人。谢谢！",
        "建议把老年人优惠的年龄从七十周岁降到六十五周岁，惠及更多人。小区里的老邻居们天天都在说这件事呢。",
    ],
)
def test_the_same_with_slips_in_other_marks_script_or_order_or_with_a_word_about_oneself_is_one_group(other):
    assert group([AGE, other], 0.75) == [[0, 1]]


@pytest.mark.parametrize(
    "turn", ["但不同意由财政出钱。", "除非财政有困难。", "不过我反对马上就办。", "前提是先开听证会。"]
)
def test_a_sentence_that_turns_or_limits_the_demand_keeps_apart(turn):
    assert group([AGE, AGE + turn], 0.75) == [[0], [1]]


def test_the_order_of_arrival_changes_no_group():
    texts = [
        AGE,
        AGE + "谢谢",
        AGE.replace("惠及", "惠急"),
        ELEVATOR,
        ELEVATOR_AGAIN,
        PARKING,
        "同意",
        "不同意",
        STORY + AGE,
    ]
    expected = {frozenset(texts[at] for at in members) for members in group(texts, 0.75)}
    for seed in range(20):
        shuffled = random.Random(seed).sample(texts, len(texts))
        assert {frozenset(shuffled[at] for at in members) for members in group(shuffled, 0.75)} == expected


def test_no_chain_of_small_steps_joins_different_texts():
    words = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
    steps = ["".join(chr(0x4E00 + 50 * n + k) if k < n else words[k] for k in range(20)) for n in range(20)]
    assert all(abs(members[0] - members[-1]) < 10 for members in group(steps, 0.8))


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
def test_every_text_is_in_just_one_group_that_says_the_same(texts, threshold):
    groups = group(texts, threshold)
    assert sorted(index for members in groups for index in members) == list(range(len(texts)))
    assert groups == group(texts, threshold)
    for members in groups:
        assert any(all(say_the_same(texts[a], texts[b], threshold) for b in members) for a in members)


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
    assert not line.startswith(("尊敬", "您好", "1"))


@pytest.mark.parametrize(
    "sentence",
    [
        "物业单位应当公开收费标准",
        "有关部门要管一管乱停车的事情",
        "领导干部的财产应当公示",
        "二手房的税费应当按套内面积计算",
    ],
)
def test_a_title_is_a_whole_sentence_and_keeps_its_head(sentence):
    assert title([f"您好！{sentence}。谢谢！", f"{sentence}！", f"1、{sentence}，我是本地居民。"]) == sentence


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


@pytest.mark.corpus
def test_real_messages_with_a_few_words_changed_find_their_originals(corpus):
    with (corpus / "citizen-messages.csv").open(encoding="utf-8-sig", newline="") as file:
        bodies = [body for row in csv.DictReader(file) if len(body := row["body"]) > 150][:500]
    changed = [f"您好，{body[:60]}确实{body[60:]}，望尽快答复" for body in bodies]
    groups = group([*bodies, *changed], 0.75)
    of = {index: number for number, members in enumerate(groups) for index in members}
    joined = sum(of[index] == of[index + len(bodies)] for index in range(len(bodies)))
    assert joined >= 0.98 * len(bodies)
