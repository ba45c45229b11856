"""Names of organisations: which two may be one, which are two; what may be one has a key in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.organisation_names import is_lawyers_association, keys, parse, why_alike

SAME = [
    ("长春重复建设有限公司", "长春重复建设有限责任公司"),
    ("长春重复建设有限公司", "长春市重复建设有限公司"),
    ("长春重复建设有限公司", "吉林省长春市重复建设有限公司"),
    ("长春重复建设有限公司", "长春重复建设股份有限公司"),
    ("长春重复建设有限公司", "长春重复建设（集团）有限公司"),
    ("长春重复建设有限公司", "长春重复建设集团"),
    ("长春重复建设有限公司", "重复建设有限公司"),
    ("长春重复建设有限公司", "重复建设（长春）有限公司"),
    ("长春重复建设有限公司", "长春重复建设有限公司分公司"),
    ("长春重复建设有限公司", "长春重复建设有限公司净月分公司"),
    ("长春重复建设有限公司", "长春市重复建设分公司"),
    ("长春重复建设有限公司", "长春重复建设工程有限公司"),
    ("长春重复建设有限公司", "长春市朝阳区重复建设有限公司"),
    ("长春重复建设有限公司", "長春重複建設有限公司"),
    ("长春重复建设有限公司", "长春重复建设 有限公司"),
    ("长春重复建设有限公司", "长春重覆建设有限公司"),
    ("长春宏图伟业餐饮有限公司", "长春鸿图伟业餐饮有限公司"),
    ("长春宏图伟业餐饮有限公司", "长春宏图业伟餐饮有限公司"),
    ("长春宏图伟业餐饮有限公司", "长春宏图伟餐饮有限公司"),
    ("和顺餐饮管理有限公司", "和顺餐饮管理有限责任公司"),
    ("长春市餐饮行业协会", "长春餐饮协会"),
    ("长春市餐饮协会", "吉林省长春市餐饮协会"),
    ("长春市餐饮行业协会", "市餐饮行业协会"),
    ("ＡＢＣ（中国）有限公司", "ABC（中国）有限责任公司"),
]
NOT_THE_SAME = [
    ("长春第一建设有限公司", "长春第二建设有限公司"),
    ("长春第一建设有限公司", "长春第十一建设有限公司"),
    ("长春建设工程有限公司", "长春第一建设工程有限公司"),
    ("长春东方餐饮有限公司", "长春南方餐饮有限公司"),
    ("长春万达商贸有限公司", "长春万达物业有限公司"),
    ("长春万通建设有限公司", "长春万达建设有限公司"),
    ("长春重复建设有限公司", "吉林市重复建设有限公司"),
    ("吉林省重复建设有限公司", "吉林市重复建设有限公司"),
    ("重复建设（长春）有限公司", "重复建设（沈阳）有限公司"),
    ("长春重复建设有限公司净月分公司", "长春重复建设有限公司双阳分公司"),
    ("吉林省餐饮协会", "长春市餐饮协会"),
    ("吉林省餐饮协会", "辽宁省餐饮协会"),
    ("长春市餐饮协会", "长春市朝阳区餐饮协会"),
    ("长春市餐饮协会", "长春市餐饮商会"),
    ("长春市餐饮协会", "长春市餐饮有限公司"),
    ("省餐饮协会", "市餐饮协会"),
    ("中国餐饮协会", "吉林省餐饮协会"),
    ("甲餐饮有限公司", "乙餐饮有限公司"),
    ("餐饮企业12", "餐饮企业121"),
    ("小型餐饮公司", "中型餐饮公司"),
    ("长春建设有限公司", "长春餐饮有限公司"),
]


@pytest.mark.parametrize(("name", "other"), SAME)
def test_what_may_be_one_organisation_is_alike_and_has_a_key_in_common(name: str, other: str) -> None:
    assert why_alike(name, other), (parse(name), parse(other))
    assert why_alike(other, name)
    assert keys(name) & keys(other)


@pytest.mark.parametrize(("name", "other"), NOT_THE_SAME)
def test_two_organisations_are_not_alike(name: str, other: str) -> None:
    assert why_alike(name, other) == why_alike(other, name) == "", (parse(name), parse(other))


_NAMES = st.lists(
    st.sampled_from([*"重复宏图伟业第一二市省区县分（）()协会 A1", "长春", "吉林", "有限公司", "餐饮"]), max_size=14
)


@given(_NAMES.map("".join), _NAMES.map("".join))
def test_whatever_is_alike_is_alike_both_ways_and_is_found_by_a_key(name: str, other: str) -> None:
    assert bool(why_alike(name, other)) == bool(why_alike(other, name))
    if why_alike(name, other):
        assert keys(name) & keys(other)


@pytest.mark.parametrize(("name", "is_one"), [("长春市律师协会", True), ("律师事务所", False), ("餐饮协会", False)])
def test_an_association_of_lawyers_is_known_by_its_name(name: str, is_one: bool) -> None:
    assert is_lawyers_association(name) is is_one
