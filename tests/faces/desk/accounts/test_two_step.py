"""The pages of two-step sign-in."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from consult.accounts import second_factor
from consult.app_context import settings
from consult.clock import now
from consult.ledger.queries import entries
from consult.store import db
from tests.faces.desk.accounts.test_administration import user
from tests.faces.desk.conftest import PASSWORD, SignIn, Staff

STEP = timedelta(seconds=second_factor.STEP_SECONDS)


def shown_secret(page: str) -> str:
    match = re.search(r"data-secret>([^<]+)<", page)
    assert match is not None
    return match[1].replace(" ", "")


def field(page: str, name: str) -> str:
    match = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert match is not None
    return match[1]


def set_up(client: FlaskClient) -> tuple[str, list[str]]:
    """Set an app up as a person does; return its secret and the recovery codes."""
    page = client.get("/desk/two-step/app").text
    secret = shown_secret(page)
    data = {"offer": field(page, "offer"), "password": PASSWORD, "code": pyotp.TOTP(secret).at(now())}
    answer = client.post("/desk/two-step/app", data=data)
    assert answer.status_code == 200, answer.text
    return secret, re.findall(r"data-code>([^<]+)<", answer.text)


def first_step(client: FlaskClient, name: str = "auditor", wanted: str = "") -> str:
    answer = client.post(
        f"/desk/sign-in{wanted}", data={"username": name, "password": PASSWORD}, follow_redirects=False
    )
    assert answer.status_code == 303
    return answer.location


def needing(app: Flask, monkeypatch: pytest.MonkeyPatch, roles: str) -> None:
    changed = settings().model_copy(update={"second_factor_roles": roles})
    assert isinstance(changed, Settings)
    monkeypatch.setitem(app.config, "SETTINGS", changed)


def test_the_whole_way_from_setting_up_to_signing_in(app: Flask, signed_in: SignIn) -> None:
    here = signed_in("auditor")
    assert "未启用" in here.get("/desk/two-step").text
    secret, codes = set_up(here)
    assert len(codes) == second_factor.RECOVERY_CODES
    page = here.get("/desk/two-step").text
    assert "已启用" in page
    assert not [code for code in codes if code in page], "shown once"
    visitor = app.test_client()
    step = first_step(visitor, wanted="?next=/desk/?before=5")
    assert "/desk/sign-in/step" in step
    assert visitor.get("/desk/").status_code == 302, "the password alone opens nothing"
    assert "密码正确" in visitor.get(step).text
    wrong = visitor.post(step, data={"code": "000000"})
    assert wrong.status_code == 400
    assert "验证未通过" in wrong.text
    right = visitor.post(step, data={"code": pyotp.TOTP(secret).at(now() + STEP)})
    assert (right.status_code, right.location) == (303, "/desk/?before=5")
    assert visitor.get("/desk/").status_code == 200


def test_another_browser_can_not_do_the_second_step_of_this_one(app: Flask, signed_in: SignIn) -> None:
    _, codes = set_up(signed_in("auditor"))
    step = first_step(app.test_client())
    stranger = app.test_client()
    answer = stranger.post(step, data={"code": codes[0]})
    assert answer.status_code == 303
    assert "/desk/sign-in" in answer.location
    assert "step" not in answer.location
    assert stranger.get("/desk/").status_code == 302


def test_a_cookie_of_the_second_step_that_was_kept_opens_nothing_afterwards(app: Flask, signed_in: SignIn) -> None:
    _, codes = set_up(signed_in("auditor"))
    client = app.test_client()
    step = first_step(client)
    with client.session_transaction() as session:
        kept = dict(session)
    assert client.post(step, data={"code": codes[0]}).status_code == 303
    thief = app.test_client()
    with thief.session_transaction() as session:
        session.update(kept)
    assert "/desk/sign-in" in thief.post(step, data={"code": codes[1]}).location
    assert thief.get("/desk/").status_code == 302


def test_setting_up_signs_other_browsers_out_and_this_one_on(signed_in: SignIn) -> None:
    here, there = signed_in("auditor"), signed_in("auditor")
    set_up(here)
    assert here.get("/desk/").status_code == 200
    assert there.get("/desk/").status_code == 302


def test_the_page_of_recovery_codes_can_sign_out(app: Flask, signed_in: SignIn) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        here = signed_in("auditor")
        page = here.get("/desk/two-step/app").text
        code = pyotp.TOTP(shown_secret(page)).at(now())
        data = {name: field(page, name) for name in ("offer", "csrf_token")} | {"password": PASSWORD, "code": code}
        shown = here.post("/desk/two-step/app", data=data)
        assert shown.status_code == 200
        token = field(shown.text, "csrf_token")
        assert here.post("/desk/sign-out", data={"csrf_token": token}).status_code == 303
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_a_wrong_code_keeps_the_very_secret_that_was_scanned(signed_in: SignIn) -> None:
    here = signed_in("auditor")
    page = here.get("/desk/two-step/app").text
    data = {"offer": field(page, "offer"), "password": PASSWORD, "code": "000000"}
    again = here.post("/desk/two-step/app", data=data)
    assert again.status_code == 400
    assert "动态口令不对" in again.text
    assert shown_secret(again.text) == shown_secret(page)
    assert PASSWORD not in again.text


def test_a_secret_that_somebody_else_made_up_is_not_taken(signed_in: SignIn) -> None:
    here = signed_in("auditor")
    secret = pyotp.random_base32()
    data = {"offer": secret, "password": PASSWORD, "code": pyotp.TOTP(secret).at(now())}
    answer = here.post("/desk/two-step/app", data=data)
    assert answer.status_code == 400
    assert secret not in answer.text
    assert "已失效" in answer.text


def test_a_role_that_needs_it_is_led_there_before_anything_else(
    app: Flask, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other = signed_in("admin"), signed_in("auditor")
    needing(app, monkeypatch, "admin")
    for path in ("/desk/", "/desk/accounts", "/desk/two-step", "/desk/password"):
        assert here.get(path).location == "/desk/two-step/app"
    assert here.post("/desk/accounts/divisions", data={"name": "新处"}).location == "/desk/two-step/app"
    assert other.get("/desk/").status_code == 200
    set_up(here)
    assert here.get("/desk/accounts").status_code == 200
    assert here.post("/desk/two-step/give-up", data={"password": PASSWORD}).status_code == 400


def test_a_first_password_is_changed_before_the_second_factor_is_set_up(
    app: Flask, signed_in: SignIn, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = signed_in("auditor")
    needing(app, monkeypatch, "all")
    staff.auditor.password_due = True
    db.session.commit()
    assert here.get("/desk/").location == "/desk/password"
    assert here.get("/desk/two-step/app").location == "/desk/password"
    assert here.get("/desk/password").status_code == 200


def test_an_administrator_takes_a_lost_factor_away_and_reads_none(app: Flask, signed_in: SignIn) -> None:
    secret, _ = set_up(signed_in("auditor"))
    admin = signed_in("admin")
    page = admin.get("/desk/accounts").text
    assert "解除两步验证" in page
    assert secret not in page
    auditor = user("auditor").id
    assert signed_in("publisher").post(f"/desk/accounts/{auditor}/second-factor").status_code == 403
    answer = admin.post(f"/desk/accounts/{auditor}/second-factor", follow_redirects=True)
    assert "请当面告知" in answer.text
    assert first_step(app.test_client()) == "/desk/"
    assert entries()[0].act in ("account.sign_in", "rows.change")
    assert "解除两步验证" in signed_in("auditor").get("/desk/two-step").text
    assert admin.post("/desk/accounts/999999/second-factor").status_code == 404


def test_giving_up_asks_for_the_password(app: Flask, signed_in: SignIn) -> None:
    here = signed_in("auditor")
    set_up(here)
    assert here.post("/desk/two-step/give-up", data={"password": "wrong horse 8"}).status_code == 400
    assert here.post("/desk/two-step/codes", data={"password": ""}).status_code == 400
    assert "已启用" in here.get("/desk/two-step").text
    assert here.post("/desk/two-step/give-up", data={"password": PASSWORD}).status_code == 303
    assert "未启用" in here.get("/desk/two-step").text
    assert first_step(app.test_client()) == "/desk/"


def test_other_recovery_codes_are_shown_once(signed_in: SignIn) -> None:
    here = signed_in("auditor")
    _, codes = set_up(here)
    answer = here.post("/desk/two-step/codes", data={"password": PASSWORD})
    fresh = re.findall(r"data-code>([^<]+)<", answer.text)
    assert len(fresh) == second_factor.RECOVERY_CODES
    assert not set(fresh) & set(codes)


def test_the_address_for_notices_is_kept_and_checked(signed_in: SignIn) -> None:
    here = signed_in("auditor")
    assert here.post("/desk/two-step/email", data={"email": "not an address"}).status_code == 400
    assert here.post("/desk/two-step/email", data={"email": "shen@example.gov.cn"}).status_code == 303
    assert 'value="shen@example.gov.cn"' in here.get("/desk/two-step").text
    assert here.post("/desk/two-step/email", data={"email": ""}).status_code == 303
    assert user("auditor").email is None


def test_the_record_says_what_was_done_in_words(signed_in: SignIn) -> None:
    set_up(signed_in("auditor"))
    assert "设置动态口令" in signed_in("admin").get("/desk/ledger").text


@pytest.mark.parametrize("path", ["/desk/two-step", "/desk/two-step/app"])
def test_a_visitor_is_asked_to_sign_in(client: FlaskClient, path: str) -> None:
    assert "/desk/sign-in" in client.get(path).location
    assert client.get("/desk/sign-in/step").location.startswith("/desk/sign-in")
