"""Decisions: with a reason, by one person, confirmed by another, never overwritten."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.adoption import groups, queries, review_selection, service, worklist
from consult.adoption.errors import DecisionRefused, SameReviewer
from consult.adoption.models import Decision, DecisionState, Opinion, OpinionGroup, Outcome
from consult.adoption.queries import Progress
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.store import db
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of


def one_opinion() -> Opinion:
    return opinions_of(accepted(open_consultation(), "优惠应当从六十五周岁起。"))[0]


def a_group(consultation: Consultation, n: int = 3) -> OpinionGroup:
    for _ in range(n):
        accepted(consultation, ("art-3", "优惠应当从六十五周岁起。"))
    return groups.create_group(actor(Role.DRAFTER), opinions_of(consultation), "优惠年龄", at=AFTER)


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.ADOPTED])
def test_everything_but_a_plain_adoption_needs_a_reason(app: Flask, outcome: Outcome) -> None:
    with pytest.raises(DecisionRefused, match="请写明理由"):
        service.decide(actor(Role.DRAFTER), one_opinion(), outcome, " \n", at=AFTER)


def test_a_reason_beyond_the_limit_is_refused_with_its_length(app: Flask) -> None:
    with pytest.raises(DecisionRefused, match="4,001 字"):
        service.decide(actor(Role.DRAFTER), one_opinion(), Outcome.NOT_ADOPTED, "长" * 4001, at=AFTER)


def test_a_new_decision_names_the_one_it_replaces_and_both_stay(app: Flask) -> None:
    opinion, drafter = one_opinion(), actor(Role.DRAFTER)
    first = service.decide(drafter, opinion, Outcome.NOT_ADOPTED, "法律法规另有规定。", at=AFTER)
    second = service.decide(drafter, opinion, Outcome.ADOPTED, "", at=AFTER)
    assert (first.current, second.current, second.replaces_id) == (False, True, first.id)
    assert worklist.history(opinion) == [second, first]


def test_the_same_decision_again_changes_nothing_and_keeps_its_review(app: Flask) -> None:
    opinion, drafter = one_opinion(), actor(Role.DRAFTER)
    first = service.decide(drafter, opinion, Outcome.ADOPTED, "", at=AFTER)
    service.review(actor(Role.LEGAL), first, at=AFTER)
    assert service.decide(drafter, opinion, Outcome.ADOPTED, " ", at=AFTER) is first
    assert first.state is DecisionState.REVIEWED


def test_a_changed_decision_waits_for_review_again(app: Flask) -> None:
    opinion, drafter = one_opinion(), actor(Role.DRAFTER)
    service.review(actor(Role.LEGAL), service.decide(drafter, opinion, Outcome.ADOPTED, "", at=AFTER), at=AFTER)
    service.decide(drafter, opinion, Outcome.PARTLY_ADOPTED, "改为七十周岁以上免费。", at=AFTER)
    assert queries.progress(opinion.consultation_id) == Progress(total=1, proposed=1)


def test_the_reviewer_is_never_the_author(app: Flask) -> None:
    opinion, drafter = one_opinion(), actor(Role.DRAFTER)
    decision = service.decide(drafter, opinion, Outcome.ADOPTED, "", at=AFTER)
    with pytest.raises(SameReviewer):
        service.review(drafter, decision, at=AFTER)
    with pytest.raises(SameReviewer):
        service.return_decision(drafter, decision, "再想想", at=AFTER)
    service.review(actor(Role.DRAFTER), decision, at=AFTER)
    assert decision.state is DecisionState.REVIEWED


def test_what_was_reviewed_is_not_reviewed_again(app: Flask) -> None:
    decision = service.decide(actor(Role.DRAFTER), one_opinion(), Outcome.ADOPTED, "", at=AFTER)
    service.review(actor(Role.LEGAL), decision, at=AFTER)
    with pytest.raises(DecisionRefused, match="不在待复核状态"):
        service.return_decision(actor(Role.LEGAL), decision, "太晚了", at=AFTER)


def test_a_return_needs_words_and_leaves_the_decision_with_its_author(app: Flask) -> None:
    opinion, drafter = one_opinion(), actor(Role.DRAFTER)
    decision = service.decide(drafter, opinion, Outcome.EXPLAINED, "第三条已有相应规定。", at=AFTER)
    with pytest.raises(DecisionRefused, match="退回的理由"):
        service.return_decision(actor(Role.LEGAL), decision, " ", at=AFTER)
    service.return_decision(actor(Role.LEGAL), decision, "请写明是第三条哪一项。", at=AFTER)
    assert (decision.state, decision.returned_reason) == (DecisionState.RETURNED, "请写明是第三条哪一项。")
    again = service.decide(drafter, opinion, Outcome.EXPLAINED, "第三条已有相应规定。", at=AFTER)
    assert again is not decision
    assert again.state is DecisionState.PROPOSED


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.AUDITOR])
def test_moderators_and_auditors_review_nothing(app: Flask, role: Role) -> None:
    decision = service.decide(actor(Role.DRAFTER), one_opinion(), Outcome.ADOPTED, "", at=AFTER)
    with pytest.raises(NotAllowed):
        service.review(actor(role), decision, at=AFTER)


def test_a_groups_decision_holds_for_its_members_but_not_for_those_with_their_own(app: Flask) -> None:
    consultation = open_consultation()
    group = a_group(consultation)
    drafter = actor(Role.DRAFTER)
    separate = opinions_of(consultation)[1]
    service.decide(drafter, separate, Outcome.OUT_OF_SCOPE, "不属于本办法。", at=AFTER)
    service.decide(drafter, group, Outcome.NOT_ADOPTED, "受财政承受能力所限。", at=AFTER)
    outcomes = [row.decision.outcome for row in queries.with_decisions(consultation.id) if row.decision]
    assert outcomes == [Outcome.NOT_ADOPTED, Outcome.OUT_OF_SCOPE, Outcome.NOT_ADOPTED]
    assert worklist.count_own_decisions(group.id) == 1


def test_progress_counts_opinions_not_decisions(app: Flask) -> None:
    consultation = open_consultation()
    group = a_group(consultation)
    accepted(consultation, "另一条。")
    decision = service.decide(actor(Role.DRAFTER), group, Outcome.NOT_ADOPTED, "受财政承受能力所限。", at=AFTER)
    assert queries.progress(consultation.id) == Progress(total=4, undecided=1, proposed=3)
    service.review(actor(Role.LEGAL), decision, at=AFTER)
    assert queries.progress(consultation.id) == Progress(total=4, undecided=1, reviewed=3)


def test_many_are_decided_at_once_or_none_of_them(app: Flask) -> None:
    consultation = open_consultation()
    for text in ("甲。", "乙。", "丙。"):
        accepted(consultation, text)
    drafter, three = actor(Role.DRAFTER), opinions_of(consultation)
    made = service.decide_many(drafter, three, Outcome.EXPLAINED, "起草说明已有解释。", at=AFTER)
    assert len(made) == 3
    with pytest.raises(DecisionRefused, match="请写明理由"):
        service.decide_many(drafter, three, Outcome.NOT_ADOPTED, "", at=AFTER)
    with pytest.raises(DecisionRefused, match="还没有选意见"):
        service.decide_many(drafter, [], Outcome.ADOPTED, "", at=AFTER)
    assert queries.progress(consultation.id).proposed == 3


def test_many_are_confirmed_at_once_but_never_ones_own(app: Flask) -> None:
    consultation = open_consultation()
    for text in ("甲。", "乙。"):
        accepted(consultation, text)
    drafter, colleague = actor(Role.DRAFTER), actor(Role.DRAFTER)
    mine, others = opinions_of(consultation)
    first = service.decide(drafter, mine, Outcome.ADOPTED, "", at=AFTER)
    second = service.decide(colleague, others, Outcome.ADOPTED, "", at=AFTER)
    assert review_selection.reviewable_decisions(drafter.id, consultation.id) == [second]
    with pytest.raises(SameReviewer):
        service.review_many(drafter, [second, first], at=AFTER)
    assert queries.progress(consultation.id).reviewed == 0
    assert service.review_many(actor(Role.LEGAL), [first, second], at=AFTER) == 2
    assert service.review_many(actor(Role.LEGAL), [first, second], at=AFTER) == 0


def test_nothing_is_decided_before_the_draft_is_out_or_after_it_is_withdrawn(app: Flask) -> None:
    opinion = one_opinion()
    consultation = db.session.get_one(Consultation, opinion.consultation_id)
    drafting.withdraw(actor(Role.PUBLISHER), consultation, "不再制定。", at=AFTER)
    with pytest.raises(Exception, match="已经撤回"):
        service.decide(actor(Role.DRAFTER), opinion, Outcome.ADOPTED, "", at=AFTER)


def test_earlier_reasons_are_a_library_without_repetitions_newest_first(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    for text in ("甲。", "乙。", "丙。"):
        accepted(consultation, text)
    for opinion, reason in zip(
        opinions_of(consultation), ("上位法已有规定。", "受财政承受能力所限。", "上位法已有规定。"), strict=True
    ):
        service.decide(drafter, opinion, Outcome.NOT_ADOPTED, reason, at=AFTER)
    assert [row.reason for row in worklist.recent_reasons(drafter.id)] == ["上位法已有规定。", "受财政承受能力所限。"]
    assert worklist.recent_reasons(actor(Role.DRAFTER).id) == []


def test_of_two_drafters_at_once_exactly_one_decision_holds(app: Flask) -> None:
    key, drafters = one_opinion().id, [actor(Role.DRAFTER), actor(Role.DRAFTER)]
    db.session.remove()
    gate = threading.Barrier(2)

    def propose(who: int) -> None:
        with app.app_context():
            opinion = db.session.get_one(Opinion, key)
            gate.wait()
            service.decide(drafters[who], opinion, Outcome.EXPLAINED, f"第 {who} 人的理由。", at=AFTER)
            db.session.remove()

    threads = [threading.Thread(target=propose, args=(who,)) for who in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = list(db.session.scalars(db.select(Decision).order_by(Decision.id)))
    assert [decision.current for decision in made] == [False, True]
    assert made[1].replaces_id == made[0].id
