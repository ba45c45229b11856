"""Signing in by the department's identity provider: a real one, and one whose answers are bent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pyotp
import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError

from config import Settings
from consult.accounts import identities, second_factor
from consult.accounts.errors import AccountRefused, NotAllowed
from consult.accounts.models import User
from consult.accounts.permissions import SYSTEM, Actor
from consult.app_context import settings
from consult.clock import now
from consult.ledger.queries import entries
from consult.ledger.two_persons import are_one
from consult.store import db
from tests.faces.desk.accounts import crooked_provider
from tests.faces.desk.accounts.crooked_provider import CrookedProvider
from tests.faces.desk.conftest import PASSWORD, SignIn, Staff
from tests.together import both, elsewhere

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib")
"""The real provider is made with an older interface of Authlib."""
NAMES = [
    oidc_provider_mock.User(sub="u-1", claims={"amr": ["pwd"]}),
    oidc_provider_mock.User(sub="u-2", claims={"amr": ["pwd", "otp"], "acr": "gold"}),
]


def with_provider(app: Flask, monkeypatch: pytest.MonkeyPatch, issuer: str, **more: str) -> None:
    changes = {"oidc_issuer": issuer, "oidc_client_id": "consult", "oidc_client_secret": "s3cret", **more}
    monkeypatch.setitem(app.config, "SETTINGS", settings().model_copy(update=changes))


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    """The address of a real provider."""
    with oidc_provider_mock.run_server_in_thread(user_claims=NAMES) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provider(app: Flask, staff: Staff, real: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The real provider, set."""
    with_provider(app, monkeypatch, real)
    return real


