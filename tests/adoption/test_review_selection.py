"""Decisions that wait for a reviewer, narrowed by filter and confirmed together as they were shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from consult.accounts import service as accounts
from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role, User
from consult.accounts.permissions import Actor
from consult.adoption import groups, service
from consult.adoption import review_selection as selections
from consult.adoption.errors import SameReviewer, SelectionChanged
from consult.adoption.models import Decision, DecisionState, OpinionGroup, Outcome
from consult.adoption.review_selection import ALL, GROUPS, SINGLE, Selection
from consult.drafting.models import Consultation
from consult.ledger.models import LedgerEntry
from consult.store import db
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

REASON = "现行规定已经写明，见第三条。"


@dataclass
class World:
    consultation: Consultation
    drafter: Actor
    colleague: Actor
    reviewer: Actor
    group: OpinionGroup

    def shown(self, selection: Selection = ALL, reviewer: Actor | None = None) -> selections.Shown:
        return selections.shown((reviewer or self.reviewer).id, self.consultation.id, selection)

    def confirm(self, selection: Selection, version: str) -> tuple[int, int]:
        return selections.review_selection(self.reviewer, self.consultation, selection, version, at=AFTER)

    def states(self) -> list[str]:
        db.session.expire_all()
        return [each.state.value for each in db.session.scalars(db.select(Decision).order_by(Decision.id))]


@pytest.fixture
def world(app: Flask) -> World:
    """Decisions 1 to 4: on article 1 and the whole by one drafter; on a group and its exception by another."""
    consultation = open_consultation()
    for anchor, text in (("art-1", "应当便民。"), ("", "总体赞成。"), *[("art-3", "优惠应当早些。")] * 3):
        accepted(consultation, (anchor, text))
    drafter, colleague = actor(Role.DRAFTER), actor(Role.DRAFTER)
    first, whole, *alike = opinions_of(consultation)
    group = groups.create_group(colleague, alike, "优惠", at=AFTER)
    service.decide(drafter, first, Outcome.ADOPTED, "", at=AFTER)
    service.decide(drafter, whole, Outcome.EXPLAINED, REASON, at=AFTER)
    service.decide(colleague, group, Outcome.NOT_ADOPTED, REASON, at=AFTER)
    service.decide(colleague, alike[0], Outcome.ADOPTED, "", at=AFTER)
    return World(consultation, drafter, colleague, actor(Role.LEGAL), group)


def test_what_is_shown_is_what_the_conditions_say(world: World) -> None:
    for selection, expected in (
        (ALL, [1, 2, 3, 4]),
        (Selection(author_id=world.drafter.id), [1, 2]),
        (Selection(anchors=("",)), [2]),
        (Selection(anchors=("art-3", "art-3-para-1")), [3, 4]),
        (Selection(outcome=Outcome.ADOPTED), [1, 4]),
        (Selection(group=GROUPS), [3]),
        (Selection(group=SINGLE), [1, 2, 4]),
        (Selection(group=str(world.group.id)), [3, 4]),
        (Selection(author_id=world.colleague.id, outcome=Outcome.ADOPTED), [4]),
        (Selection(author_id=world.drafter.id, group=GROUPS), []),
    ):
        waiting = world.shown(selection)
        assert list(waiting.ids) == expected
        listed = selections.reviewable_decisions(world.reviewer.id, world.consultation.id, selection)
        assert [decision.id for decision in listed] == expected
        assert sum(waiting.by_outcome.values()) == sum(waiting.by_place.values()) == len(expected)
    assert world.shown().by_place == {"art-1": 1, "": 1, "art-3": 2}
    assert list(world.shown(reviewer=world.drafter).ids) == [3, 4], "never one's own"


def test_all_that_was_shown_is_confirmed_in_batches_each_with_its_entry(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selections, "BATCH", 2)
    selection = Selection(outcome=Outcome.ADOPTED)
    assert world.confirm(selection, world.shown(selection).version) == (2, 0)
    assert world.states() == ["reviewed", "proposed", "proposed", "reviewed"]
    assert world.confirm(ALL, world.shown().version) == (2, 0)
    acts = db.session.scalars(db.select(LedgerEntry.id).where(LedgerEntry.act == "opinion.review")).all()
    assert len(acts) == 4
    assert world.confirm(ALL, world.shown().version) == (0, 0)


def test_what_changed_since_it_was_shown_is_shown_again_and_nothing_is_confirmed(world: World) -> None:
    whole = opinions_of(world.consultation)[1]
    later = AFTER + timedelta(minutes=1)
    for change in (
        lambda: service.decide(world.drafter, whole, Outcome.EXPLAINED, REASON + "另见第五条。", at=later),
        lambda: service.return_decision(
            world.reviewer, db.session.get_one(Decision, 1), "请补充理由并说明依据。", at=later
        ),
        lambda: service.decide(world.drafter, opinions_of(world.consultation)[0], Outcome.ADOPTED, "", at=later),
    ):
        version = world.shown().version
        change()
        with pytest.raises(SelectionChanged, match="尚未同意"):
            world.confirm(ALL, version)
    assert "reviewed" not in world.states()
    assert world.confirm(ALL, world.shown().version) == (4, 0)


def test_what_changes_between_two_batches_is_left_alone_and_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selections, "BATCH", 1)
    confirm, whole = selections.review_many, opinions_of(world.consultation)[1]

    def interrupted(*args: Any, **kwargs: Any) -> int:
        if service.current(whole).state is DecisionState.PROPOSED and not changed:
            changed.append(service.decide(world.drafter, whole, Outcome.ADOPTED, "", at=AFTER))
        return confirm(*args, **kwargs)

    changed: list[Decision] = []
    monkeypatch.setattr(selections, "review_many", interrupted)
    assert world.confirm(ALL, world.shown().version) == (3, 1)
    assert service.current(whole).state is DecisionState.PROPOSED


def test_two_accounts_of_one_person_confirm_nothing(world: World) -> None:
    accounts.set_password(
        world.reviewer if world.reviewer.role is Role.ADMIN else actor(Role.ADMIN),
        db.session.get_one(User, world.drafter.id),
        "一个只用于测试的长密码 2026",
        at=AFTER,
    )
    admin = Actor.of(db.session.scalars(db.select(User).where(User.role == Role.ADMIN)).one())
    waiting = world.shown(reviewer=admin)
    with pytest.raises(SameReviewer):
        selections.review_selection(admin, world.consultation, ALL, waiting.version, at=AFTER)
    others = Selection(author_id=world.colleague.id)
    version = world.shown(others, admin).version
    assert selections.review_selection(admin, world.consultation, others, version, at=AFTER) == (2, 0)


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.AUDITOR])
def test_who_does_not_review_confirms_no_selection(world: World, role: Role) -> None:
    with pytest.raises(NotAllowed):
        selections.review_selection(actor(role), world.consultation, ALL, world.shown().version, at=AFTER)
    elsewhere = actor(Role.DRAFTER, "燃气处")
    with pytest.raises(NotAllowed):
        selections.review_selection(elsewhere, world.consultation, ALL, world.shown().version, at=AFTER)
