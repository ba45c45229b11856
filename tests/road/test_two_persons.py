"""Wherever the platform asks for two persons, an account whose password the other set is not the second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.errors import Refused
from consult.accounts.models import Role, User
from consult.accounts.permissions import Actor
from consult.adoption import service as adoption
from consult.adoption.models import Decision, Opinion, Outcome
from consult.drafting import publication
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.ledger.service import record
from consult.meeting import flags
from consult.moderation import service as moderation
from consult.reporting import service as reporting
from consult.reporting.models import FeedbackReport
from consult.review import service as review
from consult.review.models import ReviewKind
from consult.store import db
from tests.builders import NOON, a_consultation, a_submission, an_actor, an_open_consultation

AFTER = NOON + timedelta(days=40)


class People:
    """The accounts of the road, none of which set the password of another yet."""

    def __init__(self) -> None:
        self.drafter, self.publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
        self.second, self.legal = an_actor(Role.PUBLISHER, "second"), an_actor(Role.LEGAL)
        self.moderator = an_actor(Role.MODERATOR)


def sets_password(giver: Actor, taker: Actor) -> None:
    """Write down that one set the other's password, as the verb of accounts does."""
    username = db.session.get_one(User, taker.id).username
    record(giver, "account.set_password", f"user:{username}", at=NOON)
    db.session.commit()


def decided(people: People) -> tuple[Consultation, Decision]:
    consultation = an_open_consultation(people.drafter, people.publisher)
    receipt = a_submission(consultation, at=NOON + timedelta(days=1))
    moderation.accept(people.moderator, receipt.submission, at=NOON + timedelta(days=1))
    opinion = db.session.query(Opinion).one()
    return consultation, adoption.decide(people.drafter, opinion, Outcome.ADOPTED, "", at=AFTER)


def in_review(people: People) -> FeedbackReport:
    consultation, decision = decided(people)
    adoption.review(people.legal, decision, at=AFTER)
    report = reporting.compile_report(people.drafter, consultation, at=AFTER)
    reporting.submit_for_review(people.drafter, report, at=AFTER)
    return report


def releasing(people: People) -> tuple[Actor, Actor, Callable[[], object]]:
    consultation = a_consultation(people.drafter, at=NOON - timedelta(days=1))
    drafting.submit_for_review(people.drafter, consultation, at=NOON)
    return people.drafter, people.publisher, lambda: publication.publish(people.publisher, consultation, at=NOON)


def reviewing_a_decision(people: People) -> tuple[Actor, Actor, Callable[[], object]]:
    _, decision = decided(people)
    return people.drafter, people.legal, lambda: adoption.review(people.legal, decision, at=AFTER)


def reviewing_a_report(people: People) -> tuple[Actor, Actor, Callable[[], object]]:
    report = in_review(people)
    return people.drafter, people.publisher, lambda: reporting.review(people.publisher, report, at=AFTER)


def publishing_a_report(people: People) -> tuple[Actor, Actor, Callable[[], object]]:
    report = in_review(people)
    reporting.review(people.publisher, report, at=AFTER)
    return people.publisher, people.second, lambda: reporting.publish(people.second, report, at=AFTER)


def confirming_a_statement(people: People) -> tuple[Actor, Actor, Callable[[], object]]:
    consultation = an_open_consultation(people.drafter, people.publisher)
    fact = flags.state_fact(
        people.legal, consultation, "enterprise_unrelated", True, at=AFTER, note="只规定内部流程，不涉及企业。"
    )
    return people.legal, people.second, lambda: flags.confirm_fact(people.second, fact, at=AFTER)


def concluding_on_the_draft(people: People) -> tuple[Actor, Actor, Callable[[], object]]:
    consultation = an_open_consultation(people.drafter, people.publisher)
    return (
        people.drafter,
        people.legal,
        lambda: review.check_reviewer(people.legal, consultation, ReviewKind.LEGALITY),
    )


STEPS = (
    releasing,
    reviewing_a_decision,
    reviewing_a_report,
    publishing_a_report,
    confirming_a_statement,
    concluding_on_the_draft,
)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("turned", [False, True])
def test_who_set_the_others_password_is_not_the_second_person(
    app: Flask, step: Callable[[People], tuple[Actor, Actor, Callable[[], object]]], turned: bool
) -> None:
    first, second, act = step(People())
    giver, taker = (second, first) if turned else (first, second)
    sets_password(giver, taker)
    with pytest.raises(Refused, match="不能视为两人办理"):
        act()


@pytest.mark.parametrize("step", STEPS)
def test_two_persons_may(app: Flask, step: Callable[[People], tuple[Actor, Actor, Callable[[], object]]]) -> None:
    _, _, act = step(People())
    act()
