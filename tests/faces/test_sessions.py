"""Cookies that somebody has kept: after signing out they open nothing, on the desk and in the portal."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from consult import clock
from consult.accounts import service
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.app import create_app
from consult.consultees import members, register
from consult.consultees.models import ConsulteeKind, MemberRole
from consult.store import db
from tests.builders import an_actor

PASSWORD = "correct horse 8"
HTTPS = {"wsgi.url_scheme": "https", "HTTP_HOST": "yijian.example.gov.cn"}


def come_in(client: FlaskClient, username: str = "chen", password: str = PASSWORD, face: str = "desk") -> str:
    """Sign in; return what the browser was given as a cookie, as it stands in the header."""
    answer = client.post(f"/{face}/sign-in", data={"username": username, "password": password})
    assert answer.status_code == 303, answer.text
    name = "session" if face == "desk" else "portal"
    return next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{name}=")).split(";")[0]


def answers(app: Flask, cookie: str, address: str) -> int:
    """Return the status that somebody gets with nothing but this cookie."""
    return app.test_client(use_cookies=False).get(address, headers={"Cookie": cookie}).status_code


@pytest.fixture
def chen(app: Flask) -> None:
    service.create_user(SYSTEM, username="chen", name="陈一", role=Role.ADMIN, password=PASSWORD, at=clock.now())


@pytest.fixture
def wang(app: Flask) -> str:
    entry = register.Entry("甲公司", ConsulteeKind.ENTERPRISE)
    consultee = register.add(an_actor(Role.DRAFTER), entry, at=clock.now())
    _, password = members.create_member(
        SYSTEM, consultee, username="wang@example.com", name="王五", role=MemberRole.SEND, at=clock.now()
    )
    return password


@pytest.mark.parametrize("way", ["sign-out", "sessions/all"])
def test_a_kept_cookie_of_the_desk_opens_nothing_after_signing_out(
    app: Flask, client: FlaskClient, chen: None, way: str
) -> None:
    cookie = come_in(client)
    assert answers(app, cookie, "/desk/sessions") == 200
    assert client.post(f"/desk/{way}").headers["Clear-Site-Data"] == '"cache"'
    assert answers(app, cookie, "/desk/sessions") == 302


@pytest.mark.parametrize("way", ["sign-out", "sessions/all"])
def test_a_kept_cookie_of_the_portal_opens_nothing_after_signing_out(
    app: Flask, client: FlaskClient, wang: str, way: str
) -> None:
    cookie = come_in(client, "wang@example.com", wang, "portal")
    assert answers(app, cookie, "/portal/people") == 200
    assert client.post(f"/portal/{way}").headers["Clear-Site-Data"] == '"cache"'
    assert answers(app, cookie, "/portal/people") == 401


@pytest.mark.parametrize("face", ["desk", "portal"])
def test_ending_the_others_leaves_this_one(app: Flask, client: FlaskClient, chen: None, wang: str, face: str) -> None:
    who = ("chen", PASSWORD, "desk") if face == "desk" else ("wang@example.com", wang, "portal")
    elsewhere = come_in(app.test_client(), *who)
    here = come_in(client, *who)
    page = client.get(f"/{face}/sessions").text
    assert "本次登录" in page
    assert "退出其他登录" in page
    assert client.post(f"/{face}/sessions/others").status_code == 303
    assert answers(app, here, f"/{face}/sessions") == 200
    assert answers(app, elsewhere, f"/{face}/sessions") in (302, 401)
    assert "在其他设备上退出" in client.get(f"/{face}/sessions").text


def test_a_session_of_one_face_opens_nothing_on_the_other(app: Flask, chen: None, wang: str) -> None:
    portal = come_in(app.test_client(), "wang@example.com", wang, "portal").removeprefix("portal=")
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = portal
    assert client.get("/desk/").status_code == 302
    desk = app.test_client()
    come_in(desk)
    with desk.session_transaction() as session:
        token = session["_user_id"]
    assert answers(app, f"portal={token}", "/portal/people") == 401


def test_cookies_are_for_this_host_alone_where_https_is(tmp_path: Path) -> None:
    secure = create_app(
        Settings(
            data_dir=tmp_path,
            database_url=f"sqlite:///{tmp_path}/x.sqlite3",
            cookie_secure=True,
            secret_key="k",
            trusted_hosts=HTTPS["HTTP_HOST"],
        )
    )
    secure.config["WTF_CSRF_ENABLED"] = False
    with secure.app_context():
        db.create_all()
        service.create_user(SYSTEM, username="chen", name="陈一", role=Role.ADMIN, password=PASSWORD, at=clock.now())
    with secure.test_client() as client:
        typed = {"username": "chen", "password": PASSWORD}
        signed = client.post("/desk/sign-in", data=typed, environ_overrides=HTTPS)
        language = client.get("/?lang=en", environ_overrides=HTTPS)
        out = client.post("/portal/sign-out", environ_overrides=HTTPS)
    lines = [line for answer in (signed, language, out) for line in answer.headers.getlist("Set-Cookie")]
    assert {line.split("=")[0] for line in lines} >= {"__Host-session", "__Host-language", "__Host-portal"}
    for line in lines:
        attributes = {part.strip() for part in line.split(";")[1:]}
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= attributes, line
        assert not any(part.startswith("Domain") for part in attributes)
    with secure.app_context():
        db.engine.dispose()


def test_a_password_that_an_administrator_set_is_changed_before_anything_else(
    app: Flask, client: FlaskClient, chen: None
) -> None:
    come_in(client)
    typed = {"username": "li", "name": "李二", "role": "publisher", "division": ""}
    first = shown_password(client.post("/desk/accounts", data=typed).text)
    li = app.test_client()
    come_in(li, "li", first)
    for address in ("/desk/", "/desk/accounts", "/desk/sessions"):
        assert li.get(address).location == "/desk/password"
    assert li.post("/desk/sessions/others").location == "/desk/password"
    page = li.get("/desk/password").text
    assert "您的密码由陈一于" in page
    assert li.post("/desk/password", data=change(first, first)).status_code == 400
    assert li.post("/desk/password", data=change(first, "another horse 9")).status_code == 303
    assert li.get("/desk/").status_code == 200


def test_a_reset_is_told_to_the_holder_and_stays_to_be_read(app: Flask, client: FlaskClient, chen: None) -> None:
    li = service.create_user(SYSTEM, username="li", name="李二", role=Role.PUBLISHER, password=PASSWORD, at=clock.now())
    old = app.test_client()
    come_in(old, "li")
    come_in(client)
    reset = shown_password(client.post(f"/desk/accounts/{li.id}/password").text)
    assert old.get("/desk/").status_code == 302, "the reset ends the holder's sessions"
    browser = app.test_client()
    come_in(browser, "li", reset)
    assert "重设" in browser.get("/desk/password").text
    browser.post("/desk/password", data=change(reset, "another horse 9"))
    page = browser.get("/desk/sessions").text
    assert "他人设置密码的记录" in page
    assert "陈一重设密码" in page


def test_a_member_changes_the_password_and_is_out_elsewhere(app: Flask, client: FlaskClient, wang: str) -> None:
    elsewhere = come_in(app.test_client(), "wang@example.com", wang, "portal")
    come_in(client, "wang@example.com", wang, "portal")
    assert client.post("/portal/password", data=change("wrong", "another horse 9")).status_code == 400
    assert "太常见" in client.post("/portal/password", data=change(wang, "password123")).text
    assert client.post("/portal/password", data=change(wang, "another horse 9")).status_code == 303
    assert client.get("/portal/people").status_code == 200
    assert answers(app, elsewhere, "/portal/people") == 401
    come_in(app.test_client(), "wang@example.com", "another horse 9", "portal")


def change(present: str, fresh: str) -> dict[str, str]:
    return {"present": present, "fresh": fresh, "again": fresh}


def shown_password(page: str) -> str:
    return page.split("data-password>")[1].split("<")[0]
