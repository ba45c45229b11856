"""Passkeys, made and used by Chromium's virtual authenticator; and what an enemy sends in their place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, CDPSession, Page, expect
from sqlalchemy import select

from config import Settings
from consult.accounts import passkeys, queries, second_factor, second_step, sessions
from consult.accounts.errors import AccountRefused, SignInRefused
from consult.accounts.models import Passkey, SessionEnd, User
from consult.accounts.passkeys import Challenge, Site
from consult.accounts.permissions import SYSTEM
from consult.accounts.sessions import Device
from consult.app_context import settings
from consult.clock import now
from consult.faces.desk.accounts.passkeys import CHALLENGE
from consult.ledger.queries import entries
from consult.store import db
from tests.faces.desk.accounts.test_administration import user
from tests.faces.desk.conftest import PASSWORD, SignIn, Staff
from tests.faces.desk.served import Office

pytestmark = pytest.mark.timeout(180)
HERE = Device("203.0.113.7", "Chromium")


@pytest.fixture
def localhost(office: Office) -> Office:
    """The desk under the one name without HTTPS that browsers let ask for passkeys."""
    office.url = office.url.replace("127.0.0.1", "localhost")
    return office


class Person:
    """A browser with an authenticator of its own."""

    def __init__(self, browser: Browser, office: Office, *, verified: bool = True, resident: bool = True) -> None:
        self.office = office
        self.page: Page = office.visit(browser, "desk")
        self.devtools: CDPSession = self.page.context.new_cdp_session(self.page)
        self.devtools.send("WebAuthn.enable")
        wish = {
            "protocol": "ctap2",
            "transport": "internal" if verified else "usb",
            "hasResidentKey": resident,
            "hasUserVerification": verified,
            "isUserVerified": verified,
            "automaticPresenceSimulation": True,
        }
        self.authenticator: str = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": wish})[
            "authenticatorId"
        ]

    def sign_in(self, name: str) -> None:
        self.page.goto(self.office.address("/desk/sign-in"))
        self.page.fill("#username", name)
        self.page.fill("#password", PASSWORD)
        self.page.click("button:text-is('登录')")
        self.page.wait_for_load_state()

    def register(self, name: str) -> None:
        self.page.goto(self.office.address("/desk/two-step"))
        self.page.fill("#name", name)
        self.page.fill("#password", PASSWORD)
        self.page.click("button:text-is('登记通行密钥')")
        came = self.page.locator("[data-code], [data-passkey-error]:visible, .flash-success")
        expect(came.first).to_be_visible(timeout=30_000)

    def sign_out(self) -> None:
        self.page.goto(self.office.address("/desk/two-step"))
        self.page.click("button:text-is('退出')")
        self.page.wait_for_url("**/desk/sign-in")

    def credentials(self) -> list[dict[str, Any]]:
        answer = self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        return list(answer["credentials"])


@pytest.fixture
def person(browser: Browser, localhost: Office) -> Iterator[Person]:
    person = Person(browser, localhost)
    yield person
    person.page.context.close()


def test_a_passkey_is_registered_used_as_the_second_step_and_alone(person: Person) -> None:
    page = person.page
    person.sign_in("auditor")
    person.register("办公室电脑")
    assert page.locator("[data-code]").count() == second_factor.RECOVERY_CODES
    person.sign_out()
    person.sign_in("auditor")
    assert "/desk/sign-in/step" in page.url
    page.click("button:text-is('使用通行密钥')")
    page.wait_for_url(person.office.address("/desk/"))
    person.register("手机")
    expect(page.locator("main")).to_contain_text("这台设备已经登记过")
    person.sign_out()
    page.click("button:text-is('用通行密钥登录')")
    page.wait_for_url(person.office.address("/desk/"))
    db.session.rollback()
    key = db.session.scalars(select(Passkey)).one()
    assert (key.name, key.sign_count) == ("办公室电脑", person.credentials()[0]["signCount"])
    done = [entry.detail.get("second_step") for entry in entries() if entry.act == "account.sign_in"]
    assert done[:2] == ["passkey_alone", "passkey"]
    assert person.office.complaints == []


def test_a_key_that_is_only_touched_is_a_second_step_and_never_the_only_one(
    browser: Browser, localhost: Office
) -> None:
    person = Person(browser, localhost, verified=False, resident=False)
    page = person.page
    person.sign_in("auditor")
    person.register("安全密钥")
    person.sign_out()
    db.session.rollback()
    known = db.session.scalars(select(Passkey.credential_id)).one()
    page.evaluate(
        """(id) => { const asked = window.fetch; window.fetch = async (...given) => {
          const answer = await (await asked(...given)).json(); answer.userVerification = "discouraged";
          answer.allowCredentials = [{ type: "public-key", id }];
          return new Response(JSON.stringify(answer)); }; }""",
        known,
    )
    page.click("button:text-is('用通行密钥登录')")
    expect(page.locator("body")).to_contain_text("没有核验使用者")
    person.sign_in("auditor")
    page.click("button:text-is('使用通行密钥')")
    page.wait_for_url(person.office.address("/desk/"))


def test_two_passkeys_have_names_and_one_is_removed_with_the_password(browser: Browser, localhost: Office) -> None:
    here, there = Person(browser, localhost), Person(browser, localhost)
    here.sign_in("auditor")
    here.register("办公室电脑")
    there.sign_in("auditor")
    assert "/step" in there.page.url
    here.page.goto(localhost.address("/desk/two-step"))
    assert "办公室电脑" in here.page.inner_text("main")
    here.page.click("summary:has-text('办公室电脑')")
    here.page.fill("details[open] input[type=password]", "wrong horse 8")
    here.page.click("details[open] button:text-is('移除')")
    assert "通行密钥未移除" in here.page.inner_text("main")
    here.page.click("summary:has-text('办公室电脑')")
    here.page.fill("details[open] input[type=password]", PASSWORD)
    here.page.click("details[open] button:text-is('移除')")
    expect(here.page.locator(".flash-success, .flashes")).to_contain_text("已移除")
    db.session.rollback()
    assert db.session.scalars(select(Passkey)).all() == []
    assert queries.recovery_codes_left(user("auditor")) == 0


SITE = Site("localhost", "http://localhost:8000")


@pytest.fixture
def registered(browser: Browser, app: Flask, staff: Staff) -> Iterator[Authenticator]:
    """An authenticator that the auditor has registered, at a page that is anybody's."""
    context = browser.new_context()
    page = context.new_page()
    page.route(
        "http://localhost:8000/**", lambda route: route.fulfill(body="<title>x</title>", content_type="text/html")
    )
    page.goto("http://localhost:8000/")
    made = Authenticator(page)
    made.register(staff.auditor)
    yield made
    context.close()


