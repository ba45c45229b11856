"""What a year's calendar moves, and the extensions that follow at one confirmation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.calendars import service as calendars
from consult.calendars.errors import CalendarRefused
from consult.clock import LOCAL
from consult.consultees import extensions, invitations
from consult.consultees.deadlines import count_in_words
from consult.consultees.models import Invitation
from consult.drafting import publication
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, State
from consult.faces.cli.ledger import everything_wrong
from consult.law.reviews import ReviewKind
from consult.ledger.queries import entries
from consult.ledger.verification import CheckedCounts
from consult.postponement import service
from consult.postponement.moves import OVER, PERIOD, STANDS, Effect
from consult.privacy import requests
from consult.privacy.models import RequestKind
from consult.review import service as reviews
from consult.store import db
from tests.builders import a_consultation, a_submission, an_actor, an_open_consultation
from tests.calendars.notices import BASIS, a_notice, days
from tests.consultees.answering import an_invited, answer
from tests.consultees.meetings import arranged
from tests.law.test_holidays import REST
from tests.together import both

NOW = datetime(2026, 12, 20, 2, 0, tzinfo=UTC)


def noon(day: date) -> datetime:
    """Return the noon of a local day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=LOCAL)


def ending(last: date, slug: str, **fields: object) -> Consultation:
    """Return a consultation whose 30 days end on a day that is presumed to be worked."""
    author, publisher = an_actor(Role.DRAFTER, f"{slug}-author"), an_actor(Role.PUBLISHER, f"{slug}-publisher")
    made = an_open_consultation(author, publisher, at=noon(last - timedelta(days=30)), slug=slug, **fields)
    assert made.last_day == last
    return made


def dates(moves: list[service.Move]) -> list[tuple[str, str, str, str]]:
    return [(move.slug, move.what, move.before.isoformat(), move.after.isoformat()) for move in moves]


def faults() -> list[str]:
    return [fault.message for fault in everything_wrong(CheckedCounts())]


@pytest.fixture
def publisher(app: Flask) -> Actor:
    """Who enters and applies."""
    return an_actor(Role.PUBLISHER, "the-publisher")


def test_a_period_that_ends_in_the_new_rest_is_listed_extended_and_says_why(publisher: Actor) -> None:
    moved, untouched = ending(date(2027, 2, 10), "spring"), ending(date(2027, 1, 15), "january")
    assert publication.is_provisional(moved)
    entered = service.set_year(publisher, a_notice(), at=NOW)
    assert dates(entered.moved) == [("spring", PERIOD, "2027-02-10", "2027-02-12")]
    assert moved.last_day == date(2027, 2, 10), "nothing moves before the confirmation"
    assert dates(service.pending(NOW)) == dates(entered.moved)
    done = service.apply(publisher, 2027, at=NOW)
    assert dates(done) == dates(entered.moved)
    assert moved.last_day == date(2027, 2, 12)
    assert untouched.last_day == date(2027, 1, 15)
    assert moved.extensions[-1].reason == (
        f"根据{BASIS}（2026年11月4日发布），原截止日2027年2月10日为春节假期，"
        "依照《民法典》第二百零三条第一款，顺延至休息日结束的次日2月12日。"
    )
    assert not publication.is_provisional(moved)
    assert "（当时2027年放假安排尚未公布" in publication.count_in_words(moved)
    assert "后经延长，最后一日为2027年2月12日" in publication.count_in_words(moved)
    assert "（当时2027年" in publication.count_in_words(untouched)
    assert service.pending(NOW) == []
    assert faults() == []


def test_applied_again_nothing_is_extended_twice(publisher: Actor) -> None:
    ending(date(2027, 2, 10), "spring")
    service.set_year(publisher, a_notice(), at=NOW)
    assert len(service.apply(publisher, 2027, at=NOW)) == 1
    assert service.apply(publisher, 2027, at=NOW) == []
    assert len(entries(act="calendar.apply")) == 1


def test_of_two_who_apply_at_once_one_extends(app: Flask, publisher: Actor) -> None:
    moved = ending(date(2027, 2, 10), "spring")
    service.set_year(publisher, a_notice(), at=NOW)

    def apply() -> object:
        return service.apply(publisher, 2027, at=NOW)

    both(app, apply, apply)
    assert len(moved.extensions) == 1
    assert faults() == []


def test_a_year_that_isnt_known_moves_nothing(publisher: Actor) -> None:
    moved = ending(date(2027, 2, 10), "spring")
    with pytest.raises(CalendarRefused, match="尚未登记，不能顺延"):
        service.apply(publisher, 2027, at=NOW)
    assert (service.pending(NOW), moved.last_day) == ([], date(2027, 2, 10))


@pytest.mark.parametrize("role", [Role.DRAFTER, Role.LEGAL, Role.MODERATOR, Role.AUDITOR])
def test_only_who_publishes_extends(publisher: Actor, role: Role) -> None:
    ending(date(2027, 2, 10), "spring")
    service.set_year(publisher, a_notice(), at=NOW)
    with pytest.raises(NotAllowed):
        service.apply(an_actor(role, "another"), 2027, at=NOW)


