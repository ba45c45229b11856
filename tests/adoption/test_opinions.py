"""Placing and splitting opinions."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.adoption import groups, opinions, service
from consult.adoption.errors import OpinionRefused
from consult.adoption.models import Outcome
from consult.moderation import service as moderation
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of


def test_an_opinion_is_placed_on_the_provision_that_it_is_really_about(app: Flask) -> None:
    opinion = opinions_of(accepted(open_consultation(), "优惠应当从六十五周岁起。"))[0]
    opinions.set_provision(actor(Role.DRAFTER), opinion, "art-3-para-1-item-3", at=AFTER)
    assert opinion.anchor == "art-3-para-1-item-3"
    opinions.set_provision(actor(Role.DRAFTER), opinion, "", at=AFTER)
    assert opinion.anchor == ""


def test_a_provision_that_the_draft_does_not_have_is_refused(app: Flask) -> None:
    opinion = opinions_of(accepted(open_consultation(), "很好。"))[0]
    with pytest.raises(OpinionRefused, match="没有这一处条文"):
        opinions.set_provision(actor(Role.DRAFTER), opinion, "art-99", at=AFTER)


def test_an_opinion_that_moves_leaves_its_group(app: Flask) -> None:
    consultation = open_consultation()
    came = [accepted(consultation, ("art-3", "菜价要公示。")) for _ in range(2)]
    first, second = opinions_of(consultation)
    groups.create_group(actor(Role.DRAFTER), [first, second], "公示菜价", at=AFTER)
    opinions.set_provision(actor(Role.DRAFTER), second, "art-4", at=AFTER)
    assert (first.group is not None, second.group) == (True, None)
    assert len(came) == 2


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["菜价要公示。"], "至少要有两段"),
        (["菜价要公示。", "  "], "至少要有两段"),
        (["菜价要公示。", "优惠应当从六十岁起。"], "不是原文里的话"),
    ],
)
def test_a_split_takes_at_least_two_pieces_word_for_word(app: Flask, pieces: list[str], words: str) -> None:
    opinion = opinions_of(accepted(open_consultation(), "菜价要公示。优惠应当从六十五岁起。"))[0]
    with pytest.raises(OpinionRefused, match=words):
        opinions.split(actor(Role.DRAFTER), opinion, pieces, at=AFTER)
    assert not opinion.withdrawn


def test_what_is_decided_is_not_split(app: Flask) -> None:
    opinion = opinions_of(accepted(open_consultation(), "菜价要公示。优惠要多。"))[0]
    service.decide(actor(Role.DRAFTER), opinion, Outcome.ADOPTED, "", at=AFTER)
    with pytest.raises(OpinionRefused, match="已经作出处理"):
        opinions.split(actor(Role.DRAFTER), opinion, ["菜价要公示。", "优惠要多。"], at=AFTER)


def test_what_no_longer_stands_is_neither_placed_nor_decided(app: Flask) -> None:
    came = accepted(open_consultation(), "菜价要公示。")
    opinion = opinions_of(came)[0]
    moderation.undo(actor(Role.MODERATOR), came, at=AFTER)
    with pytest.raises(OpinionRefused, match="撤回审核"):
        opinions.set_provision(actor(Role.DRAFTER), opinion, "art-3", at=AFTER)
    with pytest.raises(OpinionRefused, match="撤回审核"):
        service.decide(actor(Role.DRAFTER), opinion, Outcome.ADOPTED, "", at=AFTER)


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.PUBLISHER, Role.LEGAL, Role.AUDITOR])
def test_only_drafters_place_and_split(app: Flask, role: Role) -> None:
    opinion = opinions_of(accepted(open_consultation(), "甲。乙。"))[0]
    with pytest.raises(NotAllowed):
        opinions.set_provision(actor(role), opinion, "art-3", at=AFTER)
    with pytest.raises(NotAllowed):
        opinions.split(actor(role), opinion, ["甲。", "乙。"], at=AFTER)


def test_another_divisions_drafter_is_refused(app: Flask) -> None:
    opinion = opinions_of(accepted(open_consultation(), "甲。乙。"))[0]
    with pytest.raises(NotAllowed, match="不归您的处室办理"):
        service.decide(actor(Role.DRAFTER, "道路处"), opinion, Outcome.ADOPTED, "", at=AFTER)
