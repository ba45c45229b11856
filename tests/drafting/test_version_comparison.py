"""Versions beside each other: what everybody may see of them, and where a provision went."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.drafting import version_comparison, versions
from consult.drafting.errors import WrongState
from consult.drafting.models import Consultation, DraftVersion, Stage, VersionKind
from consult.store import db
from tests.builders import DRAFT, NOON, a_consultation, an_actor, an_open_consultation

IN_FORCE = DRAFT.replace("（征求意见稿）", "").replace("七十周岁", "八十周岁")
REVISED = (
    DRAFT.replace("（征求意见稿）", "（修改稿）")
    .replace(
        "第二章 运营\n第三条",
        "第二章 运营\n第三条 街道办事处应当为社区食堂提供免费场地，并按年公布场地清单。\n第四条",
    )
    .replace("第四条 社区食堂的运营单位", "第五条 社区食堂的运营单位")
    .replace("七十周岁", "六十五周岁")
    .replace("第五条 本办法自", "第六条 本办法自")
)


@pytest.fixture
def drafter(app: Flask) -> Actor:
    return an_actor(Role.DRAFTER)


def add(actor: Actor, consultation: Consultation, kind: VersionKind, text: str) -> DraftVersion:
    return versions.add_version(actor, consultation, kind=kind, file_name="x.txt", data=text.encode(), at=NOON)


def test_an_item_is_followed_into_the_article_that_it_stands_in_now(drafter: Actor) -> None:
    consultation = an_open_consultation(drafter, an_actor(Role.PUBLISHER))
    revised = add(drafter, consultation, VersionKind.REVISED, REVISED)
    assert version_comparison.locate(consultation, "art-3-para-1-item-3", revised) == version_comparison.NewAnchor(
        "art-4-para-1-item-3", True
    )
    later = version_comparison.later_provision(consultation, "art-3-para-1-item-3")
    assert later is not None
    assert later.match is not None
    assert later.version.id == revised.id
    assert [node.anchor for node in later.match.new] == ["art-4"]
    assert ("insert", "六") in [(piece.op.value, piece.text) for piece in later.match.pieces]


def test_the_whole_draft_and_a_draft_without_a_later_version_lead_nowhere_else(drafter: Actor) -> None:
    consultation = an_open_consultation(drafter, an_actor(Role.PUBLISHER))
    assert version_comparison.later_provision(consultation, "art-3") is None
    add(drafter, consultation, VersionKind.REVISED, REVISED)
    assert version_comparison.later_provision(consultation, "") is None


def test_a_revised_draft_is_never_among_what_everybody_may_compare(drafter: Actor) -> None:
    consultation = an_open_consultation(drafter, an_actor(Role.PUBLISHER))
    add(drafter, consultation, VersionKind.REVISED, REVISED)
    for stage in (Stage.RELEASED, Stage.FEEDBACK_PUBLISHED, Stage.SUBMITTED_TO_MEETING, Stage.PROMULGATED):
        consultation.stage = stage
        assert version_comparison.public_pairs(consultation) == {}
    db.session.rollback()


def test_the_promulgated_text_is_for_everybody_once_it_is_promulgated(drafter: Actor) -> None:
    consultation = an_open_consultation(drafter, an_actor(Role.PUBLISHER))
    with pytest.raises(WrongState, match="提请审议之后"):
        add(drafter, consultation, VersionKind.PROMULGATED, REVISED)
    consultation.stage = Stage.SUBMITTED_TO_MEETING
    db.session.commit()
    final = add(drafter, consultation, VersionKind.PROMULGATED, REVISED)
    assert version_comparison.public_pairs(consultation) == {}
    consultation.stage = Stage.PROMULGATED
    assert [version.id for version in version_comparison.public_pairs(consultation)["promulgated"]] == [
        consultation.public_version_id,
        final.id,
    ]
    db.session.rollback()


def test_the_text_in_force_comes_before_the_review_and_is_not_the_one_for_comment(drafter: Actor) -> None:
    consultation = a_consultation(drafter)
    out = consultation.public_version_id
    base = add(drafter, consultation, VersionKind.IN_FORCE, IN_FORCE)
    assert consultation.public_version_id == out
    assert version_comparison.public_pairs(consultation)["in-force"][0].id == base.id
    assert version_comparison.previous(consultation, consultation.public_version) is base  # type: ignore[arg-type]
    assert version_comparison.in_order(consultation.public_version, base)[0] is base  # type: ignore[arg-type]


def test_the_text_in_force_cant_be_slipped_in_after_the_review(drafter: Actor) -> None:
    consultation = an_open_consultation(drafter, an_actor(Role.PUBLISHER))
    with pytest.raises(WrongState, match="现行文本"):
        add(drafter, consultation, VersionKind.IN_FORCE, IN_FORCE)
    assert VersionKind.IN_FORCE not in versions.addable_kinds(consultation)


def test_a_second_revised_draft_is_compared_with_the_first(drafter: Actor) -> None:
    consultation = an_open_consultation(drafter, an_actor(Role.PUBLISHER), at=NOON - timedelta(days=60))
    first = add(drafter, consultation, VersionKind.REVISED, REVISED)
    second = add(drafter, consultation, VersionKind.REVISED, REVISED.replace("清单", "名单"))
    assert version_comparison.previous(consultation, second) is first
    assert [match.new[0].anchor for match in version_comparison.between(first, second).changes] == ["art-3"]