def test_trying_a_notice_enters_nothing(publisher: Actor) -> None:
    ending(date(2027, 2, 10), "spring")
    tried = service.try_year(publisher, a_notice(), at=NOW)
    assert (tried.notice, len(tried.moved)) == (None, 1)
    assert service.pending(NOW) == []
    with pytest.raises(CalendarRefused):
        service.try_year(publisher, a_notice(rest=()), at=NOW)


def test_a_scheduled_period_moves_and_an_unpublished_one_is_counted_at_publication(publisher: Actor) -> None:
    author = an_actor(Role.DRAFTER, "author")
    scheduled = a_consultation(author, at=NOW, slug="scheduled")
    drafting.submit_for_review(author, scheduled, at=NOW)
    publication.publish(publisher, scheduled, at=NOW, opens=date(2027, 1, 11))
    assert (scheduled.state(NOW), scheduled.last_day) == (State.SCHEDULED, date(2027, 2, 10))
    waiting = a_consultation(author, at=NOW, slug="waiting")
    drafting.submit_for_review(author, waiting, at=NOW)
    assert dates(service.set_year(publisher, a_notice(), at=NOW).moved) == [
        ("scheduled", PERIOD, "2027-02-10", "2027-02-12")
    ]
    service.apply(publisher, 2027, at=NOW)
    assert scheduled.last_day == date(2027, 2, 12)
    counted = publication.proposed_period(waiting, date(2027, 1, 11))
    assert (counted.last_day, counted.calendar_known) == (date(2027, 2, 12), True)


def test_a_closed_period_is_named_and_stands(publisher: Actor) -> None:
    closed = ending(date(2027, 2, 10), "spring")
    entered = service.set_year(publisher, a_notice(), at=noon(date(2027, 2, 11)))
    assert entered.moved == []
    assert [(move.slug, move.why) for move in entered.stands] == [("spring", OVER)]
    assert service.apply(publisher, 2027, at=noon(date(2027, 2, 11))) == []
    assert closed.last_day == date(2027, 2, 10)


def test_a_withdrawn_one_is_left_alone(publisher: Actor) -> None:
    gone = ending(date(2027, 2, 10), "spring")
    drafting.withdraw(publisher, gone, "不再制定。", at=NOW)
    assert service.set_year(publisher, a_notice(), at=NOW).moved == []


def test_a_period_is_never_shortened_and_that_is_said(publisher: Actor) -> None:
    author = an_actor(Role.DRAFTER, "author")
    longer = an_open_consultation(author, publisher, at=noon(date(2027, 1, 8)), slug="weekend")
    assert longer.last_day == date(2027, 2, 9), "30 days end in the presumed rest of the festival"
    service.set_year(publisher, a_notice(), at=NOW)
    service.apply(publisher, 2027, at=NOW)
    assert longer.last_day == date(2027, 2, 12)
    fewer = a_notice(rest=days(*[day for day in REST if day not in ("2027-02-09", "2027-02-10", "2027-02-11")]))
    again = service.set_year(publisher, fewer, at=NOW)
    assert again.moved == []
    assert [(move.before, move.after, move.why) for move in again.stands] == [
        (date(2027, 2, 12), date(2027, 2, 9), STANDS)
    ]
    assert service.apply(publisher, 2027, at=NOW) == []
    assert longer.last_day == date(2027, 2, 12)


def test_a_make_up_saturday_doesnt_shorten_a_period(publisher: Actor) -> None:
    author = an_actor(Role.DRAFTER, "author")
    saturday = an_open_consultation(author, publisher, at=noon(date(2027, 1, 21)), slug="saturday")
    assert saturday.last_day == date(2027, 2, 22)
    entered = service.set_year(publisher, a_notice(), at=NOW)
    assert (entered.moved, [move.after for move in entered.stands]) == ([], [date(2027, 2, 20)])
    assert saturday.last_day == date(2027, 2, 22)


def test_a_second_notice_moves_again(publisher: Actor) -> None:
    moved = ending(date(2027, 2, 10), "spring")
    service.set_year(publisher, a_notice(), at=NOW)
    service.apply(publisher, 2027, at=NOW)
    longer = a_notice(rest=days(*REST, "2027-02-12"))
    assert dates(service.set_year(publisher, longer, at=NOW).moved) == [("spring", PERIOD, "2027-02-12", "2027-02-15")]
    service.apply(publisher, 2027, at=NOW)
    assert moved.last_day == date(2027, 2, 15)
    assert len(moved.extensions) == 2


def test_a_period_that_was_extended_by_hand_only_moves_past_rest(publisher: Actor) -> None:
    moved = ending(date(2027, 1, 15), "january")
    publication.extend_period(publisher, moved, last_day=date(2027, 2, 9), reason="内容较多。", at=NOW)
    assert dates(service.set_year(publisher, a_notice(), at=NOW).moved) == [
        ("january", PERIOD, "2027-02-09", "2027-02-12")
    ]


