"""What a reason must say: refused on every way in when it says nothing; earlier ones are listed, never offered."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.adoption import service, spreadsheet, worklist
from consult.adoption.errors import DecisionRefused
from consult.adoption.models import Decision, Opinion, Outcome
from consult.files import tables
from consult.law import loading
from consult.law.rules import RulesError
from consult.store import db
from tests.adoption.test_service import a_group, one_opinion
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

NOTHING = [
    "无",
    "。",
    "……………………",
    "不予采纳",
    "不采纳。",
    "未采纳，不予采纳！",
    "经研究，该意见不予采纳。",
    "感谢您的意见和建议",
    "解释说明",
    "不属于本次征求意见范围",
    "无无无无无无无无",
    "同上同上同上",
    "五个字的话",
    "1234。5",
    "不　予　采　纳",
]
SOMETHING = [
    "上位法已有规定。",
    "第三条已写明分档办法。",
    "受财政承受能力所限。",
    "不属于本办法调整的事项。",
    "经研究，该意见与《条例》第五条不一致。",
]


@pytest.mark.parametrize("reason", NOTHING)
@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.ADOPTED])
def test_a_reason_that_says_nothing_is_refused(app: Flask, outcome: Outcome, reason: str) -> None:
    with pytest.raises(DecisionRefused, match="没有说明为什么"):
        service.decide(actor(Role.DRAFTER), one_opinion(), outcome, reason, at=AFTER)
    assert db.session.scalar(db.select(db.func.count()).select_from(Decision)) == 0


@pytest.mark.parametrize("reason", SOMETHING)
def test_a_reason_that_says_why_is_taken(app: Flask, reason: str) -> None:
    assert service.decide(actor(Role.DRAFTER), one_opinion(), Outcome.NOT_ADOPTED, reason, at=AFTER).reason == reason


def test_a_group_several_at_once_and_a_sheet_ask_the_same(app: Flask, tmp_path: Path) -> None:
    drafter, consultation = actor(Role.DRAFTER), open_consultation()
    group = a_group(consultation)
    with pytest.raises(DecisionRefused, match="没有说明为什么"):
        service.decide(drafter, group, Outcome.NOT_ADOPTED, "不予采纳", at=AFTER)
    with pytest.raises(DecisionRefused, match="没有说明为什么"):
        service.decide_many(drafter, opinions_of(consultation), Outcome.EXPLAINED, "解释说明", at=AFTER)
    first, second, _third = opinions_of(consultation)
    path = tmp_path / "sheet.csv"
    rows = f"编号,采纳情况,理由\n{first.id},未采纳,不予采纳\n{second.id},未采纳,现行法规已有规定\n"
    path.write_text(rows, encoding="utf-8")
    result = spreadsheet.import_decisions(drafter, consultation, tables.read(path.name, path), at=AFTER)
    assert (result.taken, [(row.row, "没有说明为什么" in row.reason) for row in result.refused]) == (1, [(2, True)])


def test_an_adoption_needs_no_reason(app: Flask) -> None:
    assert service.decide(actor(Role.DRAFTER), one_opinion(), Outcome.ADOPTED, "", at=AFTER).reason == ""


def test_reasons_from_before_the_rule_stay_are_counted_and_never_offered(app: Flask) -> None:
    drafter, consultation = actor(Role.DRAFTER), open_consultation()
    group = a_group(consultation)
    accepted(consultation, "总体赞成。")
    whole = next(opinion for opinion in opinions_of(consultation) if not opinion.anchor)
    decided = service.decide(drafter, group, Outcome.NOT_ADOPTED, "现行法规已有规定。", at=AFTER)
    service.decide(drafter, whole, Outcome.ADOPTED, "", at=AFTER)
    assert worklist.count_vague(consultation.id) == 0
    decided.reason = "无"  # as an earlier release took it
    db.session.flush()
    assert (worklist.vague_reasons(consultation.id), worklist.count_vague(consultation.id)) == (["无"], 3)
    assert [row.reason for row in worklist.recent_reasons(drafter.id)] == []


def test_the_same_decision_from_before_the_rule_may_be_reviewed(app: Flask) -> None:
    opinion, drafter = one_opinion(), actor(Role.DRAFTER)
    decided = service.decide(drafter, opinion, Outcome.NOT_ADOPTED, "现行法规已有规定。", at=AFTER)
    decided.reason = "无"
    db.session.flush()
    service.review(actor(Role.LEGAL), decided, at=AFTER)
    assert isinstance(decided.opinion, Opinion)


def test_the_department_sets_the_number_of_characters(tmp_path: Path) -> None:
    department = tmp_path / "rules.toml"
    department.write_text('[[reason]]\nid = "decision"\ncharacters = 12\n', encoding="utf-8")
    rule = loading.load(department).reason
    assert [rule.says_something(words) for words in ("上位法已有规定。", "《条例》第五条第二款已经作出规定。")] == [
        False,
        True,
    ]
    department.write_text('[[reason]]\nid = "decision"\ncharacters = 0\n', encoding="utf-8")
    with pytest.raises(RulesError, match="至少为1"):
        loading.load(department)
