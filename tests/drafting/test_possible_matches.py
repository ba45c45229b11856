"""A person says whether two provisions are counterparts; opinions wait until then, and the record has it."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.drafting import service as drafting
from consult.drafting import version_comparison, versions
from consult.drafting.errors import WrongState
from consult.drafting.models import Consultation, DraftVersion, VersionKind
from consult.faces.cli.ledger import everything_wrong
from consult.ledger.verification import CheckedCounts
from consult.store import db
from consult.text.numerals import write_number
from tests.builders import NOON, an_actor, an_open_consultation, docx_of
from tests.text.comparison.test_counterparts import AFTER, BEFORE

PAIR = ("art-6", "art-8")


def written(articles: list[str]) -> str:
    return "\n".join(["社区食堂管理办法", *(f"第{write_number(n)}条 {text}" for n, text in enumerate(articles, 1))])


@pytest.fixture
def drafter(app: Flask) -> Actor:
    return an_actor(Role.DRAFTER)


@pytest.fixture
def consultation(drafter: Actor) -> Consultation:
    made = an_open_consultation(drafter, an_actor(Role.PUBLISHER), text=written(BEFORE))
    versions.add_version(
        drafter, made, kind=VersionKind.REVISED, file_name="修改稿.docx", data=docx_of(written(AFTER)), at=NOON
    )
    return made


def both(consultation: Consultation) -> tuple[DraftVersion, DraftVersion]:
    old, new = consultation.versions
    return old, new


def anchors(consultation: Consultation) -> set[tuple[str, str]]:
    return {(each.old.anchor, each.new.anchor) for each in version_comparison.between(*both(consultation)).possible}


def test_an_opinions_provision_follows_once_a_person_confirms(consultation: Consultation, drafter: Actor) -> None:
    old, new = both(consultation)
    assert PAIR in anchors(consultation)
    assert version_comparison.locate(consultation, "art-6", new).anchor is None
    version_comparison.judge(drafter, old, new, PAIR, holds=True, at=NOON)
    assert version_comparison.locate(consultation, "art-6", new).anchor == "art-8"
    assert PAIR not in anchors(consultation)
    assert [fault.message for fault in everything_wrong(CheckedCounts())] == []


def test_what_was_judged_can_be_judged_otherwise_and_the_last_word_counts(
    consultation: Consultation, drafter: Actor
) -> None:
    old, new = both(consultation)
    for holds in (False, True, False):
        version_comparison.judge(drafter, old, new, PAIR, holds=holds, at=NOON)
        located = version_comparison.locate(consultation, "art-6", new).anchor
        assert located == ("art-8" if holds else None)
        assert PAIR not in anchors(consultation)
    assert [row.holds for row in version_comparison.judgements(old.id, new.id)] == [False, True, False]
    with pytest.raises(WrongState, match="已经核对"):
        version_comparison.judge(drafter, old, new, PAIR, holds=False, at=NOON)


@pytest.mark.parametrize("pair", [("art-1", "art-9"), ("art-6", "art-99"), ("", ""), ("art-6", "art-1")])
def test_only_what_is_offered_can_be_judged(consultation: Consultation, drafter: Actor, pair: tuple[str, str]) -> None:
    with pytest.raises(WrongState):
        version_comparison.judge(drafter, *both(consultation), pair, holds=True, at=NOON)


def test_only_who_drafts_it_judges(consultation: Consultation) -> None:
    for actor in (an_actor(Role.DRAFTER, "elsewhere", "别处"), an_actor(Role.LEGAL, "legal")):
        with pytest.raises(NotAllowed):
            version_comparison.judge(actor, *both(consultation), PAIR, holds=True, at=NOON)


def test_versions_of_two_consultations_cant_be_judged(consultation: Consultation, drafter: Actor) -> None:
    other = drafting.create(
        drafter, title="另一件", kind="normative-document", file_name="x.docx", data=docx_of(written(AFTER)), at=NOON
    )
    with pytest.raises(WrongState, match="不能对照"):
        version_comparison.judge(drafter, consultation.versions[0], other.versions[0], PAIR, holds=True, at=NOON)
    db.session.rollback()
