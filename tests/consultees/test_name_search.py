"""A part of a name finds everybody who has it, and nobody else."""

from __future__ import annotations

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.consultees import register
from consult.consultees.models import Consultee, ConsulteeKind, NameRun
from consult.consultees.name_search import index_names, runs_of
from consult.store import db
from consult.text.fingerprint import normalise
from tests.world import DURING, actor

NAMES = (
    "长春第一建设有限公司",
    "长春第十一建设有限公司",
    "和顺餐饮店",
    "ＡＢ科技（集团）有限公司",
    "顺和百货",
    "第1号%食堂_",
)


def names_found(words: str, **how: object) -> list[str]:
    return [consultee.name for consultee in register.find(words=words, **how)]  # type: ignore[arg-type]


def register_all(names: tuple[str, ...]) -> list[Consultee]:
    drafter = actor(Role.DRAFTER)
    entries = (register.Entry(name, ConsulteeKind.ENTERPRISE) for name in names)
    return [register.add(drafter, entry, at=DURING) for entry in entries]


def test_a_part_of_any_length_finds_whoever_has_it(app: Flask) -> None:
    register_all(NAMES)
    assert names_found("顺") == ["和顺餐饮店", "顺和百货"]
    assert names_found("和顺") == ["和顺餐饮店"]
    assert names_found("第一建设") == [NAMES[0]]
    assert names_found("一建设有限公司") == list(NAMES[:2])
    assert names_found("第一有限") == []
    assert names_found("ab科技(集团)") == [NAMES[3]]
    assert names_found("%") == ["第1号%食堂_"]
    assert names_found("建设 十一") == [NAMES[1]]
    assert names_found("不在名录里的单位") == []


def test_a_new_name_is_found_and_the_old_one_is_not(app: Flask) -> None:
    (firm, *_) = register_all(NAMES)
    register.change(SYSTEM, firm, register.Entry("长春新建工程公司", ConsulteeKind.ENTERPRISE), at=DURING)
    assert names_found("第一建设") == []
    assert names_found("新建工程") == ["长春新建工程公司"]


def test_the_retired_are_found_among_themselves(app: Flask) -> None:
    first, second, *_ = register_all(NAMES)
    register.retire(SYSTEM, second, "已注销。", at=DURING)
    assert names_found("建设") == [first.name]
    assert names_found("建设", retired=True) == [second.name]
    assert names_found("", retired=True) == [second.name]


def test_a_code_finds_its_holder(app: Flask) -> None:
    entry = register.Entry("国家电网", ConsulteeKind.ENTERPRISE, credit_code="91350100M000100Y43")
    register.add(actor(Role.DRAFTER), entry, at=DURING)
    assert names_found("91350100m000100y43") == ["国家电网"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text("甲乙ａ(1", min_size=1, max_size=8), min_size=1, max_size=5),
    part=st.text("甲乙A1(", min_size=1, max_size=5),
)
def test_what_is_found_has_each_run_of_the_part_and_nobody_with_the_part_is_missed(
    app: Flask, names: list[str], part: str
) -> None:
    consultees = [Consultee(name=name, name_key="", kind=ConsulteeKind.ENTERPRISE, created_at=DURING) for name in names]
    db.session.add_all(consultees)
    db.session.flush()
    index_names(consultees)
    sought = names_found(part)
    assert {name for name in names if normalise(part) in normalise(name)} <= set(sought)
    assert all(runs_of(part, [min(3, len(normalise(part)))]) <= runs_of(name) for name in sought)
    db.session.rollback()
    assert db.session.query(NameRun).count() == 0
