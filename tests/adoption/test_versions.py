"""The version that an author was shown: nobody overwrites a colleague, on the page, together or by sheet."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.adoption import service
from consult.adoption.errors import DecisionChanged
from consult.adoption.models import Outcome
from consult.adoption.versions import UNDECIDED, is_seen, version_of
from tests.adoption.test_service import a_group, one_opinion
from tests.world import AFTER, actor, open_consultation, opinions_of

WHY = "现行法规已有规定。"


def test_a_decision_made_meanwhile_is_not_overwritten_and_is_named(app: Flask) -> None:
    first, second, opinion = actor(Role.DRAFTER), actor(Role.DRAFTER), one_opinion()
    made = service.decide(first, opinion, Outcome.NOT_ADOPTED, WHY, at=AFTER, seen=UNDECIDED)
    with pytest.raises(DecisionChanged, match=f"{first.name}已作出处理（未采纳，待复核）") as refused:
        service.decide(second, opinion, Outcome.ADOPTED, "", at=AFTER, seen=UNDECIDED)
    assert (refused.value.decision, service.current(opinion)) == (made, made)
    again = service.decide(second, opinion, Outcome.ADOPTED, "", at=AFTER, seen=version_of(made))
    assert service.current(opinion) is again


def test_a_review_meanwhile_counts_as_a_change(app: Flask) -> None:
    drafter, opinion = actor(Role.DRAFTER), one_opinion()
    made = service.decide(drafter, opinion, Outcome.NOT_ADOPTED, WHY, at=AFTER, seen=UNDECIDED)
    shown = version_of(made)
    service.review(actor(Role.LEGAL), made, at=AFTER)
    with pytest.raises(DecisionChanged, match="已复核"):
        service.decide(drafter, opinion, Outcome.ADOPTED, "", at=AFTER, seen=shown)


def test_what_the_group_got_meanwhile_is_seen_by_who_decides_on_a_member(app: Flask) -> None:
    consultation = open_consultation()
    group = a_group(consultation)
    member = opinions_of(consultation)[0]
    service.decide(actor(Role.DRAFTER), group, Outcome.NOT_ADOPTED, WHY, at=AFTER)
    with pytest.raises(DecisionChanged):
        service.decide(actor(Role.DRAFTER), member, Outcome.ADOPTED, "", at=AFTER, seen=UNDECIDED)


def test_of_several_at_once_none_is_decided_when_one_changed(app: Flask) -> None:
    consultation = open_consultation()
    a_group(consultation)
    three = opinions_of(consultation)
    seen = {opinion.id: UNDECIDED for opinion in three}
    service.decide(actor(Role.DRAFTER), three[1], Outcome.NOT_ADOPTED, WHY, at=AFTER)
    with pytest.raises(DecisionChanged):
        service.decide_many(actor(Role.DRAFTER), three, Outcome.ADOPTED, "", at=AFTER, seen=seen)
    assert [service.current(opinion) is None for opinion in opinions_of(consultation)] == [True, False, True]


def test_a_sheet_of_an_earlier_release_is_known_by_its_version(app: Flask) -> None:
    made = service.decide(actor(Role.DRAFTER), one_opinion(), Outcome.NOT_ADOPTED, WHY, at=AFTER)
    earlier = version_of(made).replace("p-", "-")
    assert (is_seen(earlier, made), is_seen(earlier.replace(f"v{made.id}", "v99"), made)) == (True, False)
    assert not is_seen(UNDECIDED, made)
