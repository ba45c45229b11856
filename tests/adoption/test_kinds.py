"""The kind of an opinion: proposed when it is made, set by a person, never undone by reading again, in the record."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption import kinds, opinions, queries, verification
from consult.adoption.errors import NotGiven, OpinionRefused
from consult.adoption.models import Opinion
from consult.ledger.verification import CheckedCounts
from consult.ledger.verification.rows import rows as covered_rows
from consult.moderation import service as moderation
from consult.store import db
from consult.text.opinion_kinds import OpinionKind
from tests.builders import a_user
from tests.ledger.test_rows import behind_the_back
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

CHANGE, QUESTION, COMPLAINT = OpinionKind.CHANGE, OpinionKind.QUESTION, OpinionKind.COMPLAINT


def test_a_kind_is_proposed_set_counted_and_kept(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    came = accepted(consultation, ("art-3", "请问优惠何时开始？"), "我要举报食堂乱收费。", "优惠太少。")
    question, complaint, change = opinions_of(consultation)
    assert [each.kind for each in (question, complaint, change)] == [QUESTION, COMPLAINT, CHANGE]
    assert kinds.set_kind(drafter, [question, complaint], None, at=AFTER) == 2
    assert kinds.set_kind(drafter, [question], QUESTION, at=AFTER) == 0
    assert kinds.set_kind(drafter, [change], COMPLAINT, at=AFTER) == 1
    asked = queries.with_decisions(consultation.id, kind=COMPLAINT)
    assert [line.opinion.id for line in asked] == [complaint.id, change.id]
    counted = {line.kind: (line.n, line.confirmed) for line in kinds.counts(drafter, consultation) if line.n}
    assert counted == {QUESTION: (1, 1), COMPLAINT: (2, 2)}
    moderation.undo(SYSTEM, came, at=AFTER)
    moderation.accept(SYSTEM, came, at=AFTER)
    kinds.read_again(change)
    assert (change.kind, change.kind_confirmed) == (COMPLAINT, True)


def test_what_was_not_read_yet_is_read_by_the_worker(app: Flask) -> None:
    consultation = open_consultation()
    accepted(consultation, "请问何时开始？", "优惠太少。")
    db.session.commit()
    first, second = opinions_of(consultation)
    kinds.set_kind(actor(Role.DRAFTER), [second], COMPLAINT, at=AFTER)
    first.kind = None  # as rows from before the column have it
    db.session.commit()
    with pytest.raises(OpinionRefused, match="尚未识别"):
        kinds.set_kind(actor(Role.DRAFTER), [first], None, at=AFTER)
    assert (kinds.read_new(AFTER), kinds.read_new(AFTER)) == (1, 0)
    assert (first.kind, second.kind) == (QUESTION, COMPLAINT)
    assert list(covered_rows(CheckedCounts())) == []


def test_pieces_have_kinds_of_their_own(app: Flask) -> None:
    consultation = open_consultation()
    accepted(consultation, "请问何时开始？\n\n我要举报食堂乱收费，请查处。")
    whole = opinions_of(consultation)[0]
    opinions.split(actor(Role.DRAFTER), whole, whole.content.split("\n\n"), at=AFTER)
    assert [piece.kind for piece in opinions_of(consultation)] == [QUESTION, COMPLAINT]
    with pytest.raises(OpinionRefused, match="已经拆分"):
        kinds.set_kind(actor(Role.DRAFTER), [whole], CHANGE, at=AFTER)


def test_who_helps_sets_kinds_only_of_what_was_given(app: Flask) -> None:
    from consult.adoption import assignments
    from consult.adoption.holdings import Work

    consultation = open_consultation()
    accepted(consultation, ("art-3", "优惠太少。"), "总体赞成。")
    given, other = opinions_of(consultation)
    helper = a_user(Role.DRAFTER, "helper", division="燃气处")
    assignments.assign(actor(Role.DRAFTER), consultation, [Work(anchor="art-3")], helper, at=AFTER)
    assert kinds.set_kind(Actor.of(helper), [given], COMPLAINT, at=AFTER) == 1
    with pytest.raises(NotGiven):
        kinds.set_kind(Actor.of(helper), [other, given], QUESTION, at=AFTER)
    assert given.kind is COMPLAINT


@pytest.mark.parametrize("forged", [{"kind": "support"}, {"kind_confirmed": False}, {"kind": None}])
def test_a_kind_that_was_set_and_is_forged_is_named(app: Flask, forged: dict[str, object]) -> None:
    consultation = open_consultation()
    accepted(consultation, "优惠太少。", "请问何时开始？")
    kinds.set_kind(actor(Role.DRAFTER), opinions_of(consultation)[:1], COMPLAINT, at=AFTER)
    db.session.commit()
    assert list(verification.opinions()) == []
    first = opinions_of(consultation)[0].id
    behind_the_back(update(Opinion).where(Opinion.id == first).values(**forged))
    (fault,) = verification.opinions()
    assert ("类型" in fault.message, fault.where) == (True, "opinion")
