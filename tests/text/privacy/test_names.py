"""Names are masked the way published feedback tables mask them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