def test_an_extension_obeys_the_rule_of_the_last_day_also_on_a_lunar_holiday(publisher: Actor) -> None:
    moved = ending(date(2027, 1, 15), "january")
    with pytest.raises(publication.PeriodRefused, match="不能是休息日：2027年2月8日（星期一，暂按休息日）"):
        publication.extend_period(publisher, moved, last_day=date(2027, 2, 8), reason="内容较多。", at=NOW)


@pytest.fixture
def invite(publisher: Actor) -> Callable[..., Invitation]:
    """Return an invitation by the rule, sent on a local day of a consultation that is open then."""

    def made(sent: date) -> Invitation:
        drafter = an_actor(Role.DRAFTER, "inviter")
        opened = noon(sent - timedelta(days=2))
        return an_invited(drafter, an_open_consultation(drafter, publisher, at=opened, slug="asked"), at=noon(sent))

    return made


def test_the_deadline_of_an_invitation_is_counted_by_the_new_calendar(
    publisher: Actor, invite: Callable[..., Invitation]
) -> None:
    invitation = invite(date(2027, 1, 28))
    assert invitations.last_day(invitation) == date(2027, 2, 15)
    assert "暂计至2027年2月15日（2027年放假安排尚未公布）" in invitation.deadline_words
    at = noon(date(2027, 1, 29))
    entered = service.set_year(publisher, a_notice(), at=at)
    assert dates([move for move in entered.moved if move.what != PERIOD]) == [
        ("asked", "答复期限（甲餐饮有限公司）", "2027-02-15", "2027-02-17")
    ]
    assert "（当时2027年放假安排尚未公布）" in count_in_words(invitation)
    service.apply(publisher, 2027, at=at)
    assert invitations.last_day(invitation) == date(2027, 2, 17)
    assert invitation.deadline_words == "自2027年1月28日次日起10个工作日，至2027年2月17日"
    assert faults() == []


def test_an_invitation_that_was_answered_or_is_over_doesnt_move(
    publisher: Actor, invite: Callable[..., Invitation]
) -> None:
    invitation = invite(date(2027, 1, 28))
    answer(invitation, "portal", "无意见。", at=noon(date(2027, 1, 29)))
    entered = service.set_year(publisher, a_notice(), at=noon(date(2027, 1, 29)))
    assert [move for move in entered.moved if move.what != PERIOD] == []


def test_a_day_to_answer_that_was_chosen_only_moves_past_rest(
    publisher: Actor, invite: Callable[..., Invitation]
) -> None:
    invitation = invite(date(2027, 1, 20))
    drafter = an_actor(Role.ADMIN, "admin")
    at = noon(date(2027, 1, 21))
    with pytest.raises(Exception, match="是休息日"):
        extensions.grant_extension(drafter, invitation, date(2027, 2, 8), at=at)
    extensions.grant_extension(drafter, invitation, date(2027, 2, 10), at=at)
    service.set_year(publisher, a_notice(), at=at)
    service.apply(publisher, 2027, at=at)
    assert invitations.last_day(invitation) == date(2027, 2, 12)
    assert invitation.deadline_words == "顺延至2027年2月12日"


def test_every_other_clock_is_counted_again_by_itself(publisher: Actor) -> None:
    author, legal = an_actor(Role.DRAFTER, "author"), an_actor(Role.LEGAL, "legal")
    opened = an_open_consultation(author, publisher, at=noon(date(2026, 12, 21)), slug="clocks")
    at = noon(date(2027, 2, 2))
    reviews.ask(author, opened.versions[-1], ReviewKind.LEGALITY, sent_on=date(2027, 2, 1), at=at)
    arranged(author, opened, held_at=noon(date(2027, 2, 18)), at=at)
    came = a_submission(opened, "价格要公示。", at=at, name="赵一", contact="13812345678").submission
    asked = requests.ask(came, RequestKind.ERASE, "", at=at)
    assert (asked.due_day, asked.due.provisional is not None) == (date(2027, 2, 25), True)
    entered = service.set_year(publisher, a_notice(), at=at)
    assert {move.effect for move in entered.moved if move.what != PERIOD} == {Effect.COUNTED}
    assert [(what[:5], before, after) for _, what, before, after in dates(entered.moved) if what != PERIOD] == [
        ("合法性审核", "2027-02-10", "2027-02-15"),
        ("听证会材料", "2027-02-11", "2027-02-04"),
        ("个人信息申", "2027-02-25", "2027-03-01"),
    ]
    assert (asked.due_day, asked.due.provisional) == (date(2027, 3, 1), None)
    assert legal.role is Role.LEGAL
    db.session.expire_all()
    assert faults() == []


def test_the_start_page_asks_for_the_next_year_from_november_on(publisher: Actor) -> None:
    ending(date(2027, 2, 10), "spring")
    october, november = datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
    assert service.wanted(october) == []
    assert service.wanted(november) == [service.Wanted(2027, 1)]
    assert service.wanted(datetime(2027, 3, 1, tzinfo=UTC)) == [service.Wanted(2027, 0)]
    calendars.set_year(publisher, a_notice(), at=NOW)
    assert service.wanted(NOW) == []
