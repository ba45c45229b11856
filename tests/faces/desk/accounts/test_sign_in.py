"""Signing in and out of the desk."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from consult.faces.desk.accounts.sign_in import safe_return
from consult.ledger.queries import entries
from consult.store import db
from tests.faces.desk.conftest import PASSWORD, SignIn, Staff


def send(client: FlaskClient, username: str = "drafter", password: str = PASSWORD, to: str = "/desk/sign-in"):
    return client.post(to, data={"username": username, "password": password})


def test_a_visitor_is_asked_to_sign_in_and_comes_back_to_the_page_asked_for(client: FlaskClient, staff: Staff) -> None:
    asked = client.get("/desk/?before=5")
    assert asked.status_code == 302
    assert "/desk/sign-in" in asked.location
    answer = send(client, username="auditor", to=asked.location)
    assert answer.status_code == 303
    assert answer.location == "/desk/?before=5"


def test_a_wrong_password_and_an_unknown_name_get_the_same_words(client: FlaskClient, staff: Staff) -> None:
    wrong = send(client, password="wrong horse 8")
    unknown = send(client, username="nobody")
    assert wrong.status_code == unknown.status_code == 400
    for answer in (wrong, unknown):
        assert "用户名或者密码不对" in answer.text
    assert 'value="nobody"' in unknown.text, "what was typed is still there"
    assert PASSWORD not in unknown.text


def test_empty_fields_are_named(client: FlaskClient, staff: Staff) -> None:
    answer = send(client, username="", password="")
    assert answer.status_code == 400
    assert "请填写用户名" in answer.text
    assert "请填写密码" in answer.text


def test_a_closed_account_does_not_get_in(client: FlaskClient, staff: Staff) -> None:
    staff.drafter.active = False
    db.session.commit()
    answer = send(client)
    assert answer.status_code == 400
    assert "已经停用" in answer.text
    assert client.get("/desk/").status_code == 302


def test_the_session_of_before_does_not_live_on_in_the_account(client: FlaskClient, staff: Staff) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    assert send(client).status_code == 303
    with client.session_transaction() as session:
        assert "planted" not in session
        assert "_user_id" in session


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/desk/",
        "//evil.example/desk/",
        "/\\evil.example/desk/",
        "/desk\\@evil.example",
        "javascript:alert(1)",
        "/consultations/2026-001",
        "/desk/sign-in",
        "http://[broken",
        "/desk/\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_only_a_page_of_the_desk_is_returned_to(client: FlaskClient, staff: Staff, target: str) -> None:
    answer = client.post(
        "/desk/sign-in", query_string={"next": target}, data={"username": "drafter", "password": PASSWORD}
    )
    assert answer.status_code == 303
    assert answer.location == "/desk/"
    with client.application.test_request_context():
        assert safe_return("/desk/consultations/2026-001?a=b") == "/desk/consultations/2026-001?a=b"


def test_signing_out_ends_the_session_and_is_recorded(signed_in: SignIn) -> None:
    client = signed_in("drafter")
    assert client.get("/desk/").status_code == 200
    assert client.get("/desk/sign-out").status_code == 405, "a link or an image can't sign anybody out"
    assert client.post("/desk/sign-out").status_code == 303
    assert client.get("/desk/").status_code == 302
    acts = [entry.act for entry in reversed(entries())]
    assert "account.sign_out" in acts


def test_pages_of_the_desk_are_not_kept_by_any_cache(signed_in: SignIn) -> None:
    assert signed_in("drafter").get("/desk/").headers["Cache-Control"] == "no-store"
