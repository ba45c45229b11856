"""Undo: what the author decided last is taken back at one stroke; what was in force before is in force again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.adoption import service
from consult.adoption.errors import DecisionRefused
from consult.adoption.group_outcomes import group_outcomes
from consult.adoption.models import Decision, DecisionState, Outcome
from consult.adoption.undo import last_stroke, undo_many
from consult.adoption.verification import faults
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.ledger.faults import Damage
from consult.store import db
from tests.adoption.test_service import a_group, one_opinion
from tests.world import AFTER, actor, open_consultation, opinions_of

WHY = "现行法规已有规定。"
LATER = AFTER + timedelta(minutes=5)


def test_a_stroke_over_several_opinions_is_taken_back_as_one(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    a_group(consultation)
    first, second, third = opinions_of(consultation)
    before = service.decide(drafter, first, Outcome.ADOPTED, "", at=AFTER)
    service.review(actor(Role.LEGAL), before, at=AFTER)
    service.decide_many(drafter, [first, second, third], Outcome.NOT_ADOPTED, WHY, at=LATER)
    stroke = last_stroke(drafter.id, consultation.id)
    assert len(stroke) == 3
    assert undo_many(drafter, stroke, at=LATER + timedelta(minutes=1)) == 3
    assert [service.current(opinion) for opinion in (first, second, third)] == [before, None, None]
    assert (before.state, {decision.state for decision in stroke}) == (DecisionState.REVIEWED, {DecisionState.UNDONE})
    assert list(faults()) == []


def test_after_an_undo_the_subject_is_decided_as_before(app: Flask) -> None:
    opinion, drafter = one_opinion(), actor(Role.DRAFTER)
    first = service.decide(drafter, opinion, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    undo_many(drafter, [first], at=AFTER)
    second = service.decide(drafter, opinion, Outcome.ADOPTED, "", at=LATER)
    assert (service.current(opinion), second.replaces_id) == (second, None)
    assert list(faults()) == []


def test_a_group_s_decision_is_taken_back_for_all_members(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    group = a_group(consultation)
    service.decide(drafter, group, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    undo_many(drafter, last_stroke(drafter.id, consultation.id), at=LATER)
    assert group_outcomes([group.id])[group.id].open == 3


def test_only_the_last_stroke_is_offered(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    a_group(consultation, 4)
    first, *rest = opinions_of(consultation)
    service.decide(drafter, first, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    made = service.decide_many(drafter, rest, Outcome.ADOPTED, "", at=LATER)
    assert last_stroke(drafter.id, consultation.id) == made
    assert last_stroke(drafter.id, open_consultation("another").id) == []
    assert last_stroke(actor(Role.DRAFTER).id, consultation.id) == []


def test_only_the_author_undoes_and_only_what_nobody_reviewed(app: Flask) -> None:
    opinion, drafter = one_opinion(), actor(Role.DRAFTER)
    decision = service.decide(drafter, opinion, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    with pytest.raises(DecisionRefused, match="只能撤回本人"):
        undo_many(actor(Role.DRAFTER), [decision], at=LATER)
    service.review(actor(Role.LEGAL), decision, at=AFTER)
    with pytest.raises(DecisionRefused, match="已经复核"):
        undo_many(drafter, [decision], at=LATER)
    assert last_stroke(drafter.id, opinion.consultation_id) == []
    with pytest.raises(DecisionRefused, match="没有可以撤回"):
        undo_many(drafter, [], at=LATER)
    assert service.current(opinion) is decision


def test_when_decisions_are_closed_none_is_undone(app: Flask) -> None:
    opinion, drafter = one_opinion(), actor(Role.DRAFTER)
    decision = service.decide(drafter, opinion, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    consultation = db.session.get_one(Consultation, opinion.consultation_id)
    drafting.withdraw(actor(Role.PUBLISHER), consultation, "上位法已经修改，不再制定。", at=AFTER)
    with pytest.raises(DecisionRefused, match="不能修改采纳情况"):
        undo_many(drafter, [decision], at=LATER)
    assert service.current(opinion) is decision


def test_when_one_can_t_be_undone_none_is(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    a_group(consultation)
    made = service.decide_many(drafter, opinions_of(consultation), Outcome.NOT_ADOPTED, WHY, at=AFTER)
    service.review(actor(Role.LEGAL), made[1], at=AFTER)
    with pytest.raises(DecisionRefused):
        undo_many(drafter, made, at=LATER)
    db.session.expire_all()
    assert [decision.current for decision in made] == [True, True, True]


def test_a_forged_undo_is_found(app: Flask) -> None:
    opinion, drafter = one_opinion(), actor(Role.DRAFTER)
    decision = service.decide(drafter, opinion, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    decision.state, decision.current = DecisionState.UNDONE, False
    db.session.commit()
    assert [fault.what for fault in faults()] == [Damage.CHANGED]
    undone = service.decide(drafter, opinion, Outcome.ADOPTED, "", at=LATER)
    undo_many(drafter, [undone], at=LATER)
    db.session.execute(db.update(Decision).where(Decision.id == undone.id).values(current=True))
    db.session.commit()
    assert [fault.what for fault in faults()] == [Damage.CHANGED] * 2
