"""Giving a consultation to a moderator of another division, and taking it back."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import Act, Actor, may
from consult.drafting import service as drafting
from consult.drafting.errors import GrantRefused
from consult.store import db
from tests.builders import NOON, a_consultation, a_user, an_actor


def test_a_moderator_sees_what_was_given_until_it_is_taken_back(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    moderator = a_user(Role.MODERATOR, division="信息中心")
    actor = Actor.of(moderator)
    assert not may(actor, Act.SCREEN, consultation)
    drafting.grant_access(author, consultation, moderator, at=NOON)
    assert may(actor, Act.SCREEN, consultation)
    assert may(actor, Act.SEE_CONSULTATION, consultation)
    assert not may(actor, Act.EDIT_CONSULTATION, consultation), "a role isn't widened by it"
    drafting.revoke_access(author, consultation, moderator, at=NOON)
    assert not may(actor, Act.SEE_CONSULTATION, consultation)


def test_it_is_given_to_moderators_of_other_divisions_only_and_once(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    outside = a_user(Role.MODERATOR, "outside", "信息中心")
    closed = a_user(Role.MODERATOR, "closed", "信息中心")
    closed.active = False
    db.session.commit()
    for user in (a_user(Role.DRAFTER, "d2", "燃气处"), closed):
        with pytest.raises(GrantRefused, match="不是在用的审核员"):
            drafting.grant_access(author, consultation, user, at=NOON)
    with pytest.raises(GrantRefused, match="可直接审核"):
        drafting.grant_access(author, consultation, a_user(Role.MODERATOR, "inside"), at=NOON)
    drafting.grant_access(author, consultation, outside, at=NOON)
    with pytest.raises(GrantRefused, match="已交办"):
        drafting.grant_access(author, consultation, outside, at=NOON)
    drafting.revoke_access(author, consultation, outside, at=NOON)
    with pytest.raises(GrantRefused, match="无需收回"):
        drafting.revoke_access(author, consultation, outside, at=NOON)


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.LEGAL, Role.AUDITOR])
def test_who_may_not_give_does_not(app: Flask, role: Role) -> None:
    consultation = a_consultation(an_actor(Role.DRAFTER))
    moderator = a_user(Role.MODERATOR, "outside", "信息中心")
    with pytest.raises(NotAllowed):
        drafting.grant_access(an_actor(role, "x"), consultation, moderator, at=NOON)
