"""A stored version keeps the provisions and anchors that it was read with, whatever the parser reads today."""

from __future__ import annotations

import json
from itertools import count

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.drafting import rereading, stored_drafts, version_comparison, versions
from consult.drafting import service as drafting
from consult.drafting.errors import WrongState
from consult.drafting.models import Consultation, DraftVersion, VersionKind
from consult.drafting.versions import DraftSource, FlatRow
from consult.faces import draft_files
from consult.faces.cli.ledger import everything_wrong
from consult.ledger.verification import CheckedCounts
from consult.store import db
from consult.text.parser.provisions import parse
from tests.builders import NOON, a_consultation, an_actor, an_open_consultation

LETTER = (
    "某市人民政府关于加强供水管理的通知\n某政发〔2026〕5号\n各区人民政府：\n一、提高认识\n（一）统一思想。各地要重视。\n"
    "附件：1.名单\n2.价格表\n某市人民政府\n2026年5月8日\n"
)
EARLIER = [
    ("para-1", "paragraph", 0, "", "", "各区人民政府："),
    ("head-1", "clause", 0, "一、", "提高认识", ""),
    ("head-1-sub-1", "clause", 1, "（一）", "统一思想", "各地要重视。"),
    ("head-1-sub-1-para-2", "paragraph", 2, "", "", "附件：1.名单"),
    ("head-1-sub-1-num-2", "clause", 2, "2.", "价格表", ""),
    ("head-1-sub-1-num-2-para-2", "paragraph", 3, "", "", "某市人民政府"),
    ("head-1-sub-1-num-2-para-3", "paragraph", 3, "", "", "2026年5月8日"),
]
"""The letter as it was read before lists of annexes and signatures were taken from the body."""


@pytest.fixture
def drafter(app: Flask) -> Actor:
    return an_actor(Role.DRAFTER)


def stored(actor: Actor, consultation: Consultation, kind: VersionKind) -> DraftVersion:
    position = count()
    rows = [
        FlatRow(next(position), depth, anchor, anchor.rpartition("-")[0] or None, kind, number, heading, text)
        for anchor, kind, depth, number, heading, text in EARLIER
    ]
    source = DraftSource(LETTER, "某市人民政府关于加强供水管理的通知", rows, [])
    data = LETTER.encode()
    return versions.add_version(actor, consultation, kind=kind, file_name="a.txt", data=data, at=NOON, source=source)


def test_a_version_stored_by_an_earlier_reading_keeps_its_anchors(drafter: Actor) -> None:
    version = stored(drafter, a_consultation(drafter), VersionKind.FOR_COMMENT)
    draft = stored_drafts.read(version)
    assert [step.provision.anchor for step in draft.walk()] == [row[0] for row in EARLIER]
    assert [step.provision.anchor for step in parse(LETTER).walk()] != [row[0] for row in EARLIER]
    whole = "".join(f"{node.written}{node.text}" for top in draft.in_order() for node in top.walk())
    assert whole == "".join(LETTER.split())
    assert [node.place for node in draft.in_order()] == [1, 2, 3, 4]


def test_its_files_and_comparisons_speak_of_the_stored_anchors(drafter: Actor) -> None:
    consultation = an_open_consultation(drafter, an_actor(Role.PUBLISHER))
    earlier = stored(drafter, consultation, VersionKind.REVISED)
    exported = json.loads(draft_files._written(earlier, "json"))
    assert [node["anchor"] for node in exported["provisions"]] == ["para-1", "head-1"]
    assert "（一）统一思想。" in draft_files._written(earlier, "md").decode()
    data = LETTER.encode()
    again = versions.add_version(drafter, consultation, kind=VersionKind.REVISED, file_name="a.txt", data=data, at=NOON)
    assert {node.anchor for node in stored_drafts.read(again).provisions} >= {"addressee-1", "attachment-1"}
    comparison = version_comparison.between(earlier, again)
    assert comparison.anchors["head-1-sub-1"] == "head-1-sub-1"


def test_a_version_that_is_read_as_ever_is_the_parsed_draft(drafter: Actor) -> None:
    version = a_consultation(drafter).versions[0]
    assert db.session.get(DraftVersion, version.id) is version
    assert stored_drafts.read(version) == parse(version.text)


def test_a_better_reading_is_offered_and_becomes_a_version_by_an_act(drafter: Actor) -> None:
    consultation = a_consultation(drafter)
    version = stored(drafter, consultation, VersionKind.FOR_COMMENT)
    again = rereading.rereading(version)
    assert again is not None
    changed = [
        (tuple(row.anchor for row in before), tuple(row.anchor for row in after)) for before, after in again.differences
    ]
    assert any("head-1-sub-1-num-2" in before for before, _ in changed)
    made = rereading.reread(drafter, version, at=NOON)
    assert (made.number, made.kind, made.file_digest, made.text) == (3, version.kind, version.file_digest, version.text)
    assert [row.anchor for row in version.provisions] == [row[0] for row in EARLIER]
    assert [row.anchor for row in made.provisions] == [step.provision.anchor for step in parse(LETTER).walk()]
    assert rereading.rereading(made) is None
    with pytest.raises(WrongState, match="不用重读"):
        rereading.reread(drafter, made, at=NOON)
    assert [fault.message for fault in everything_wrong(CheckedCounts())] == []


def test_a_reading_that_opinions_stand_on_is_never_replaced(drafter: Actor) -> None:
    consultation = a_consultation(drafter)
    version = stored(drafter, consultation, VersionKind.FOR_COMMENT)
    drafting.submit_for_review(drafter, consultation, at=NOON)
    with pytest.raises(WrongState, match="送审后不能更换"):
        rereading.reread(drafter, version, at=NOON)
    with pytest.raises(NotAllowed):
        rereading.reread(an_actor(Role.LEGAL, "legal"), version, at=NOON)
