"""From when opinions are concentrated: numbers of the department, right as opinions come and go."""

import pytest
from flask import Flask
from sqlalchemy import delete, update

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.adoption import concentration, groups, opinions, verification
from consult.adoption.concentration_standards import set_standard
from consult.adoption.errors import StandardRefused
from consult.adoption.models import ConcentrationStandard
from consult.app_context import rules
from consult.moderation import service as moderation
from consult.reporting.snapshot import Printed
from consult.store import db
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

WHY = "本部门工作规则第八条的规定。"


def same(consultation, n: int, anchor: str = "art-3"):
    """Return a group of n senders who say the same, as grouping makes it."""
    came = [
        accepted(consultation, (anchor, "菜品的价格应当每天在门口公示。"), contact=f"1380000{k:04d}") for k in range(n)
    ]
    groups.group(SYSTEM, consultation, at=AFTER)
    return came, opinions_of(came[0])[0].group


def is_concentrated(group) -> bool:
    db.session.refresh(group)
    return group.concentrated


def test_a_share_of_those_on_the_provision_is_enough_and_stays_right_as_opinions_come_and_go(app: Flask) -> None:
    consultation, legal = open_consultation(), actor(Role.LEGAL)
    came, group = same(consultation, 4)
    assert not is_concentrated(group)
    set_standard(legal, consultation, senders=10, share=50, share_senders=3, reason=WHY, at=AFTER)
    assert is_concentrated(group), "all four of four"
    others = [accepted(consultation, ("art-3", f"另一种意见，第{k}种，与价格没有关系。")) for k in range(4)]
    assert is_concentrated(group), "four of eight"
    last = accepted(consultation, ("art-3", "营业时间应当延长到晚上。"))
    assert not is_concentrated(group), "four of nine, though nobody touched the group"
    moderation.undo(SYSTEM, last, at=AFTER)
    assert is_concentrated(group), "a submission that went counts no more"
    elsewhere = accepted(consultation, "总的来说应当支持。")
    opinions.set_provision(SYSTEM, opinions_of(elsewhere)[0], "art-3", at=AFTER)
    assert not is_concentrated(group), "an opinion was moved to the provision"
    opinions.set_provision(SYSTEM, opinions_of(elsewhere)[0], "art-2", at=AFTER)
    assert is_concentrated(group)
    for each in [*came[:2], *others]:
        moderation.undo(SYSTEM, each, at=AFTER)
    assert not is_concentrated(group), "two of two are all, but fewer than three"


def test_the_departments_numbers_hold_where_a_consultation_has_none_of_its_own(app: Flask) -> None:
    publisher, legal = actor(Role.PUBLISHER), actor(Role.LEGAL)
    first, other = open_consultation("one"), open_consultation("other")
    (_, here), (_, there) = same(first, 3), same(other, 3)
    set_standard(legal, first, senders=5, reason=WHY, at=AFTER)
    set_standard(publisher, None, senders=3, reason=WHY, at=AFTER)
    assert (is_concentrated(here), is_concentrated(there)) == (False, True)
    assert concentration.in_force(first.id).senders == 5
    set_standard(legal, first, senders=None, reason="与其他文件的标准一致。", at=AFTER)
    assert (is_concentrated(here), concentration.own_standard(first.id)) == (True, None)
    assert concentration.in_force(other.id).words == "3 人以上"
    assert rules().concentration.senders == 10, "the rule file is as it was"
    assert list(verification.missing_opinions()) == []


def test_a_report_compiled_before_the_numbers_changed_isnt_what_would_be_compiled_now(app: Flask) -> None:
    consultation = open_consultation()
    before = Printed.now(consultation).head()
    set_standard(actor(Role.ADMIN), None, senders=11, reason=WHY, at=AFTER)
    changed = Printed.now(consultation).head()
    assert before != changed
    assert changed["concentration"] == {"senders": 11, "share": 0, "share_senders": 5}
    set_standard(actor(Role.ADMIN), None, senders=11, share=30, reason=WHY, at=AFTER)
    assert Printed.now(consultation).head() != changed


def test_who_decides_on_opinions_cant_raise_the_numbers_and_nonsense_is_refused(app: Flask) -> None:
    consultation, legal = open_consultation(), actor(Role.LEGAL)
    for role in (Role.DRAFTER, Role.MODERATOR, Role.AUDITOR):
        with pytest.raises(NotAllowed):
            set_standard(actor(role), consultation, senders=99, reason=WHY, at=AFTER)
    for wrong in (
        {"senders": 1}, {"senders": 0}, {"senders": 10**6}, {"senders": -3}, {"senders": 10, "share": 101},
        {"senders": 10, "share": -1}, {"senders": 10, "share": 20, "share_senders": 1},
        {"senders": 4, "share": 20, "share_senders": 5},
        {"senders": 10, "reason": "无"}, {"senders": 10, "reason": "。。。。。。"},
        {"senders": 10, "reason": "因为" * 200},
    ):  # fmt: skip
        with pytest.raises(StandardRefused):
            set_standard(legal, consultation, **{"reason": WHY, "at": AFTER, **wrong})
    with pytest.raises(StandardRefused):
        set_standard(legal, None, senders=None, reason=WHY, at=AFTER)
    assert concentration.newest(consultation.id) is None


def test_a_standard_that_was_changed_put_in_or_removed_behind_the_record_is_named(app: Flask) -> None:
    consultation, legal = open_consultation(), actor(Role.LEGAL)
    kept = set_standard(legal, consultation, senders=12, reason=WHY, at=AFTER)
    id_ = kept.id
    db.session.execute(update(ConcentrationStandard).where(ConcentrationStandard.id == id_).values(senders=90))
    db.session.commit()
    assert [fault.what.value for fault in verification.missing_opinions()] == ["changed"]
    db.session.execute(delete(ConcentrationStandard).where(ConcentrationStandard.id == id_))
    db.session.add(
        ConcentrationStandard(
            id=id_ + 9, senders=50, share=0, share_senders=5, reason=WHY, at=AFTER, consultation_id=None
        )
    )
    db.session.commit()
    assert sorted(fault.what.value for fault in verification.missing_opinions()) == ["inserted", "removed"]
