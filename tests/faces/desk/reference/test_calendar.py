"""The desk's pages of years: the form of a notice, what it moves, and the public page that says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from flask.testing import FlaskClient

from consult.calendars import in_force
from consult.clock import local, midnight
from consult.drafting import publication
from consult.drafting.models import Consultation
from consult.store import db
from tests.calendars.notices import BASIS
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import in_review
from tests.law.test_holidays import REST
from tests.postponement.conftest import until_2026  # noqa: F401

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.faces.desk.served import Office

NOW = datetime(2027, 1, 20, 2, 0, tzinfo=UTC)
TYPED = {
    "basis": BASIS,
    "issued_on": "2026-11-04",
    "url": "https://www.gov.cn/zhengce/2027.htm",
    "rest": "\n".join(REST),
    "work": "1月31日（星期日）、2月20日\n2027/5/8\n10月9日",
    "seen": "0",
}


@pytest.fixture(autouse=True)
def in_january() -> Iterator[None]:
    """It is January 2027, and nobody has entered the notice of the year."""
    with time_machine.travel(NOW):
        yield


def test_a_notice_is_checked_then_entered_then_applied(signed_in: SignIn, client: FlaskClient, staff: Staff) -> None:
    consultation = published(staff)
    slug = consultation.slug
    publisher = signed_in("publisher")
    home = publisher.get("/desk/").text
    assert "放假安排待登记" in home
    assert "1 件征求意见的截止日暂定" in home
    assert "截止日暂定" in client.get(f"/consultations/{slug}").text
    assert "2027-02-05 至 2027-02-08" in publisher.get("/desk/calendar/2027").text
    checked = publisher.post("/desk/calendar/2027/check", data=TYPED).text
    assert "核对无误，尚未登记" in checked
    assert "2027年2月12日（星期五）" in checked
    assert in_force.notice_of(2027) is None
    assert publisher.post("/desk/calendar/2027/set", data=TYPED).status_code == 303
    page = publisher.get("/desk/calendar/2027").text
    assert "待顺延的期限" in page
    assert "期限待顺延" in publisher.get("/desk/").text
    assert "征求意见期限拟顺延至 2027年2月12日" in signed_in("drafter").get("/desk/").text
    assert "截止日暂定" not in client.get(f"/consultations/{slug}").text
    publisher = signed_in("publisher")
    assert publisher.post("/desk/calendar/2027/apply").status_code == 303
    assert "已顺延 1 项期限" in publisher.get("/desk/calendar/2027").text
    public = client.get(f"/consultations/{slug}").text
    assert f"根据{BASIS}（2026年11月4日发布），原截止日2027年2月10日为春节假期" in public
    assert "延长到 2月12日 24:00" in public
    assert "期限待顺延" not in publisher.get("/desk/").text


def published(staff: Staff) -> Consultation:
    """Return a consultation whose period ends on 10 February 2027, presumed a working day."""
    consultation = in_review(staff)
    at = midnight(date(2027, 1, 11)) + timedelta(hours=10)
    publication.publish(staff.of("publisher"), consultation, at=at)
    assert consultation.last_day == date(2027, 2, 10)
    db.session.rollback()
    return consultation


WRONG = [
    ({"rest": "春节\n2月5日"}, "不是日期：“春节”"),
    ({"rest": ""}, "缺少法定节日"),
    ({"rest": "", "work": ""}, "没有日期"),
    ({"work": "2027-03-03"}, "2027-03-03（星期三）"),
    ({"rest": TYPED["rest"].replace("2027", "2026"), "work": ""}, "不是2027年的日期"),
    ({"basis": " "}, "请写明依据"),
    ({"issued_on": ""}, "请填写通知的发布日期"),
    ({"issued_on": "明天"}, "不是日期"),
    ({"issued_on": "2027-12-01"}, "还没有到"),
    ({"url": "gov.cn"}, "网址应当以"),
    ({"rest": "2月5日\n" * 4000}, "超过 8000 字"),
    ({"work": "\U0001f600 2月5日"}, "不是日期"),
]


@pytest.mark.parametrize(("changed", "why"), WRONG)
@pytest.mark.parametrize("verb", ["check", "set"])
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    signed_in: SignIn, verb: str, changed: dict[str, str], why: str
) -> None:
    answer = signed_in("legal").post(f"/desk/calendar/2027/{verb}", data=TYPED | changed)
    assert answer.status_code == 400
    assert why in answer.text
    if "url" not in changed:
        assert TYPED["url"] in answer.text
    assert in_force.notice_of(2027) is None


def test_what_somebody_entered_meanwhile_is_not_replaced_unseen(signed_in: SignIn) -> None:
    legal = signed_in("legal")
    legal.post("/desk/calendar/2027/set", data=TYPED)
    late = legal.post("/desk/calendar/2027/set", data=TYPED | {"rest": TYPED["rest"] + "\n2027-02-12"})
    assert late.status_code == 400
    assert "他人已登记2027年的放假安排" in late.text


def test_who_may_not_enter_it_sees_it(signed_in: SignIn) -> None:
    for name in ("drafter", "moderator", "auditor"):
        browser = signed_in(name)
        page = browser.get("/desk/calendar/2027")
        assert page.status_code == 200
        assert "登记国务院办公厅的通知" not in page.text
        assert browser.post("/desk/calendar/2027/set", data=TYPED).status_code == 403
        assert browser.post("/desk/calendar/2027/apply").status_code == 403
    assert signed_in("legal").post("/desk/calendar/2027/apply").status_code == 403


@pytest.mark.parametrize("year", ["1999", "2100", "0", "99999999999999999999"])
def test_a_year_that_isnt_one_has_no_page(signed_in: SignIn, year: str) -> None:
    assert signed_in("legal").get(f"/desk/calendar/{year}").status_code == 404


def test_the_years_are_listed_and_a_published_one_shows_its_days(signed_in: SignIn) -> None:
    browser = signed_in("drafter")
    listed = browser.get("/desk/calendar").text
    assert "国务院办公厅关于2026年部分节假日安排的通知" in listed
    assert "尚未登记" in listed
    assert "调休上班" in browser.get("/desk/calendar/2026").text


@pytest.mark.browser
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_in_a_browser(office: Office, browser: Browser, staff: Staff, size: str) -> None:
    consultation = published(staff)
    slug, ends = consultation.slug, consultation.last_day
    db.session.rollback()
    page = office.visit(browser, size, "publisher")
    page.click("text=国务院办公厅关于2027年部分节假日安排的通知")
    page.fill("#basis", TYPED["basis"])
    page.fill("#issued_on", TYPED["issued_on"])
    page.fill("#rest", TYPED["rest"])
    page.fill("#work", TYPED["work"])
    page.click("button:has-text('核对')")
    page.wait_for_selector("text=核对无误，尚未登记")
    page.click("button:has-text('登记')")
    page.wait_for_selector("text=待顺延的期限")
    assert page.locator("table tr", has_text="征求意见期限").count() == 1
    page.click("button:has-text('全部顺延')")
    page.wait_for_selector("text=已顺延 1 项期限")
    page.goto(office.address(f"/consultations/{slug}"))
    assert page.locator("text=依照《民法典》第二百零三条第一款，顺延至休息日结束的次日2月12日").count() >= 1
    assert office.complaints == []
    assert (local(NOW).year, ends) == (2027, date(2027, 2, 10))
