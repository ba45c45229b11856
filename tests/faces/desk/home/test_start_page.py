"""The first page of the desk: what waits for whom, and which consultations it lists."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from consult.clock import now
from consult.drafting import service as drafting
from consult.drafting.models import State
from consult.faces.desk.home.todo import todos
from consult.privacy import requests
from consult.privacy.models import RequestKind
from consult.store import db
from tests.builders import a_submission
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import drafted, in_review, received, released

ROLES = ["drafter", "moderator", "publisher", "legal", "admin", "auditor"]


def whats(app: Flask, staff: Staff, name: str) -> list[tuple[int, str]]:
    """Return what waits for somebody, as numbers and words; a year's notice is asked for from November on."""
    actor = staff.of(name)
    with app.test_request_context():
        return [(todo.n, todo.what) for todo in todos(actor, now()) if todo.what != "放假安排待登记"]


def test_a_draft_waits_for_its_division_then_for_the_publisher_then_again_for_the_drafter(
    app: Flask, staff: Staff
) -> None:
    consultation = drafted(staff)
    assert whats(app, staff, "drafter") == whats(app, staff, "colleague") == [(1, "起草中，待送审")]
    assert whats(app, staff, "other_drafter") == []
    drafting.submit_for_review(staff.of("drafter"), consultation, at=now())
    assert whats(app, staff, "drafter") == []
    assert whats(app, staff, "publisher") == [(1, "待审核发布")]
    drafting.return_to_drafter(staff.of("publisher"), consultation, "第三条要改。", at=now())
    assert whats(app, staff, "drafter") == [(1, "退回修改")]
    assert whats(app, staff, "publisher") == []


def test_what_an_administrator_drafted_does_not_wait_for_the_same_administrator(app: Flask, staff: Staff) -> None:
    consultation = drafted(staff, by="admin")
    drafting.submit_for_review(staff.of("admin"), consultation, at=now())
    assert whats(app, staff, "admin") == []
    assert whats(app, staff, "publisher") == [(1, "待审核发布")]


def test_submissions_wait_for_the_moderators_who_may_screen_them(app: Flask, staff: Staff) -> None:
    consultation = released(staff)
    received(consultation, 3)
    assert whats(app, staff, "moderator") == [(3, "来件待审核")]
    assert whats(app, staff, "other_moderator") == []
    drafting.grant_access(staff.of("drafter"), consultation, staff.other_moderator, at=now())
    assert whats(app, staff, "other_moderator") == [(3, "来件待审核")]
    assert whats(app, staff, "drafter") == whats(app, staff, "auditor") == []


def test_requests_about_personal_data_wait_with_their_day_until_they_are_decided(app: Flask, staff: Staff) -> None:
    consultation = released(staff)
    first, second = (a_submission(consultation, words, at=now(), name="钱一").submission for words in ("一", "二"))
    named = requests.ask(first, RequestKind.CORRECT, "", at=now(), name="钱二")
    erased = requests.ask(second, RequestKind.ERASE, "不再需要。", at=now())
    asked = "个人信息申请待办理"
    assert (2, asked) in whats(app, staff, "legal")
    assert whats(app, staff, "moderator") == [(2, "来件待审核")]
    with app.test_request_context():
        (line,) = [todo for todo in todos(staff.of("publisher"), now()) if todo.what == asked]
    assert named.due_on is not None
    assert f"{named.due_on.year}年{named.due_on.month}月{named.due_on.day}日" in line.note
    requests.grant(staff.of("legal"), erased, "可以删除。", at=now())
    assert whats(app, staff, "legal") == [(1, asked)], "who agreed doesn't confirm"
    assert (1, "删除个人信息待复核") in whats(app, staff, "publisher")
    requests.confirm(staff.of("publisher"), erased, at=now())
    requests.refuse(staff.of("legal"), named, "没有依据。", at=now())
    assert whats(app, staff, "legal") == whats(app, staff, "publisher") == []


@pytest.mark.parametrize("name", ROLES)
def test_every_role_gets_the_page_and_every_link_on_it_leads_somewhere(
    signed_in: SignIn, staff: Staff, name: str
) -> None:
    drafted(staff)
    in_review(staff)
    received(released(staff), 2)
    db.session.rollback()
    client = signed_in(name)
    page = client.get("/desk/")
    assert page.status_code == 200
    for href in set(re.findall(r'href="(/desk[^"#]*)"', page.text)):
        assert client.get(href.replace("&amp;", "&")).status_code == 200, href


def test_the_list_is_filtered_by_state_and_says_how_many(signed_in: SignIn, staff: Staff) -> None:
    drafted(staff)
    released(staff)
    client = signed_in("drafter")
    page = client.get("/desk/?state=open").text
    assert page.count('class="row-title"') == 1
    assert "2026" in page
    assert client.get("/desk/?state=nonsense&before=abc").text.count('class="row-title"') == 2
    assert client.get("/desk/?before=99999999999999999999999").status_code == 200


def test_no_two_states_have_one_word_on_the_desk(app: Flask) -> None:
    with app.test_request_context():
        say = vars(app.jinja_env.get_template("desk/state.html").module)["state_words"]
        words = [say(state.value) for state in State]
    assert len(set(words)) == len(words)


def test_another_divisions_consultation_is_neither_listed_nor_shown(signed_in: SignIn, staff: Staff) -> None:
    slug = released(staff).slug
    for name in ("other_drafter", "other_moderator"):
        client = signed_in(name)
        assert client.get("/desk/").text.count('class="row-title"') == 0
        for path in ("", "/notice", "/draft", "/ledger", "/enter", "/period"):
            assert client.get(f"/desk/consultations/{slug}{path}").status_code == 404, (name, path)
