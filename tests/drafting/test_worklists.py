"""Lists for staff: whom they show what, by state and by key; the same as the rules in Python say one by one."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from consult.accounts.models import Role, User
from consult.accounts.permissions import SYSTEM, Act, Actor, may
from consult.drafting import service as drafting
from consult.drafting import worklists
from consult.drafting.models import State
from tests.builders import NOON, a_consultation, a_user, an_actor, an_open_consultation


def actors() -> list[Actor]:
    """Return an actor of every role in each of two divisions, and one that belongs to none."""
    made = [
        Actor.of(a_user(role, f"{role.value}-{division}", division))
        for role in Role
        for division in ("社区服务处", "燃气处")
    ]
    return [*made, SYSTEM, Actor("user", 10_000, "没有处室的人", Role.DRAFTER, None)]


def test_the_list_shows_exactly_what_an_account_may_see(app: Flask) -> None:
    everybody = actors()
    held = [
        a_consultation(Actor.of(a_user(Role.DRAFTER, f"d{n}", name)))
        for n, name in enumerate(["社区服务处", "燃气处", "建管处"])
    ]
    stranger = a_user(Role.MODERATOR, "given", "信息中心")
    drafting.grant_access(SYSTEM, held[2], stranger, at=NOON)
    for actor in [*everybody, Actor.of(stranger)]:
        shown = worklists.listing(actor, NOON)
        assert {consultation.id for consultation in shown} == {
            consultation.id for consultation in held if may(actor, Act.SEE_CONSULTATION, consultation)
        }, actor
        assert sum(worklists.count_by_state(actor, NOON).values()) == len(shown)


def test_each_state_lists_exactly_those_in_it_at_every_moment(app: Flask) -> None:
    author, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
    a_consultation(author)
    waiting = a_consultation(author)
    drafting.submit_for_review(author, waiting, at=NOON)
    out = an_open_consultation(author, publisher)
    later = a_consultation(author)
    drafting.submit_for_review(author, later, at=NOON)
    period = drafting.publish(publisher, later, at=NOON, opens=(NOON + timedelta(days=5)).date())
    gone = an_open_consultation(author, publisher)
    drafting.withdraw(publisher, gone, "理由充分。", at=NOON)
    assert out.closes_at is not None
    assert later.opens_at is not None
    edge = timedelta(microseconds=1)
    moments = [NOON, later.opens_at - edge, later.opens_at, out.closes_at - edge, out.closes_at, period.closes_at]
    for at in moments:
        counts = worklists.count_by_state(SYSTEM, at)
        for state in State:
            listed = worklists.listing(SYSTEM, at, state=state)
            assert all(consultation.state(at) is state for consultation in listed), (state, at)
            assert counts[state] == len(listed), (state, at)
        assert sum(counts.values()) == 5


def test_pages_follow_one_another_by_key(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    made = [a_consultation(author).id for _ in range(5)]
    first = worklists.listing(author, NOON, limit=2)
    second = worklists.listing(author, NOON, before=first[-1].id, limit=2)
    third = worklists.listing(author, NOON, before=second[-1].id, limit=2)
    assert [consultation.id for consultation in (*first, *second, *third)] == made[::-1]


def test_finished_consultations_are_not_on_hand_and_what_ends_first_is_in_front(app: Flask) -> None:
    author, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
    fresh = a_consultation(author)
    late, soon = (an_open_consultation(author, publisher, at=NOON - timedelta(days=days)) for days in (1, 20))
    gone = an_open_consultation(author, publisher)
    drafting.withdraw(publisher, gone, "理由充分。", at=NOON)
    assert worklists.unfinished(author) == [soon, late, fresh]


def test_a_consultation_can_be_given_to_open_accounts_of_moderators_elsewhere(app: Flask) -> None:
    consultation = a_consultation(an_actor(Role.DRAFTER))
    elsewhere: User = a_user(Role.MODERATOR, "elsewhere", "信息中心")
    a_user(Role.MODERATOR, "inside")
    closed = a_user(Role.MODERATOR, "closed", "信息中心")
    closed.active = False
    a_user(Role.DRAFTER, "drafter2", "信息中心")
    assert worklists.grantable_moderators(consultation) == [elsewhere]
    drafting.grant_access(SYSTEM, consultation, elsewhere, at=NOON)
    assert worklists.grantable_moderators(consultation) == []
    assert worklists.granted_moderators(consultation) == [elsewhere]
