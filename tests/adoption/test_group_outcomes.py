"""What became of a group is what became of its members, whichever way they were decided."""

from __future__ import annotations

from flask import Flask

from consult.accounts.models import Role
from consult.adoption import groups, queries, review_selection, service, worklist
from consult.adoption.group_outcomes import Part, group_outcomes
from consult.adoption.models import DecisionState, OpinionGroup, Outcome
from consult.drafting.models import Consultation
from consult.reporting.report_document import preview
from consult.reporting.snapshot import ProvisionLabels, main_opinions
from consult.review import heard_opinions
from tests.adoption.test_service import a_group
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

WHY, BECAUSE = "现行法规已有规定。", "第三条已有分档办法。"
PROPOSED = DecisionState.PROPOSED


def parts(group: OpinionGroup) -> list[tuple[Outcome | None, str, int]]:
    return [(part.outcome, part.reason, part.n) for part in group_outcomes([group.id])[group.id].parts]


def concentrated(consultation: Consultation, n: int = 12) -> OpinionGroup:
    for number in range(n):
        accepted(consultation, ("art-3", "优惠应当从六十五周岁起。"), contact=f"a{number}@example.cn")
    return groups.create_group(actor(Role.DRAFTER), opinions_of(consultation), "优惠年龄", at=AFTER)


def test_a_group_without_any_decision_is_open(app: Flask) -> None:
    group = a_group(open_consultation())
    outcome = group_outcomes([group.id])[group.id]
    assert (outcome.parts, outcome.open, outcome.n) == ((Part(None, "", None, 3),), 3, 3)


def test_members_decided_one_by_one_make_the_group_s_outcome(app: Flask) -> None:
    consultation = open_consultation()
    group, drafter = a_group(consultation), actor(Role.DRAFTER)
    service.decide_many(drafter, opinions_of(consultation), Outcome.NOT_ADOPTED, WHY, at=AFTER)
    assert parts(group) == [(Outcome.NOT_ADOPTED, WHY, 3)]


def test_a_group_s_decision_with_an_exception(app: Flask) -> None:
    consultation = open_consultation()
    group, drafter = a_group(consultation), actor(Role.DRAFTER)
    service.decide(drafter, group, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    service.decide(drafter, opinions_of(consultation)[0], Outcome.PARTLY_ADOPTED, BECAUSE, at=AFTER)
    assert parts(group) == [(Outcome.NOT_ADOPTED, WHY, 2), (Outcome.PARTLY_ADOPTED, BECAUSE, 1)]


def test_a_group_s_decision_that_no_member_follows_is_not_its_outcome(app: Flask) -> None:
    consultation = open_consultation()
    group, drafter = a_group(consultation), actor(Role.DRAFTER)
    service.decide(drafter, group, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    service.decide_many(drafter, opinions_of(consultation), Outcome.ADOPTED, "", at=AFTER)
    assert parts(group) == [(Outcome.ADOPTED, "", 3)]


def test_the_lists_show_a_group_where_its_members_are(app: Flask) -> None:
    consultation = open_consultation()
    group, drafter = a_group(consultation), actor(Role.DRAFTER)
    first, *rest = opinions_of(consultation)
    service.decide_many(drafter, rest, Outcome.NOT_ADOPTED, WHY, at=AFTER)

    def listed(**asked: object) -> list[int]:
        return [line.group.id for line in worklist.group_summaries(consultation.id, **asked)]  # type: ignore[arg-type]

    assert (listed(undecided=True), listed(state=PROPOSED)) == ([group.id], [group.id])
    assert listed(state=DecisionState.REVIEWED) == []
    service.decide(drafter, first, Outcome.ADOPTED, "", at=AFTER)
    assert listed(undecided=True) == []
    assert listed(state=PROPOSED, author_id=actor(Role.DRAFTER).id) == []


def test_the_report_prints_what_most_got_and_the_exceptions(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    concentrated(consultation)
    first, second, *rest = opinions_of(consultation)
    service.decide_many(drafter, rest, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    service.decide(drafter, first, Outcome.PARTLY_ADOPTED, BECAUSE, at=AFTER)
    service.decide(drafter, second, Outcome.ADOPTED, "", at=AFTER)
    (main,) = main_opinions(consultation, ProvisionLabels(consultation))
    assert (main["n"], main["outcome"], main["reason"]) == (12, "not_adopted", WHY)
    assert main["others"] == [
        {"n": 1, "outcome": "partly_adopted", "reason": BECAUSE},
        {"n": 1, "outcome": "adopted", "reason": ""},
    ]


def test_many_different_answers_are_counted_by_outcome(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    concentrated(consultation)
    for number, opinion in enumerate(opinions_of(consultation)):
        service.decide(drafter, opinion, Outcome.EXPLAINED, f"第{number}位来件人：第三条已有规定。", at=AFTER)
    (main,) = main_opinions(consultation, ProvisionLabels(consultation))
    assert [other["n"] for other in main["others"]] == [1, 1, 1, 8]
    assert main["others"][-1]["reason"] == "理由见逐条意见。"


def test_what_most_got_is_counted_whether_or_not_it_is_reviewed(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    concentrated(consultation)
    all_ = opinions_of(consultation)
    half = service.decide_many(drafter, all_[:7], Outcome.NOT_ADOPTED, WHY, at=AFTER)
    service.decide_many(drafter, all_[7:], Outcome.PARTLY_ADOPTED, BECAUSE, at=AFTER)
    service.review_many(actor(Role.LEGAL), half[:3], at=AFTER)
    (main,) = main_opinions(consultation, ProvisionLabels(consultation))
    assert (main["outcome"], main["others"]) == (
        "not_adopted",
        [{"n": 5, "outcome": "partly_adopted", "reason": BECAUSE}],
    )


def test_a_group_s_decision_that_no_member_follows_is_not_there_to_review(app: Flask) -> None:
    consultation = open_consultation()
    group, drafter, reviewer = a_group(consultation), actor(Role.DRAFTER), actor(Role.LEGAL)

    def to_review() -> list[int | None]:
        return [decision.group_id for decision in review_selection.reviewable_decisions(reviewer.id, consultation.id)]

    service.decide(drafter, group, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    *most, last = opinions_of(consultation)
    service.decide_many(drafter, most, Outcome.ADOPTED, "", at=AFTER)
    assert group.id in to_review()
    service.decide(drafter, last, Outcome.ADOPTED, "", at=AFTER)
    assert to_review() == [None] * 3
    assert queries.open_work([consultation.id], reviewer.id)[consultation.id].to_confirm == 3


def test_a_preview_and_a_paper_say_of_what_nobody_confirmed_that_nobody_did(app: Flask) -> None:
    consultation, drafter, reviewer = open_consultation(), actor(Role.DRAFTER), actor(Role.LEGAL)
    for _ in range(4):
        accepted(consultation, ("art-3", "优惠应当从六十五周岁起。"))
    confirmed, _, sent_back = service.decide_many(
        drafter, opinions_of(consultation)[:3], Outcome.NOT_ADOPTED, WHY, at=AFTER
    )
    service.review(reviewer, confirmed, at=AFTER)
    service.return_decision(reviewer, sent_back, "请写明依据。", at=AFTER)
    document = preview(consultation)
    assert [row.outcome for row in document.rows] == ["未采纳", "未采纳（待复核）", "未采纳（已退回）", "待处理"]
    assert [line.n for line in document.figures if line.name == "outcome.not_adopted"] == [1]
    words = "提出意见4条：未采纳1条，未采纳（待复核）1条，未采纳（已退回）1条，待处理1条"
    assert heard_opinions.public(consultation) == words
