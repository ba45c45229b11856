"""Two people at the same moment on the same opinions: both see what the other did, and every figure stays right."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption import groups, opinions, service, spreadsheet
from consult.adoption.errors import OpinionRefused
from consult.adoption.models import Outcome
from consult.app_context import rules
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.files import tables
from consult.moderation import service as moderation
from tests.together import both, elsewhere
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

AGE = "建议把老年人优惠的年龄从七十周岁降到六十五周岁，惠及更多人。"


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    return open_consultation()


def drafters() -> tuple[Actor, Actor]:
    return actor(Role.DRAFTER), actor(Role.DRAFTER)


def test_nothing_is_decided_on_what_is_withdrawn_at_that_moment(app: Flask, consultation: Consultation) -> None:
    opinion = opinions_of(accepted(consultation, AGE))[0]
    drafter, there = actor(Role.DRAFTER), elsewhere(opinion)
    with pytest.raises(OpinionRefused, match="已经撤回"):
        both(
            app,
            lambda: drafting.withdraw(SYSTEM, consultation, "上位法修改", at=AFTER),
            lambda: service.decide(drafter, there(), Outcome.ADOPTED, "", at=AFTER),
        )
    assert service.current(opinion) is None


def test_the_pieces_of_what_is_split_while_its_screening_is_undone_stand_no_more(
    app: Flask, consultation: Consultation
) -> None:
    came = accepted(consultation, "应当留样。也应当公示。")
    drafter, moderator, there = actor(Role.DRAFTER), actor(Role.MODERATOR), elsewhere(came)
    both(
        app,
        lambda: opinions.split(drafter, opinions_of(came)[0], ["应当留样。", "也应当公示。"], at=AFTER),
        lambda: moderation.undo(moderator, there(), at=AFTER),
    )
    assert opinions_of(came) == []


def test_a_group_that_is_being_decided_on_keeps_its_members(app: Flask, consultation: Consultation) -> None:
    for _ in range(2):
        accepted(consultation, ("art-3", AGE))
    first, second = drafters()
    made = groups.group(first, consultation, at=AFTER)[0]
    there = elsewhere(consultation)
    both(
        app,
        lambda: service.decide(first, made, Outcome.ADOPTED, "", at=AFTER),
        lambda: groups.group(second, there(), 1, at=AFTER),
    )
    accepted(consultation, ("art-3", AGE))
    assert [len(group.opinions) for group in groups.groups_of(consultation.id)] == [2]


def test_a_group_that_loses_a_member_while_it_is_made_is_weighed_without_it(
    app: Flask, consultation: Consultation
) -> None:
    came = [accepted(consultation, ("art-3", AGE)) for _ in range(rules().concentration.senders)]
    drafter, moderator, there = actor(Role.DRAFTER), actor(Role.MODERATOR), elsewhere(came[0])
    both(
        app,
        lambda: groups.create_group(drafter, opinions_of(consultation), "优惠年龄", at=AFTER),
        lambda: moderation.undo(moderator, there(), at=AFTER),
    )
    assert [group.concentrated for group in groups.groups_of(consultation.id)] == [False]


def test_a_group_that_loses_two_members_at_once_is_weighed_without_both(app: Flask, consultation: Consultation) -> None:
    came = [accepted(consultation, ("art-3", AGE)) for _ in range(rules().concentration.senders + 1)]
    made = groups.create_group(actor(Role.DRAFTER), opinions_of(consultation), "优惠年龄", at=AFTER)
    first, second, there = actor(Role.MODERATOR), actor(Role.MODERATOR), elsewhere(came[1])
    both(
        app,
        lambda: moderation.undo(first, came[0], at=AFTER),
        lambda: moderation.undo(second, there(), at=AFTER),
    )
    assert not made.concentrated


def test_an_opinion_is_put_into_one_group_by_the_second_of_two(app: Flask, consultation: Consultation) -> None:
    for _ in range(3):
        accepted(consultation, ("art-3", AGE))
    first, second = drafters()
    alone, shared, last = opinions_of(consultation)
    there = [elsewhere(shared), elsewhere(last)]
    both(
        app,
        lambda: groups.create_group(first, [alone, shared], "甲", at=AFTER),
        lambda: groups.create_group(second, [opinion() for opinion in there], "乙", at=AFTER),
    )
    assert [(made.title, len(made.opinions)) for made in groups.groups_of(consultation.id)] == [("甲", 1), ("乙", 2)]


def test_two_who_decide_on_many_in_another_order_do_not_stop_each_other(app: Flask, consultation: Consultation) -> None:
    on_age, on_samples = opinions_of(accepted(consultation, AGE, "应当留样。"))
    first, second = drafters()
    there = [elsewhere(on_samples), elsewhere(on_age)]
    both(
        app,
        lambda: service.decide(first, on_age, Outcome.ADOPTED, "", at=AFTER),
        lambda: service.decide_many(
            second, [opinion() for opinion in there], Outcome.EXPLAINED, "第三条已有相应规定。", at=AFTER
        ),
        lambda: service.decide(first, on_samples, Outcome.ADOPTED, "", at=AFTER),
    )
    standing = [service.current(opinion) for opinion in (on_age, on_samples)]
    assert [(held.outcome, held.author_id) for held in standing if held] == [(Outcome.EXPLAINED, second.id)] * 2


def test_two_who_confirm_many_in_another_order_do_not_stop_each_other(app: Flask, consultation: Consultation) -> None:
    first, second = drafters()
    of = opinions_of(accepted(consultation, AGE, "应当留样。"))
    on_age, on_samples = service.decide_many(actor(Role.DRAFTER), of, Outcome.ADOPTED, "", at=AFTER)
    there = [elsewhere(on_samples), elsewhere(on_age)]
    done: list[int] = []
    both(
        app,
        lambda: service.review(first, on_age, at=AFTER),
        lambda: done.append(service.review_many(second, [decision() for decision in there], at=AFTER)),
        lambda: service.review(first, on_samples, at=AFTER),
    )
    assert (done, on_age.reviewer_id, on_samples.reviewer_id) == ([0], first.id, first.id)


def test_a_table_overwrites_no_decision_that_is_made_while_it_is_taken(app: Flask, consultation: Consultation) -> None:
    opinion = opinions_of(accepted(consultation, AGE))[0]
    table = io.StringIO(newline="")
    heads = (spreadsheet.NUMBER, spreadsheet.OUTCOME, spreadsheet.REASON, spreadsheet.BASE)
    csv.writer(table).writerows([heads, (opinion.id, "采纳", "", "未定")])
    data, there = table.getvalue().encode(), elsewhere(consultation)
    first, second = drafters()
    taken: list[spreadsheet.ImportResult] = []
    both(
        app,
        lambda: service.decide(first, opinion, Outcome.EXPLAINED, "第三条已有相应规定。", at=AFTER),
        lambda: taken.append(spreadsheet.import_decisions(second, there(), tables.read("a.csv", data), at=AFTER)),
    )
    assert [row.reason for row in taken[0].refused] == [
        "导出后他人已修改这一条（现为“解释说明”，测试drafter），未覆盖。请重新导出后修改"
    ]
    held = service.current(opinion)
    assert held is not None
    assert held.author_id == first.id


def test_of_two_who_decide_at_once_on_one_group_one_decision_holds(app: Flask, consultation: Consultation) -> None:
    for _ in range(2):
        accepted(consultation, ("art-3", AGE))
    first, second = drafters()
    made = groups.create_group(first, opinions_of(consultation), "优惠年龄", at=AFTER)
    there = elsewhere(made)
    both(
        app,
        lambda: service.decide(first, made, Outcome.ADOPTED, "", at=AFTER),
        lambda: service.decide(second, there(), Outcome.EXPLAINED, "第三条已有相应规定。", at=AFTER),
    )
    held = service.current(made)
    assert held is not None
    assert (held.author_id, held.outcome) == (second.id, Outcome.EXPLAINED)