ASK = """async ([how, given]) => {
  const publicKey = how === "create" ? PublicKeyCredential.parseCreationOptionsFromJSON(given)
    : PublicKeyCredential.parseRequestOptionsFromJSON(given);
  return (await navigator.credentials[how]({ publicKey })).toJSON();
}"""


class Authenticator:
    """Answers challenges in a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.devtools = page.context.new_cdp_session(page)
        self.devtools.send("WebAuthn.enable")
        wish = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self.id = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": wish})["authenticatorId"]

    def register(self, account: User, site: Site = SITE, name: str = "电脑") -> list[str]:
        challenge = passkeys.new_challenge(now())
        answer = self.ask("create", passkeys.options_to_register(account, site, challenge))
        return passkeys.register(account, PASSWORD, name, answer, challenge, site, at=now())

    def ask(self, how: str, options: str) -> str:
        return json.dumps(self.page.evaluate(ASK, [how, json.loads(options)]))

    def answer(self, challenge: Challenge, account: User | None = None) -> str:
        return self.ask("get", passkeys.options_to_use(account, SITE, challenge))


def test_an_answer_counts_once(registered: Authenticator) -> None:
    challenge = passkeys.new_challenge(now())
    answer = registered.answer(challenge)
    assert passkeys.sign_in(answer, challenge, SITE, HERE, at=now())
    with pytest.raises(SignInRefused, match="未通过验证"):
        passkeys.sign_in(answer, challenge, SITE, HERE, at=now())
    key = db.session.scalars(select(Passkey)).one()
    key.sign_count = 0  # as of an authenticator that doesn't count
    db.session.commit()
    with pytest.raises(SignInRefused, match="未通过验证"):
        passkeys.sign_in(answer, challenge, SITE, HERE, at=now())


def test_an_authenticator_that_counts_backwards_was_copied(registered: Authenticator) -> None:
    key = db.session.scalars(select(Passkey)).one()
    key.sign_count += 100
    db.session.commit()
    challenge = passkeys.new_challenge(now())
    with pytest.raises(SignInRefused, match="未通过验证"):
        passkeys.sign_in(registered.answer(challenge), challenge, SITE, HERE, at=now())
    assert entries()[0].act == "account.second_step_refused"


def test_an_answer_for_another_site_or_challenge_or_moment_is_none(registered: Authenticator) -> None:
    challenge = passkeys.new_challenge(now())
    answer = registered.answer(challenge)
    other = Challenge(passkeys.new_challenge(now()).value, challenge.made_at)
    attempts = (
        (challenge, Site("localhost", "http://localhost:8001"), now()),
        (challenge, Site("localhost", "https://localhost:8000"), now()),
        (challenge, Site("example.gov.cn", "http://localhost:8000"), now()),
        (other, SITE, now()),
        (Challenge(b"", challenge.made_at), SITE, now()),
        (challenge, SITE, challenge.made_at + passkeys.CHALLENGE_LASTS),
        (challenge, SITE, challenge.made_at - timedelta(seconds=1)),
    )
    for asked, site, at in attempts:
        with pytest.raises(SignInRefused, match="未通过验证"):
            passkeys.sign_in(answer, asked, site, HERE, at=at)
    assert passkeys.sign_in(answer, challenge, SITE, HERE, at=now())


def test_a_passkey_of_another_account_does_no_second_step(registered: Authenticator, staff: Staff) -> None:
    codes = second_factor.offer(staff.admin)
    assert codes
    other = Authenticator(registered.page.context.new_page())
    other.page.route("http://localhost:8000/**", lambda route: route.fulfill(body="x", content_type="text/html"))
    other.page.goto("http://localhost:8000/")
    other.register(staff.admin)
    step = sessions.sign_in("admin", PASSWORD, HERE, at=now())
    challenge = passkeys.new_challenge(now())
    with pytest.raises(SignInRefused, match="未通过验证"):
        passkeys.finish(step.token, registered.answer(challenge, staff.auditor), challenge, SITE, HERE, at=now())
    challenge = passkeys.new_challenge(now())
    answer = other.answer(challenge, staff.admin)
    assert passkeys.finish(step.token, answer, challenge, SITE, HERE, at=now())
    with pytest.raises(SignInRefused, match="已超时"):
        passkeys.finish(step.token, answer, challenge, SITE, HERE, at=now())


def test_an_answer_that_names_another_holder_is_refused(registered: Authenticator) -> None:
    challenge = passkeys.new_challenge(now())
    answer = json.loads(registered.answer(challenge))
    answer["response"]["userHandle"] = "AAAA"
    with pytest.raises(SignInRefused, match="未通过验证"):
        passkeys.sign_in(json.dumps(answer), challenge, SITE, HERE, at=now())


def test_a_closed_account_and_a_removed_passkey_open_nothing(registered: Authenticator, staff: Staff) -> None:
    staff.auditor.active = False
    db.session.commit()
    challenge = passkeys.new_challenge(now())
    answer = registered.answer(challenge)
    with pytest.raises(SignInRefused, match="未通过验证"):
        passkeys.sign_in(answer, challenge, SITE, HERE, at=now())
    staff.auditor.active = True
    db.session.commit()
    passkeys.remove(staff.auditor, db.session.scalars(select(Passkey)).one(), PASSWORD, at=now())
    with pytest.raises(SignInRefused, match="未通过验证"):
        passkeys.sign_in(answer, challenge, SITE, HERE, at=now())


def test_taking_a_lost_factor_away_takes_passkeys_too(registered: Authenticator, staff: Staff) -> None:
    token = sessions.begin(sessions.holder_of(staff.auditor), HERE, at=now())
    second_factor.take_away(SYSTEM, staff.auditor, at=now())
    assert queries.passkeys_of(staff.auditor) == []
    assert sessions.behind(token, now()) is None
    assert not sessions.sign_in("auditor", PASSWORD, HERE, at=now()).second_step


def test_registering_ends_other_sessions_and_a_second_passkey_brings_no_codes(
    registered: Authenticator, staff: Staff
) -> None:
    token = sessions.begin(sessions.holder_of(staff.auditor), HERE, at=now())
    row = sessions.behind(token, now())
    assert row is not None
    other = Authenticator(registered.page.context.new_page())
    other.page.route("http://localhost:8000/**", lambda route: route.fulfill(body="x", content_type="text/html"))
    other.page.goto("http://localhost:8000/")
    with pytest.raises(AccountRefused, match="已经有这个名称"):
        other.register(staff.auditor)
    assert other.register(staff.auditor, name="手机") == []
    db.session.refresh(row[0])
    assert row[0].ended_why is SessionEnd.FACTOR
    assert [key.name for key in queries.passkeys_of(staff.auditor)] == ["电脑", "手机"]


def test_an_answer_is_registered_once(registered: Authenticator, staff: Staff) -> None:
    page, challenge = registered.page, passkeys.new_challenge(now())
    registered.devtools.send("WebAuthn.clearCredentials", {"authenticatorId": registered.id})
    answer = registered.ask("create", passkeys.options_to_register(staff.admin, SITE, challenge))
    assert passkeys.register(staff.admin, PASSWORD, "电脑", answer, challenge, SITE, at=now())
    for account in (staff.admin, staff.legal):
        with pytest.raises(AccountRefused, match="已经登记过"):
            passkeys.register(account, PASSWORD, "又一个", answer, challenge, SITE, at=now())
    with pytest.raises(AccountRefused, match="密码不对"):
        passkeys.register(staff.legal, "wrong horse 8", "电脑", answer, challenge, SITE, at=now())
    with pytest.raises(AccountRefused, match="名称"):
        passkeys.register(staff.legal, PASSWORD, " ", answer, challenge, SITE, at=now())
    assert page.title() == "x"


NAMED = '{"id": "AA", "rawId": "%s", "type": "public-key", "response": %s}'
ANSWERS = [
    "",
    "{}",
    "[]",
    "null",
    "1" * 5000,
    "[" * 100_000,
    NAMED % ("AA", "{}"),
    NAMED % ("AB", '{"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA"}'),
    NAMED % ("A", '{"clientDataJSON": "é", "attestationObject": "\\ud800"}'),
    NAMED % ("AA", '{"clientDataJSON": "e30", "attestationObject": "oA"}'),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_is_no_answer_is_refused_in_words(app: Flask, staff: Staff, answer: str) -> None:
    challenge = passkeys.new_challenge(now())
    with pytest.raises(SignInRefused, match="未通过验证"):
        passkeys.sign_in(answer, challenge, SITE, HERE, at=now())
    with pytest.raises(AccountRefused, match="未登记"):
        passkeys.register(staff.auditor, PASSWORD, "电脑", answer, challenge, SITE, at=now())


def test_a_damaged_answer_is_refused_whatever_is_damaged(registered: Authenticator) -> None:
    challenge = passkeys.new_challenge(now())
    whole = json.loads(registered.answer(challenge))
    for field in ("clientDataJSON", "authenticatorData", "signature"):
        for cut in (lambda text: "", lambda text: text[: len(text) // 2], lambda text: text[:-4] + "AAAA", lambda _: 5):
            damaged = json.loads(json.dumps(whole))
            damaged["response"][field] = cut(damaged["response"][field])
            with pytest.raises(SignInRefused, match="未通过验证"):
                passkeys.sign_in(json.dumps(damaged), challenge, SITE, HERE, at=now())
    assert passkeys.sign_in(json.dumps(whole), challenge, SITE, HERE, at=now())


@pytest.mark.parametrize(
    ("public_url", "asked", "origin"),
    [
        ("", "http://localhost:8000/", "http://localhost:8000"),
        ("", "http://127.0.0.1:8000/", ""),
        ("", "http://evil.example/", ""),
        ("", "http://localhost.evil.example/", ""),
        ("https://yijian.example.gov.cn", "http://localhost:8000/", "https://yijian.example.gov.cn"),
        ("https://yijian.example.gov.cn:8443/", "http://evil.example/", "https://yijian.example.gov.cn:8443"),
        ("http://yijian.example.gov.cn", "http://yijian.example.gov.cn/", ""),
        ("https://10.1.2.3", "https://10.1.2.3/", ""),
        ("http://localhost:8000", "http://localhost:8000/", "http://localhost:8000"),
    ],
)
def test_pages_ask_for_passkeys_where_browsers_let_them(public_url: str, asked: str, origin: str) -> None:
    assert Settings(public_url=public_url).passkey_origin(asked) == origin


def test_where_they_do_not_work_the_page_says_why(signed_in: SignIn, client: FlaskClient) -> None:
    here = signed_in("auditor")
    there = {"base_url": "http://127.0.0.1:8000"}
    assert client.get("/desk/sign-in/passkey/options", **there).status_code == 404
    assert client.post("/desk/sign-in/passkey", **there).status_code == 404
    assert "用通行密钥登录" not in client.get("/desk/sign-in", **there).text
    assert "用通行密钥登录" in client.get("/desk/sign-in").text
    assert here.get("/desk/two-step").status_code == 200


def test_a_challenge_is_this_browsers_and_used_up(client: FlaskClient, staff: Staff) -> None:
    given = client.get("/desk/sign-in/passkey/options").get_json()
    assert given["rpId"] == "localhost"
    assert (given["userVerification"], given["allowCredentials"]) == ("required", [])
    with client.session_transaction() as session:
        assert CHALLENGE in session
    answer = client.post("/desk/sign-in/passkey", data={"answer": "{}"})
    assert answer.status_code == 303
    with client.session_transaction() as session:
        assert CHALLENGE not in session
    assert "未通过验证" in client.get(answer.location).text


def test_who_has_not_given_the_password_learns_of_no_passkey(
    registered: Authenticator, client: FlaskClient, staff: Staff
) -> None:
    assert client.get("/desk/sign-in/passkey/options").get_json()["allowCredentials"] == []
    client.post("/desk/sign-in", data={"username": "auditor", "password": PASSWORD})
    given = client.get("/desk/sign-in/passkey/options").get_json()
    assert len(given["allowCredentials"]) == 1
    assert second_step.LASTS > passkeys.CHALLENGE_LASTS
    assert settings().ratelimit_sign_in
