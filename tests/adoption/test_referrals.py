"""Opinions are passed on: to whom, when, under which number; answered, taken back, in the list and in the record."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, update

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption import assignments, referrals, spreadsheet, verification
from consult.adoption.errors import NotGiven, OpinionRefused, ReferralRefused
from consult.adoption.holdings import Work
from consult.adoption.models import Referral, ReferralState
from consult.drafting.models import Consultation
from consult.files import tables
from consult.moderation import service as moderation
from consult.store import db
from tests.builders import a_user
from tests.ledger.test_rows import behind_the_back
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of, submission

TODAY = date(2026, 11, 24)
MARKET = "市市场监督管理局"


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    consultation = open_consultation()
    accepted(consultation, ("art-3", "举报某食堂乱收费。"), name="王小明", contact="13800138000")
    accepted(consultation, ("art-3", "也请查处。"), "总体赞成。", keep_private=True)
    return consultation


def test_opinions_are_passed_on_answered_and_taken_back(consultation: Consultation, tmp_path: Path) -> None:
    drafter, (first, second, whole) = actor(Role.DRAFTER), opinions_of(consultation)
    made = referrals.refer(
        drafter, [first, second], f" {MARKET} ", number="〔2026〕12号", remark="请核实。", referred_on=TODAY, at=AFTER
    )
    (hidden,) = referrals.refer(drafter, [first], "市信访局", shown_to_sender=False, at=AFTER)
    assert [(each.organisation, each.referred_on, each.state) for each in made] == [
        (MARKET, TODAY, ReferralState.OPEN)
    ] * 2
    with pytest.raises(ReferralRefused, match="已经转市市场监督管理局"):
        referrals.refer(drafter, [whole, first], MARKET, at=AFTER)
    assert referrals.of_opinion(whole) == []
    referrals.note_answer(drafter, made[0], TODAY, at=AFTER)
    with pytest.raises(ReferralRefused, match="已经答复"):
        referrals.take_back(drafter, made[0], "转错单位。", at=AFTER)
    referrals.take_back(drafter, made[1], "转错单位。", at=AFTER)
    for act in (
        lambda: referrals.take_back(drafter, made[1], "再撤一次。", at=AFTER),
        lambda: referrals.note_answer(drafter, made[1], TODAY, at=AFTER),
    ):
        with pytest.raises(ReferralRefused, match="已经撤回"):
            act()
    states = [[each.id for each in referrals.listed(drafter, consultation, state)] for state in (None, *ReferralState)]
    assert states == [[hidden.id, made[1].id, made[0].id], [hidden.id], [made[0].id], [made[1].id]]
    again = referrals.refer(drafter, [second], MARKET, at=AFTER)
    assert referrals.offered_reason(made[0]) == f"所提问题不属于本次征求意见范围，已于2026年11月24日转{MARKET}办理。"
    assert [referrals.offered_reason(each) for each in (hidden, made[1], again[0])] == ["", "", ""]
    shown = referrals.shown_on_receipt(first.submission)
    assert {part: [each.id for each in those] for part, those in shown.items()} == {first.part_id: [made[0].id]}
    assert referrals.export(drafter, consultation, tmp_path / "a.csv") == 4
    rows = [row for _, row in tables.read("a.csv", tmp_path / "a.csv")]
    assert [(row["转往单位"], row["状态"]) for row in rows][1:3] == [("市信访局", "待答复"), (MARKET, "已撤回")]
    assert "王小明" not in str(rows)
    spreadsheet.export_decisions(drafter, consultation, tmp_path / "b.xlsx")
    cells = [row["转办"] for _, row in tables.read("b.xlsx", tmp_path / "b.xlsx")]
    assert f"2026-11-24 转{MARKET}（〔2026〕12号），已答复；2026-11-24 转市信访局，待答复" in cells


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"organisation": " "}, "转往的单位"),
        ({"organisation": "长" * 101}, "最多 100 字"),
        ({"organisation": "王小明"}, "个人信息"),
        ({"remark": "请回电 139 1234 5678。"}, "个人信息（电话"),
        ({"number": "13800138000"}, "个人信息"),
        ({"referred_on": TODAY + timedelta(days=1)}, "也不能晚于今天"),
        ({"referred_on": date(2026, 10, 19)}, "不能早于来件收到之日"),
    ],
)
def test_private_data_and_impossible_days_are_refused(
    consultation: Consultation, fields: dict[str, Any], why: str
) -> None:
    wanted: dict[str, Any] = {"organisation": MARKET, **fields}
    with pytest.raises(ReferralRefused, match=why):
        referrals.refer(actor(Role.DRAFTER), opinions_of(consultation)[:1], at=AFTER, **wanted)
    assert referrals.page(consultation.id) == []


def test_what_has_no_opinion_is_passed_on_as_a_part(consultation: Consultation) -> None:
    drafter, came = actor(Role.DRAFTER), submission(consultation, "举报某食堂。")
    moderation.reject(SYSTEM, came, reason_id="advertising", at=AFTER)
    (made,) = referrals.refer(drafter, came.parts, MARKET, at=AFTER)
    assert (made.opinion_id, made.content) == (None, "举报某食堂。")
    with pytest.raises(OpinionRefused, match="已形成意见"):
        referrals.refer(drafter, opinions_of(consultation)[0].submission.parts, MARKET, at=AFTER)


def test_who_may(consultation: Consultation) -> None:
    first, _, whole = opinions_of(consultation)
    helper = a_user(Role.DRAFTER, "helper", division="燃气处")
    for other in (actor(Role.MODERATOR), actor(Role.AUDITOR), Actor.of(helper)):
        with pytest.raises(NotAllowed):
            referrals.refer(other, [first], MARKET, at=AFTER)
    assignments.assign(actor(Role.DRAFTER), consultation, [Work(anchor="art-3")], helper, at=AFTER)
    assert referrals.refer(Actor.of(helper), [first], MARKET, at=AFTER)
    for subjects in ([whole], whole.submission.parts):
        with pytest.raises(NotGiven):
            referrals.refer(Actor.of(helper), subjects, MARKET, at=AFTER)


def test_what_is_forged_put_in_or_deleted_is_named(consultation: Consultation) -> None:
    (made,) = referrals.refer(actor(Role.DRAFTER), opinions_of(consultation)[:1], MARKET, at=AFTER)
    db.session.commit()
    row = {column.name: getattr(made, column.name) for column in Referral.__table__.columns}
    assert list(verification.missing_opinions()) == []
    for forgery, what in (
        (update(Referral).values(organisation="别的单位"), "changed"),
        (update(Referral).values(organisation=MARKET, answered_on=TODAY), "changed"),
        (delete(Referral), "removed"),
        (insert(Referral).values(row | {"id": 99}), "inserted"),
    ):
        behind_the_back(forgery)
        named = [(fault.where, fault.what.value) for fault in verification.missing_opinions()]
        assert ("referral", what) in named
