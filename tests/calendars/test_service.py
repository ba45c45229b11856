"""The State Council's notice of a year is entered, replaced by another, and counts at once in every process."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask, g

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.calendars import in_force, service
from consult.calendars.errors import CalendarRefused
from consult.calendars.models import CalendarNotice
from consult.law.calendar import DayKind
from consult.ledger.queries import entries
from consult.store import db
from tests.builders import an_actor
from tests.calendars.notices import BASIS, a_notice, days
from tests.law.test_holidays import REST, WORK, WRONG
from tests.together import both

AT = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
SPRING = date(2027, 2, 10)


def test_an_entered_notice_counts_at_once_and_is_in_the_record(app: Flask) -> None:
    assert in_force.calendar().day_kind(SPRING) is DayKind.UNKNOWN
    service.set_year(an_actor(Role.LEGAL), a_notice(), at=AT)
    known = in_force.calendar()
    assert known.day_kind(SPRING) is DayKind.REST
    assert known.day_kind(date(2027, 2, 20)) is DayKind.WORKING
    assert known.source(2027) == f"{BASIS}（2026年11月4日发布）"
    assert [entry.subject for entry in entries(act="calendar.set")] == ["calendar:2027"]


def test_a_notice_that_another_process_entered_counts_without_a_restart(app: Flask) -> None:
    assert 2027 not in in_force.calendar().years
    service.set_year(an_actor(Role.ADMIN), a_notice(), at=AT)
    app.extensions[in_force.KEPT] = (app.extensions[in_force.KEPT][0], in_force.rules_in_force().calendar)
    vars(g).clear()  # the next request of this process
    assert 2027 in in_force.calendar().years


def test_a_second_notice_replaces_the_first_which_stays(app: Flask) -> None:
    publisher = an_actor(Role.PUBLISHER)
    service.set_year(publisher, a_notice(), at=AT)
    service.set_year(publisher, a_notice(rest=days(*REST, "2027-02-12")), at=AT)
    assert in_force.calendar().day_kind(date(2027, 2, 12)) is DayKind.REST
    service.set_year(publisher, a_notice(), at=AT)
    assert in_force.calendar().day_kind(date(2027, 2, 12)) is DayKind.WORKING
    assert db.session.query(CalendarNotice).count() == 3
    assert len(in_force.notices(2027)) == 3


def test_the_same_notice_again_is_refused(app: Flask) -> None:
    publisher = an_actor(Role.PUBLISHER)
    service.set_year(publisher, a_notice(), at=AT)
    with pytest.raises(CalendarRefused, match="无需重复登记"):
        service.set_year(publisher, a_notice(rest=days(*reversed(REST))), at=AT)


def test_a_notice_that_was_entered_meanwhile_is_not_replaced_unseen(app: Flask) -> None:
    publisher = an_actor(Role.PUBLISHER)
    first = service.set_year(publisher, a_notice(), at=AT, seen=0)
    changed = a_notice(rest=days(*REST, "2027-02-12"))
    with pytest.raises(CalendarRefused, match="他人已登记2027年"):
        service.set_year(publisher, changed, at=AT, seen=0)
    service.set_year(publisher, changed, at=AT, seen=first.id)


def test_of_two_at_once_one_is_entered(app: Flask) -> None:
    publisher = an_actor(Role.PUBLISHER)

    def enter() -> object:
        return service.set_year(publisher, a_notice(), at=AT, seen=0)

    with pytest.raises(CalendarRefused, match="他人已登记"):
        both(app, enter, enter)
    assert db.session.query(CalendarNotice).count() == 1


@pytest.mark.parametrize("role", [Role.DRAFTER, Role.MODERATOR, Role.AUDITOR])
def test_others_may_not_enter_one(app: Flask, role: Role) -> None:
    with pytest.raises(NotAllowed):
        service.set_year(an_actor(role), a_notice(), at=AT)


@pytest.mark.parametrize(("rest", "work", "fault"), WRONG)
def test_a_notice_that_cant_be_right_is_refused(app: Flask, rest: list[str], work: list[str], fault: str) -> None:
    with pytest.raises(CalendarRefused, match=fault.split("（")[0]):
        service.set_year(an_actor(Role.LEGAL), a_notice(rest=days(*rest), work=days(*work)), at=AT)
    assert db.session.query(CalendarNotice).count() == 0


SOURCES = [
    ({"basis": " "}, "请写明依据"),
    ({"basis": "通知" * 200}, "最多300字"),
    ({"basis": BASIS.replace("2027", "2026")}, "依据写的是2026年的通知"),
    ({"issued_on": date(2026, 12, 1)}, "还没有到"),
    ({"issued_on": date(2024, 11, 4)}, "早于2026年"),
    ({"url": "javascript:alert(1)"}, "网址"),
    ({"year": 1027}, "年份应当在2000年和2099年之间"),
]


@pytest.mark.parametrize(("changed", "why"), SOURCES)
def test_a_notice_names_its_source(app: Flask, changed: dict[str, object], why: str) -> None:
    with pytest.raises(CalendarRefused, match=why):
        service.set_year(an_actor(Role.LEGAL), replace(a_notice(), **changed), at=AT)


def test_a_year_far_ahead_is_a_warning(app: Flask) -> None:
    statutory = tuple(in_force.calendar().statutory(2030))
    warnings = service.checked(
        replace(a_notice(), year=2030, rest=statutory, work=(), basis="2030年的通知", issued_on=None), at=AT
    )
    assert any("通常到2029年年底才公布" in words for words in warnings)


def test_a_published_year_may_be_entered_again_as_the_state_council_changed_2020(app: Flask) -> None:
    known = in_force.calendar()
    rest = tuple(day for day in known.rest if day.year == 2026)
    work = tuple(day for day in known.work if day.year == 2026)
    longer = service.YearNotice(2026, (*rest, date(2026, 12, 31)), work, "延长2026年元旦假期的通知")
    service.set_year(an_actor(Role.ADMIN), longer, at=AT)
    assert in_force.calendar().day_kind(date(2026, 12, 31)) is DayKind.REST
    assert in_force.calendar().day_kind(date(2025, 10, 1)) is DayKind.REST


def test_a_work_day_of_the_fixture_is_a_weekend_day() -> None:
    assert all(date.fromisoformat(day).weekday() >= 5 for day in WORK)
