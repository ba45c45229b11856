"""Groups: what says the same goes together, what people did to a group stays."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.adoption import groups, opinions, queries, service, worklist
from consult.adoption.errors import OpinionRefused
from consult.adoption.groups import title_of
from consult.adoption.models import OpinionGroup, Outcome
from consult.app_context import rules
from consult.drafting.models import Consultation
from consult.moderation import service as moderation
from consult.store import db
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

AGE = "建议把老年人优惠的年龄从七十周岁降到六十五周岁，惠及更多人。"
AGE_TOO = "建议把老年人优惠的年龄从七十周岁降到六十五周岁，惠及更多的人。"
PRICE = "菜品的价格应当在门口用大字公示，方便老年人看清楚。"


def members(consultation: Consultation) -> list[list[str]]:
    """The texts of each group."""
    return [[opinion.content for opinion in group.opinions] for group in groups.groups_of(consultation.id)]


def grouped(consultation: Consultation) -> list[OpinionGroup]:
    return groups.group(actor(Role.DRAFTER), consultation, at=AFTER)


def test_what_says_the_same_on_one_provision_goes_together(app: Flask) -> None:
    consultation = open_consultation()
    for anchor, text in [("art-3", AGE), ("art-3", PRICE), ("art-3", AGE_TOO), ("art-4", AGE)]:
        accepted(consultation, (anchor, text))
    assert len(grouped(consultation)) == 1
    assert members(consultation) == [[AGE, AGE_TOO]]


def test_complaints_about_five_streets_are_five_groups_though_the_streets_are_masked_in_print(app: Flask) -> None:
    consultation = open_consultation()
    for street in ("解放路", "人民路", "河坊街", "中山街", "延安路"):
        for _ in range(2):
            accepted(
                consultation,
                ("art-3", f"我家住{street}12号3栋2单元501室门口，{street}12号旁边的食堂太远，老人走不动。"),
            )
    grouped(consultation)
    assert len({opinion.content for opinion in opinions_of(consultation)}) == 1
    assert [len(texts) for texts in members(consultation)] == [2] * 5


def test_the_same_demand_with_each_senders_own_name_and_telephone_is_one_group(app: Flask) -> None:
    consultation = open_consultation()
    for phone in ("13812345678", "13987654321", "13700001111"):
        accepted(consultation, ("art-3", f"{AGE}我的电话是{phone}。"), contact=phone)
    grouped(consultation)
    assert [len(texts) for texts in members(consultation)] == [3]


def test_a_piece_of_a_masked_opinion_is_compared_by_what_its_sender_wrote(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    for phone in ("13812345678", "13987654321"):
        accepted(consultation, ("art-3", f"找我打{phone}。{AGE}另外，{PRICE}"), contact=phone)
    for opinion in opinions_of(consultation):
        opinions.split(drafter, opinion, [AGE, PRICE], at=AFTER)
    grouped(consultation)
    assert members(consultation) == [[AGE, AGE], [PRICE, PRICE]]


def test_a_group_is_concentrated_from_as_many_senders_as_the_rules_say(app: Flask) -> None:
    consultation = open_consultation()
    needed = rules().concentration.senders
    for n in range(needed - 1):
        accepted(consultation, ("art-3", AGE), contact=f"citizen{n}@example.org")
    accepted(consultation, ("art-3", AGE), contact="citizen0@example.org")
    assert [group.concentrated for group in grouped(consultation)] == [False]
    accepted(consultation, ("art-3", AGE), contact="another@example.org")
    assert [group.concentrated for group in grouped(consultation)] == [True]


def test_a_group_that_loses_a_member_to_screening_is_weighed_anew(app: Flask) -> None:
    consultation = open_consultation()
    came = [accepted(consultation, ("art-3", AGE)) for _ in range(rules().concentration.senders)]
    group = grouped(consultation)[0]
    assert group.concentrated
    moderation.undo(actor(Role.MODERATOR), came[0], at=AFTER)
    assert not group.concentrated


def test_grouping_again_gives_the_same_groups(app: Flask) -> None:
    consultation = open_consultation()
    for text in (AGE, PRICE, AGE_TOO, PRICE):
        accepted(consultation, ("art-3", text))
    first = [(group.id, group.title) for group in grouped(consultation)]
    assert len(first) == 2
    assert [(group.id, group.title) for group in grouped(consultation)] == first


def test_a_higher_threshold_takes_apart_what_is_only_alike(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    for text in (AGE, AGE_TOO, PRICE, PRICE):
        accepted(consultation, ("art-3", text))
    assert len(groups.group(drafter, consultation, at=AFTER)) == 2
    assert members(consultation) == [[AGE, AGE_TOO], [PRICE, PRICE]]
    groups.group(drafter, consultation, 1.0, at=AFTER)
    assert members(consultation) == [[PRICE, PRICE]]
    assert db.session.scalar(db.select(db.func.count()).select_from(OpinionGroup)) == 1


@pytest.mark.parametrize("threshold", [0, -0.5, 1.01, 80])
def test_a_threshold_that_is_no_likeness_is_refused(app: Flask, threshold: float) -> None:
    with pytest.raises(OpinionRefused, match="0 和 1 之间"):
        groups.group(actor(Role.DRAFTER), open_consultation(), threshold, at=AFTER)


def test_a_decided_group_keeps_its_members_and_takes_in_nobody_unseen(app: Flask) -> None:
    consultation = open_consultation()
    for text in (AGE, AGE_TOO):
        accepted(consultation, ("art-3", text))
    group = grouped(consultation)[0]
    service.decide(actor(Role.DRAFTER), group, Outcome.NOT_ADOPTED, "受财政承受能力所限。", at=AFTER)
    accepted(consultation, ("art-3", AGE))
    grouped(consultation)
    assert members(consultation) == [[AGE, AGE_TOO]]
    assert queries.progress(consultation.id).undecided == 1
    accepted(consultation, ("art-3", AGE))
    grouped(consultation)
    assert members(consultation) == [[AGE, AGE_TOO], [AGE, AGE]]


def test_a_group_that_a_person_made_may_grow_and_what_they_took_out_stays_out(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    for text in (AGE, AGE_TOO, AGE):
        accepted(consultation, ("art-3", text))
    first, second, third = opinions_of(consultation)
    made = groups.create_group(drafter, [first, second, third], "降低优惠年龄", at=AFTER)
    groups.remove_from_group(drafter, [second], at=AFTER)
    accepted(consultation, ("art-3", AGE))
    grouped(consultation)
    assert second.group_id is None
    assert made.title == "降低优惠年龄"
    assert len(made.opinions) == 3


def test_a_member_taken_out_needs_a_decision_of_its_own(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    for _ in range(3):
        accepted(consultation, ("art-3", AGE))
    group = grouped(consultation)[0]
    service.decide(drafter, group, Outcome.ADOPTED, "", at=AFTER)
    groups.remove_from_group(drafter, [opinions_of(consultation)[0]], at=AFTER)
    assert (queries.progress(consultation.id).undecided, queries.progress(consultation.id).proposed) == (1, 2)


def test_an_opinion_is_put_into_a_group_on_its_own_provision_only(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    for anchor in ("art-3", "art-3", "art-3", "art-4"):
        accepted(consultation, (anchor, PRICE if anchor == "art-4" else AGE))
    first, second, third, elsewhere = opinions_of(consultation)
    group = groups.create_group(drafter, [first, second], "", at=AFTER)
    groups.move_to_group(drafter, third, group, at=AFTER)
    assert third.group_id == group.id
    with pytest.raises(OpinionRefused, match="同一条文"):
        groups.move_to_group(drafter, elsewhere, group, at=AFTER)
    with pytest.raises(OpinionRefused, match="同一条文"):
        groups.create_group(drafter, [first, elsewhere], "x", at=AFTER)
    with pytest.raises(OpinionRefused, match="至少要选两条"):
        groups.create_group(drafter, [first, first], "x", at=AFTER)


def test_a_title_is_a_line_that_stands_for_the_group_without_private_data() -> None:
    assert title_of([AGE, AGE_TOO]) in AGE + AGE_TOO
    assert "13812345678" not in title_of(["菜价要公示，找我 13812345678"] * 2)


def test_a_group_gets_another_title_but_not_an_empty_one(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    for _ in range(2):
        accepted(consultation, ("art-3", AGE))
    group = grouped(consultation)[0]
    groups.rename(drafter, group, "  降低  优惠年龄 ", at=AFTER)
    assert group.title == "降低 优惠年龄"
    with pytest.raises(OpinionRefused, match="标题"):
        groups.rename(drafter, group, " ", at=AFTER)


def test_a_line_of_a_group_says_how_many_opinions_and_senders_it_stands_for(app: Flask) -> None:
    consultation = open_consultation()
    for contact in ("a@example.org", "a@example.org", "b@example.org", ""):
        accepted(consultation, ("art-3", AGE), contact=contact)
    grouped(consultation)
    line = worklist.group_summaries(consultation.id, anchors=["art-3"])[0]
    assert (line.opinions, line.senders, line.decision) == (4, 3, None)


def test_an_auditor_groups_nothing(app: Flask) -> None:
    with pytest.raises(NotAllowed):
        groups.group(actor(Role.AUDITOR), open_consultation(), at=AFTER)
