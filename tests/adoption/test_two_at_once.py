"""Two people at the same moment on the same opinions: both see what the other did, and every figure stays right."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption import service, spreadsheet
from consult.adoption.errors import OpinionRefused
from consult.adoption.models import Outcome
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.moderation import service as moderation
from consult.settings import rules
from tests.together import both, elsewhere
from tests.world import AFTER, accepted, actor, open_consultation, opinions

AGE = "建议把老年人优惠的年龄从七十周岁降到六十五周岁，惠及更多人。"


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    return open_consultation()


def drafters() -> tuple[Actor, Actor]:
    return actor(Role.DRAFTER), actor(Role.DRAFTER)


def test_nothing_is_decided_on_what_is_withdrawn_at_that_moment(app: Flask, consultation: Consultation) -> None:
    opinion = opinions(accepted(consultation, AGE))[0]
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
        lambda: service.split(drafter, opinions(came)[0], ["应当留样。", "也应当公示。"], at=AFTER),
        lambda: moderation.undo(moderator, there(), at=AFTER),
    )
    assert opinions(came) == []


def test_a_group_that_is_being_decided_on_keeps_its_members(app: Flask, consultation: Consultation) -> None:
    for _ in range(2):
        accepted(consultation, ("art-3", AGE))
    first, second = drafters()
    made = service.group(first, consultation, at=AFTER)[0]
    there = elsewhere(consultation)
    both(
        app,
        lambda: service.decide(first, made, Outcome.ADOPTED, "", at=AFTER),
        lambda: service.group(second, there(), 1, at=AFTER),
    )
    accepted(consultation, ("art-3", AGE))
    assert [len(one.opinions) for one in service.groups_of(consultation.id)] == [2]


def test_a_group_that_loses_a_member_while_it_is_made_is_weighed_without_it(
    app: Flask, consultation: Consultation
) -> None:
    came = [accepted(consultation, ("art-3", AGE)) for _ in range(rules().concentration.senders)]
    drafter, moderator, there = actor(Role.DRAFTER), actor(Role.MODERATOR), elsewhere(came[0])
    both(
        app,
        lambda: service.put_together(drafter, opinions(consultation), "优惠年龄", at=AFTER),
        lambda: moderation.undo(moderator, there(), at=AFTER),
    )
    assert [one.concentrated for one in service.groups_of(consultation.id)] == [False]


def test_a_group_that_loses_two_members_at_once_is_weighed_without_both(app: Flask, consultation: Consultation) -> None:
    came = [accepted(consultation, ("art-3", AGE)) for _ in range(rules().concentration.senders + 1)]
    made = service.put_together(actor(Role.DRAFTER), opinions(consultation), "优惠年龄", at=AFTER)
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
    one, other, third = opinions(consultation)
    there = [elsewhere(other), elsewhere(third)]
    both(
        app,
        lambda: service.put_together(first, [one, other], "甲", at=AFTER),
        lambda: service.put_together(second, [opinion() for opinion in there], "乙", at=AFTER),
    )
    assert [(made.title, len(made.opinions)) for made in service.groups_of(consultation.id)] == [("甲", 1), ("乙", 2)]


def test_two_who_decide_on_many_in_another_order_do_not_stop_each_other(app: Flask, consultation: Consultation) -> None:
    one, other = opinions(accepted(consultation, AGE, "应当留样。"))
    first, second = drafters()
    there = [elsewhere(other), elsewhere(one)]
    both(
        app,
        lambda: service.decide(first, one, Outcome.ADOPTED, "", at=AFTER),
        lambda: service.decide_many(
            second, [opinion() for opinion in there], Outcome.EXPLAINED, "见第三条。", at=AFTER
        ),
        lambda: service.decide(first, other, Outcome.ADOPTED, "", at=AFTER),
    )
    standing = [service.current(opinion) for opinion in (one, other)]
    assert [(held.outcome, held.author_id) for held in standing if held] == [(Outcome.EXPLAINED, second.id)] * 2


def test_two_who_confirm_many_in_another_order_do_not_stop_each_other(app: Flask, consultation: Consultation) -> None:
    first, second = drafters()
    of = opinions(accepted(consultation, AGE, "应当留样。"))
    one, other = service.decide_many(actor(Role.DRAFTER), of, Outcome.ADOPTED, "", at=AFTER)
    there = [elsewhere(other), elsewhere(one)]
    done: list[int] = []
    both(
        app,
        lambda: service.review(first, one, at=AFTER),
        lambda: done.append(service.review_many(second, [decision() for decision in there], at=AFTER)),
        lambda: service.review(first, other, at=AFTER),
    )
    assert (done, one.reviewer_id, other.reviewer_id) == ([0], first.id, first.id)


def test_a_table_overwrites_no_decision_that_is_made_while_it_is_taken(app: Flask, consultation: Consultation) -> None:
    opinion = opinions(accepted(consultation, AGE))[0]
    table = io.StringIO(newline="")
    heads = (spreadsheet.NUMBER, spreadsheet.OUTCOME, spreadsheet.REASON, spreadsheet.BASE)
    csv.writer(table).writerows([heads, (opinion.id, "采纳", "", "未定")])
    data, there = table.getvalue().encode(), elsewhere(consultation)
    first, second = drafters()
    taken: list[spreadsheet.Taken] = []
    both(
        app,
        lambda: service.decide(first, opinion, Outcome.EXPLAINED, "见第三条。", at=AFTER),
        lambda: taken.append(spreadsheet.take(second, there(), "a.csv", data, at=AFTER)),
    )
    assert [row.reason for row in taken[0].refused] == [
        "导出以后别的同事改过这一条（现在是“解释说明”），没有覆盖。请重新导出再改"
    ]
    held = service.current(opinion)
    assert held is not None
    assert held.author_id == first.id


def test_of_two_who_decide_at_once_on_one_group_one_decision_holds(app: Flask, consultation: Consultation) -> None:
    for _ in range(2):
        accepted(consultation, ("art-3", AGE))
    first, second = drafters()
    made = service.put_together(first, opinions(consultation), "优惠年龄", at=AFTER)
    there = elsewhere(made)
    both(
        app,
        lambda: service.decide(first, made, Outcome.ADOPTED, "", at=AFTER),
        lambda: service.decide(second, there(), Outcome.EXPLAINED, "见第三条。", at=AFTER),
    )
    held = service.current(made)
    assert held is not None
    assert (held.author_id, held.outcome) == (second.id, Outcome.EXPLAINED)
