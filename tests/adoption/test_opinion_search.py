"""Opinions are found by words, in either script, among all of them, with whatever else is asked."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.adoption import groups, opinion_search, service
from consult.adoption.models import Outcome
from consult.drafting.models import Consultation
from consult.intake import search
from consult.intake.models import Channel, SenderKind
from consult.store import db
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    consultation = open_consultation()
    accepted(consultation, ("art-3", "菜價應當公示在門口。"), ("art-4", "建议延长营业时间。"), name="李雷")
    accepted(consultation, ("art-3", "菜价应当每天公示。"), name="王芳", channel=Channel.LETTER)
    accepted(consultation, "营业时间太短，菜价太高。", name="某公司", sender_kind=SenderKind.ENTERPRISE)
    index()
    return consultation


def index() -> None:
    search.read_new(AFTER)
    db.session.rollback()


def found(consultation: Consultation, words: str, **narrowed: Any) -> list[str]:
    return [line.opinion.content for line in opinion_search.find(consultation.id, words, **narrowed)]


@pytest.mark.parametrize("words", ["菜价", "菜價"])
def test_both_scripts_find_both_the_latest_first(consultation: Consultation, words: str) -> None:
    assert found(consultation, words) == ["营业时间太短，菜价太高。", "菜价应当每天公示。", "菜價應當公示在門口。"]


def test_only_the_opinion_that_says_it_of_a_submission_of_several(consultation: Consultation) -> None:
    assert found(consultation, "延长营业") == ["建议延长营业时间。"]


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("菜价 营业", ["营业时间太短，菜价太高。"]),
        ("李雷", ["建议延长营业时间。", "菜價應當公示在門口。"]),
        ("菜", []),
        ("", []),
        ("%_", []),
        ("没有这样的话", []),
    ],
)
def test_every_term_counts_and_the_sender_is_searched(consultation: Consultation, words: str, texts: list[str]) -> None:
    assert found(consultation, words) == texts


def test_the_number_of_a_receipt_finds_all_its_opinions(consultation: Consultation) -> None:
    first = opinions_of(consultation)[0]
    assert len(found(consultation, first.submission.number)) == 2


def test_what_else_is_asked_narrows_it(consultation: Consultation) -> None:
    assert found(consultation, "菜价", channel=Channel.LETTER) == ["菜价应当每天公示。"]
    assert found(consultation, "菜价", sender_kind=SenderKind.ENTERPRISE) == ["营业时间太短，菜价太高。"]
    assert found(consultation, "菜价", anchors=["art-3"]) == ["菜价应当每天公示。", "菜價應當公示在門口。"]
    assert found(consultation, "菜价", outcome=Outcome.ADOPTED) == []


def test_the_decision_of_the_group_counts(consultation: Consultation) -> None:
    same = [opinion for opinion in opinions_of(consultation) if opinion.anchor == "art-3"]
    drafter = actor(Role.DRAFTER)
    group = groups.create_group(drafter, same, "菜价应当公示", at=AFTER)
    service.decide(drafter, group, Outcome.ADOPTED, "", at=AFTER)
    assert found(consultation, "菜价", outcome=Outcome.ADOPTED) == ["菜价应当每天公示。", "菜價應當公示在門口。"]
    assert found(consultation, "菜价", undecided=True) == ["营业时间太短，菜价太高。"]


def test_pages_go_on_within_a_submission_and_show_each_once(app: Flask) -> None:
    consultation = open_consultation()
    for n in range(4):
        accepted(consultation, *[f"第{n}件第{k}条：应当公示菜价。" for k in range(3)])
    index()
    shown, before = [], 0
    while page := opinion_search.find(consultation.id, "公示菜价", before=before, limit=2):
        shown += [line.opinion.id for line in page]
        before = shown[-1]
    assert shown == sorted((opinion.id for opinion in opinions_of(consultation)), reverse=True)


def test_another_consultations_opinions_are_not_found(consultation: Consultation) -> None:
    other = open_consultation(slug="other")
    accepted(other, "菜价在别处。")
    index()
    assert "菜价在别处。" not in found(consultation, "菜价")
