"""The department that the desk's tests work in: an account in every role, and a way to sign each of them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from consult.accounts import service as accounts
from consult.accounts.models import Role, User
from consult.accounts.passwords import make_hash
from consult.accounts.permissions import SYSTEM, Actor
from consult.clock import now
from consult.store import db
from tests import chromium
from tests.signed_in import sign_in_as

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.faces.desk.served import Office

PASSWORD = "correct horse 8"


@dataclass
class Staff:
    """The accounts of a small department; two divisions, a second publisher."""

    drafter: User
    colleague: User
    other_drafter: User
    moderator: User
    other_moderator: User
    publisher: User
    second_publisher: User
    legal: User
    admin: User
    auditor: User

    def of(self, name: str) -> Actor:
        """Return an account as the actor of a verb."""
        return Actor.of(getattr(self, name))


@pytest.fixture(scope="session")
def password_hash() -> str:
    """One hash for all: making one is slow on purpose."""
    return make_hash(PASSWORD)


@pytest.fixture
def staff(app: Flask, password_hash: str, monkeypatch: pytest.MonkeyPatch) -> Staff:
    """The department's accounts."""
    monkeypatch.setattr("consult.accounts.passwords.make_hash", lambda _password: password_hash)
    at = now()

    def account(username: str, name: str, role: Role, division: str | None = None) -> User:
        return accounts.create_user(
            SYSTEM, username=username, name=name, role=role, password=PASSWORD, division=division, at=at
        )

    made = Staff(
        drafter=account("drafter", "起草甲", Role.DRAFTER, "保障处"),
        colleague=account("colleague", "起草乙", Role.DRAFTER, "保障处"),
        other_drafter=account("other", "起草丙", Role.DRAFTER, "建管处"),
        moderator=account("moderator", "审核甲", Role.MODERATOR, "保障处"),
        other_moderator=account("moderator2", "审核乙", Role.MODERATOR, "信息中心"),
        publisher=account("publisher", "发布甲", Role.PUBLISHER, "办公室"),
        second_publisher=account("publisher2", "发布乙", Role.PUBLISHER, "办公室"),
        legal=account("legal", "法规甲", Role.LEGAL, "法规处"),
        admin=account("admin", "管理甲", Role.ADMIN),
        auditor=account("auditor", "审计甲", Role.AUDITOR),
    )
    monkeypatch.undo()
    return made


SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def signed_in(app: Flask, staff: Staff) -> SignIn:
    """Return a browser in which the named account is signed in; signing in itself has tests of its own."""
    ids = {name: user.id for name, user in vars(staff).items()}

    def sign_in(name: str) -> FlaskClient:
        client = sign_in_as(app.test_client(), ids[name])
        g.pop("_login_user", None)  # the test's own context would keep who was signed in before
        db.session.rollback()
        return client

    return sign_in


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    yield from chromium.launched()


@pytest.fixture
def office(app: Flask, staff: Staff) -> Iterator[Office]:
    """The desk, served, with a consultation in three states."""
    from tests.faces.desk.served import serving  # needs the accounts of this module

    yield from serving(app, staff)