@pytest.fixture
def crooked(app: Flask, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> Iterator[CrookedProvider]:
    """A provider whose answers can be bent, set, with the auditor linked to its user ``u-1``."""
    with crooked_provider.running() as provider:
        with_provider(app, monkeypatch, provider.url)
        link(staff.auditor, "u-1")
        yield provider


def link(account: User, subject: str) -> None:
    identities.link(SYSTEM, account, subject, at=now())


def answer_of(client: FlaskClient, subject: str, wanted: str = "") -> str:
    """Ask, sign in at the real provider, and return the address that it sends the browser back to."""
    asked = client.get(f"/desk/sign-in/identity{wanted}")
    assert asked.status_code == 302, asked.location
    back = requests.post(asked.location, data={"sub": subject}, allow_redirects=False, timeout=10)
    return back.headers["Location"].removeprefix("http://localhost")


def bent(client: FlaskClient) -> str:
    """Go the whole way at the crooked provider; return where it ends."""
    asked = client.get("/desk/sign-in/identity")
    back = requests.get(asked.location, allow_redirects=False, timeout=10)
    return client.get(back.headers["Location"].removeprefix("http://localhost")).location


def is_in(client: FlaskClient) -> bool:
    return client.get("/desk/").status_code == 200


def refusal(client: FlaskClient) -> str:
    return client.get("/desk/sign-in").text


def test_a_linked_account_signs_in_and_goes_on_to_the_page_asked_for(
    provider: str, client: FlaskClient, staff: Staff
) -> None:
    link(staff.auditor, "u-1")
    assert "统一身份认证登录" in client.get("/desk/sign-in").text
    back = answer_of(client, "u-1", "?next=/desk/?before=5")
    entered = client.get(back)
    assert (entered.status_code, entered.location) == (303, "/desk/?before=5")
    assert is_in(client)
    with client.session_transaction() as session:
        assert not [key for key in session if key.startswith("_state_")]
    entry = next(entry for entry in entries() if entry.act == "account.sign_in")
    assert (entry.actor_id, entry.detail) == (staff.auditor.id, {"by": "identity"})


def test_the_question_has_state_nonce_and_a_challenge(provider: str, client: FlaskClient, staff: Staff) -> None:
    asked = parse_qs(urlsplit(client.get("/desk/sign-in/identity").location).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    assert asked["redirect_uri"] == ["http://localhost/desk/sign-in/identity/answer"]
    assert "s3cret" not in str(asked)


def test_an_answer_counts_once_and_in_this_browser_only(
    app: Flask, provider: str, client: FlaskClient, staff: Staff
) -> None:
    link(staff.auditor, "u-1")
    back, stranger = answer_of(client, "u-1"), app.test_client()
    assert stranger.get(back).location.startswith("/desk/sign-in")
    assert not is_in(stranger)
    assert client.get(back).location == "/desk/"
    client.post("/desk/sign-out")
    assert client.get(back).location.startswith("/desk/sign-in")
    assert not is_in(client)
    with client.session_transaction() as session:
        kept = {key: value for key, value in session.items() if key.startswith("_state_")}
    assert kept == {}


def test_a_kept_cookie_and_answer_are_worth_nothing_once_used(
    app: Flask, provider: str, client: FlaskClient, staff: Staff
) -> None:
    link(staff.auditor, "u-1")
    back = answer_of(client, "u-1")
    with client.session_transaction() as session:
        kept = dict(session)
    assert client.get(back).location == "/desk/"
    thief = app.test_client()
    with thief.session_transaction() as session:
        session.update(kept)
    assert thief.get(back).location.startswith("/desk/sign-in"), "the provider takes its code once"
    assert not is_in(thief)


def test_a_user_unknown_here_gets_no_account(provider: str, client: FlaskClient, staff: Staff) -> None:
    before = db.session.query(User).count()
    assert client.get(answer_of(client, "u-9")).location.startswith("/desk/sign-in")
    assert "没有关联本平台的账号" in refusal(client)
    assert db.session.query(User).count() == before
    entry = next(entry for entry in entries() if entry.act == "account.sign_in_refused")
    assert "u-9" not in entry.subject


def test_a_closed_account_does_not_get_in(provider: str, client: FlaskClient, staff: Staff) -> None:
    link(staff.auditor, "u-1")
    staff.auditor.active = False
    db.session.commit()
    client.get(answer_of(client, "u-1"))
    assert "已经停用" in refusal(client)
    assert not is_in(client)


def test_what_the_provider_asked_for_counts_as_the_second_factor_only_where_settings_say_so(
    app: Flask, real: str, client: FlaskClient, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_provider(app, monkeypatch, real)
    for account, subject in ((staff.auditor, "u-1"), (staff.legal, "u-2")):
        link(account, subject)
        offer = second_factor.offer(account)
        code = pyotp.TOTP(second_factor.offered_secret(account, offer)).at(now())
        second_factor.set_up_totp(account, PASSWORD, offer, code, at=now())
    for counting, subject, opens in (
        ("", "u-2", False),
        ("otp", "u-1", False),
        ("otp", "u-2", True),
        ("gold", "u-2", True),
    ):
        with_provider(app, monkeypatch, real, oidc_second_factor=counting)
        visitor = app.test_client()
        entered = visitor.get(answer_of(visitor, subject))
        assert ("/step" not in entered.location, is_in(visitor)) == (opens, opens), (counting, subject)


def test_a_role_that_needs_a_second_factor_has_it_from_the_provider_or_sets_it_up(
    app: Flask, real: str, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_to = ((staff.auditor, "u-1"), (staff.legal, "u-2"))
    with_provider(app, monkeypatch, real, second_factor_roles="all", oidc_second_factor="otp")
    for account, subject in link_to:
        link(account, subject)
    weak, strong = app.test_client(), app.test_client()
    weak.get(answer_of(weak, "u-1"))
    strong.get(answer_of(strong, "u-2"))
    assert weak.get("/desk/").location == "/desk/two-step/app"
    assert is_in(strong)
    by_password = app.test_client()
    by_password.post("/desk/sign-in", data={"username": "legal", "password": PASSWORD})
    assert by_password.get("/desk/").location == "/desk/two-step/app"


def test_the_straight_answer_of_the_crooked_provider_is_taken(crooked: CrookedProvider, client: FlaskClient) -> None:
    assert bent(client) == "/desk/"
    assert is_in(client)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": None},
        {"aud": ["consult", "another"], "azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 1},
        {"sub": ["u-1"]},
        {"amr": "otp"},
    ],
)
def test_a_bent_answer_is_refused(crooked: CrookedProvider, client: FlaskClient, claims: dict[str, Any]) -> None:
    crooked.claims = claims
    assert bent(client).startswith("/desk/sign-in")
    assert "统一身份认证未通过" in refusal(client)
    assert crooked.issued == 1
    assert not is_in(client)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "another key"])
def test_an_answer_that_the_provider_did_not_sign_is_refused(
    crooked: CrookedProvider, client: FlaskClient, algorithm: str
) -> None:
    if algorithm == "another key":
        crooked.signed_by = crooked.other_key
    else:
        crooked.algorithm = algorithm
    assert bent(client).startswith("/desk/sign-in")
    assert "统一身份认证未通过" in refusal(client)
    assert crooked.issued == 1
    assert not is_in(client)


def test_a_provider_that_names_itself_otherwise_is_not_asked(crooked: CrookedProvider, client: FlaskClient) -> None:
    crooked.issuer = "https://evil.example"
    assert client.get("/desk/sign-in/identity").location.startswith("/desk/sign-in")
    assert "不能连接统一身份认证" in refusal(client)
    assert crooked.asked == {}


def test_an_answer_in_another_issuers_name_is_not_looked_at(crooked: CrookedProvider, client: FlaskClient) -> None:
    asked = client.get("/desk/sign-in/identity")
    back = requests.get(asked.location, allow_redirects=False, timeout=10).headers["Location"]
    path = back.removeprefix("http://localhost")
    assert client.get(f"{path}&iss=https://evil.example").location.startswith("/desk/sign-in")
    assert crooked.tokens_asked == 0


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=x&state=x", "?error=access_denied&state=x"])
def test_an_answer_to_no_question_is_refused(crooked: CrookedProvider, client: FlaskClient, query: str) -> None:
    assert client.get(f"/desk/sign-in/identity/answer{query}").location.startswith("/desk/sign-in")
    assert crooked.tokens_asked == 0
    assert not is_in(client)


def test_a_provider_that_is_away_is_named_and_passwords_go_on(
    app: Flask, client: FlaskClient, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_provider(app, monkeypatch, "http://127.0.0.1:9")
    assert client.get("/desk/sign-in/identity").location.startswith("/desk/sign-in")
    assert "不能连接统一身份认证" in refusal(client)
    assert client.post("/desk/sign-in", data={"username": "auditor", "password": PASSWORD}).location == "/desk/"


def test_without_a_provider_there_is_no_such_page_and_nothing_is_asked(
    client: FlaskClient, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests.Session, "send", lambda *_args, **_more: pytest.fail("something left the site"))
    for path in ("/desk/sign-in/identity", "/desk/sign-in/identity/answer?code=x&state=y"):
        assert client.get(path).status_code == 404
    assert "统一身份认证" not in client.get("/desk/sign-in").text
    with pytest.raises(AccountRefused, match="没有设置"):
        link(staff.auditor, "u-1")


def test_only_another_administrator_links_an_account_and_one_user_has_one(
    provider: str, staff: Staff, signed_in: SignIn
) -> None:
    with pytest.raises(NotAllowed):
        identities.link(staff.of("publisher"), staff.auditor, "u-1", at=now())
    admin = signed_in("admin")
    assert admin.post(f"/desk/accounts/{staff.auditor.id}/identity", data={"subject": " u-1 "}).status_code == 303
    assert 'value="u-1"' in admin.get("/desk/accounts").text
    with pytest.raises(AccountRefused, match="已经关联其他账号"):
        link(staff.legal, "u-1")
    for subject in ("x" * 256, "u\x00"):
        with pytest.raises(AccountRefused, match="用户标识"):
            link(staff.legal, subject)
    assert are_one(staff.of("admin"), [staff.auditor.id]), "who links it could sign in as its holder"
    admin.post(f"/desk/accounts/{staff.auditor.id}/identity", data={"subject": ""})
    link(staff.legal, "u-1")


def test_an_account_that_is_linked_to_another_user_no_longer_opens_for_the_first(
    provider: str, client: FlaskClient, staff: Staff
) -> None:
    link(staff.auditor, "u-1")
    link(staff.auditor, "u-2")
    client.get(answer_of(client, "u-1"))
    assert "没有关联" in refusal(client)
    client.get(answer_of(client, "u-2"))
    assert is_in(client)


def test_two_accounts_linked_together_to_one_user_are_not(app: Flask, provider: str, staff: Staff) -> None:
    admin, there = Actor.of(staff.admin), elsewhere(staff.legal)
    with pytest.raises(AccountRefused, match="已经关联其他账号"):
        both(
            app,
            lambda: identities.link(admin, staff.auditor, "u-1", at=now()),
            lambda: identities.link(SYSTEM, there(), "u-1", at=now()),
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": "http://id.example.gov.cn", "oidc_client_id": "consult"},
        {"oidc_issuer": "id.example.gov.cn", "oidc_client_id": "consult"},
        {"oidc_issuer": "https://id.example.gov.cn?x=1", "oidc_client_id": "consult"},
        {"oidc_issuer": "https://id.example.gov.cn"},
        {"oidc_issuer": "https://id.example.gov.cn", "oidc_client_id": "consult", "oidc_scope": "profile"},
    ],
)
def test_settings_that_would_not_be_safe_stop_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)  # type: ignore[arg-type]
