"""Names are masked the way published feedback tables mask them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.privacy.detection import find
from consult.text.privacy.names import Style, is_organisation, mask_name

PERSONS = [
    ("朱大海", "朱**", "朱*海"),
    ("张三", "张*", "张*"),
    ("张 三", "张*", "张*"),
    ("欧阳娜", "欧阳*", "欧阳*"),
    ("欧阳小明", "欧阳**", "欧阳*明"),
    ("欧阳", "欧*", "欧*"),
    ("张王小明", "张**", "张**明"),
    ("王", "王*", "王*"),
    ("张先生", "张**", "张**"),
    ("李小四女士", "李**", "李*四"),
    ("阿不都拉·买买提", "阿**", "阿**"),
    ("约翰·史密斯", "约**", "约**"),
    ("John Smith", "J**", "J**"),
    ("Ｊｏｈｎ", "J**", "J**"),
    ("lisi@example.com", "l**", "l**"),
    ("13812345678", "***", "***"),
    ("A00045581", "A**", "A**"),
    ("热心市民小王同学甲", "热**", "热**"),
    ("𠮷田太郎", "𠮷**", "𠮷**郎"),
    ("", "匿名", "匿名"),
    ("  ", "匿名", "匿名"),
    ("——", "匿名", "匿名"),
]


@pytest.mark.parametrize(("name", "surname", "ends"), PERSONS)
def test_a_persons_name_is_masked(name, surname, ends):
    assert mask_name(name) == surname
    assert mask_name(name, style=Style.ENDS) == ends


ORGANISATIONS = [
    ("甲市长江机械有限公司", "甲**有限公司"),
    ("甲省物业管理协会", "甲**协会"),
    ("乙市餐饮商会", "乙**商会"),
    ("某某律师事务所", "某**事务所"),
    ("甲市第一中学", "甲**中学"),
    ("Example Trading Co., Ltd.", "E**"),
    ("甲市长江机械有限公司（分公司）", "甲**"),
]


@pytest.mark.parametrize(("name", "masked"), ORGANISATIONS)
def test_an_organisation_is_kept_or_masked_as_asked(name, masked):
    assert mask_name(name) == name.replace("（", "(").replace("）", ")")
    hidden = mask_name(name, keep_organisations=False)
    assert hidden.startswith(masked[:3])
    assert name[1:5] not in hidden


def test_a_kept_organisation_shows_no_number_of_a_person():
    assert mask_name("张三13812345678商行") == "【姓名】【电话】商行"


@pytest.mark.parametrize("name", ["张三", "欧阳建国", "东方卫所", "小店", "王大队"])
def test_a_person_is_no_organisation(name):
    assert not is_organisation(name)


@given(st.text(min_size=1, max_size=12))
def test_of_a_persons_name_little_is_left(name):
    masked = mask_name(name, keep_organisations=False)
    assert masked == "匿名" or "*" in masked


@given(st.text("张王李赵欧阳小明建国伟芳", min_size=2, max_size=4))
def test_of_a_chinese_name_at_most_the_surname_is_left(name):
    assert len(mask_name(name).rstrip("*")) <= (2 if name.startswith("欧阳") else 1)


@pytest.mark.parametrize(
    "sentence",
    [
        "申请人：应当提交下列材料。",
        "法定代表人：应该承担相应责任。",
        "经办人：应于3日内办结。",
        "签字：须由双方当面完成。",
        "姓名：必填，不超过20字。",
        "联系人：另行通知。",
        "市民：反对。",
        "网友：赞成。",
        "群众：满意。",
        "当事人：自然人、法人。",
        "签字：盖章有效。",
        "署名：自愿。",
        "举报人：依法保护。",
        "家长张口就要求减负。",
        "村民王法不知法，建议普法。",
        "业主方便女士停车的提议很好。",
        "经办人陈同志、联系人王先生都不在。",
        "我父亲高龄，行动不便，建议加装电梯。",
        "儿子顾家、女儿常回家看看。",
        "代表任何一方投诉的，应当受理。",
        "此致\n敬礼\n请广而告之\n周知",
        "北纬28度、东经113度附近的保护区范围应当明确。",
        "五里牌街道12号网格长应当公示。",
        "东方新城国际广场10-20-300米范围内禁停。",
    ],
)
def test_ordinary_words_of_opinions_and_rules_are_nothing_private(sentence: str) -> None:
    assert find(sentence) == ()


@pytest.mark.parametrize(
    ("sentence", "private"),
    [
        ("申请人：应建明", "应建明"),
        ("经办人：须雪梅，已签收", "须雪梅"),
        ("My name is John Smith.", "John Smith"),
        ("村民王建法反映道路不平。", "王建法"),
        ("业主李大明拒绝签字。", "李大明"),
        ("网友：周知礼", "周知礼"),
        ("我父亲高龙患肺癌", "高龙"),
        ("北纬28.5度东经113.2度", "北纬28.5度东经113.2度"),
        ("北纬28度13分41秒，东经112度56分19秒", "北纬28度13分41秒,东经112度56分19秒"),
    ],
)
def test_what_is_near_to_them_is_found(sentence: str, private: str) -> None:
    assert [datum.text.replace("，", ",") for datum in find(sentence)] == [private]
