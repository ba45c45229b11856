"""Provisions proposed for opinions on the whole draft, and confirmed by a person."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.adoption import opinions, placement
from consult.adoption.errors import OpinionRefused
from consult.adoption.models import Opinion
from consult.drafting.models import Consultation
from consult.ledger.models import LedgerEntry
from consult.store import db
from tests.adoption.test_changes import BEFORE
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    consultation = open_consultation(text=BEFORE)
    for text in ("第五条首小时免费太短。", "总体赞成。", "停车场公示收费标准和投诉电话，应当公示在入口。"):
        accepted(consultation, text)
    accepted(consultation, ("art-2", "第五条也要改。"))
    return consultation


def anchors(consultation: Consultation) -> list[str]:
    db.session.expire_all()
    return [opinion.anchor for opinion in opinions_of(consultation)]


def test_only_opinions_on_the_whole_draft_get_a_proposal(consultation: Consultation) -> None:
    proposed = list(placement.proposals(actor(Role.DRAFTER), consultation))
    assert [(each.place.anchor, each.place.because.value, each.sure) for each in proposed] == [
        ("art-5", "cited", True),
        ("art-2", "likeness", False),
    ]
    assert anchors(consultation) == ["", "", "", "art-2"]


def test_proposals_are_paged_by_opinion(consultation: Consultation) -> None:
    drafter = actor(Role.DRAFTER)
    (first,) = placement.proposals(drafter, consultation, limit=1)
    (second,) = placement.proposals(drafter, consultation, after=first.opinion.id, limit=1)
    assert (first.place.anchor, second.place.anchor) == ("art-5", "art-2")


def test_many_are_placed_at_once_each_with_an_act_of_the_record(consultation: Consultation) -> None:
    drafter = actor(Role.DRAFTER)
    first, _, third, fourth = opinions_of(consultation)
    wanted = {first.id: "art-5", third.id: "art-2", fourth.id: "art-2"}
    assert placement.place_many(drafter, consultation, wanted, at=AFTER) == 2
    assert anchors(consultation) == ["art-5", "", "art-2", "art-2"]
    acts = db.session.scalars(db.select(LedgerEntry.subject).where(LedgerEntry.act == "opinion.place")).all()
    assert sorted(acts) == sorted([f"opinion:{first.id}", f"opinion:{third.id}"])


def test_all_or_none(consultation: Consultation) -> None:
    drafter = actor(Role.DRAFTER)
    first, second, *_ = opinions_of(consultation)
    with pytest.raises(OpinionRefused, match="没有这一处条文"):
        placement.place_many(drafter, consultation, {first.id: "art-5", second.id: "art-99"}, at=AFTER)
    with pytest.raises(OpinionRefused, match="没有第 4711 号意见"):
        placement.place_many(drafter, consultation, {first.id: "art-5", 4711: "art-1"}, at=AFTER)
    with pytest.raises(OpinionRefused, match="请先勾选"):
        placement.place_many(drafter, consultation, {}, at=AFTER)
    assert anchors(consultation)[0] == ""


def test_who_may_not_decide_may_not_place(consultation: Consultation) -> None:
    first = opinions_of(consultation)[0]
    with pytest.raises(NotAllowed):
        placement.place_many(actor(Role.AUDITOR), consultation, {first.id: "art-5"}, at=AFTER)


def test_a_split_opinion_is_proposed_piece_by_piece(consultation: Consultation) -> None:
    whole = opinions_of(accepted(consultation, "第三条标志太小。\n\n第六条谁来划定？"))[0]
    drafter = actor(Role.DRAFTER)
    opinions.split(drafter, whole, ["第三条标志太小。", "第六条谁来划定？"], at=AFTER)
    got = [each.place.anchor for each in placement.proposals(drafter, consultation, after=whole.id)]
    assert got == ["art-3", "art-6"]
    assert db.session.get_one(Opinion, whole.id).withdrawn
