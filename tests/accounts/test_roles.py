"""Another role for an account: who may give it, what ends with it, and that somebody is left to manage accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from consult.accounts import service, sessions
from consult.accounts.errors import AccountRefused, NotAllowed
from consult.accounts.models import AccountSession, Division, Role, SessionEnd, User
from consult.accounts.permissions import SYSTEM, Actor
from consult.accounts.sessions import Device
from consult.faces.cli.ledger import everything_wrong
from consult.ledger.models import LedgerEntry
from consult.ledger.verification import CheckedCounts
from consult.store import db
from tests.signed_in import sign_in_as
from tests.together import both, elsewhere

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PASSWORD = "correct horse 8"
HERE = Device("203.0.113.7", "Firefox")


def an_account(username: str, role: Role) -> User:
    return service.create_user(
        SYSTEM, username=username, name="陈一", role=role, division="建设处", password=PASSWORD, at=AT
    )


@pytest.fixture
def admin(app: Flask) -> User:
    return an_account("admin", Role.ADMIN)


@pytest.fixture
def drafter(app: Flask) -> User:
    return an_account("chen", Role.DRAFTER)


def entries() -> list[LedgerEntry]:
    return list(db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "account.set_role")))


def test_the_record_says_what_it_was_and_is_and_who_changed_it(admin: User, drafter: User) -> None:
    service.change_role(Actor.of(admin), drafter, "moderator", division="规划处", at=AT)
    (entry,) = entries()
    assert (entry.subject, entry.actor_id) == ("user:chen", admin.id)
    assert entry.detail == {
        "role": "moderator",
        "division": "规划处",
        "role_before": "drafter",
        "division_before": "建设处",
    }
    assert list(everything_wrong(CheckedCounts())) == []


@pytest.mark.parametrize("change", [{"role": Role.LEGAL}, {"role": Role.DRAFTER, "division": "规划处"}])
def test_all_sessions_of_the_account_end_and_no_other_ones(admin: User, drafter: User, change: dict[str, Any]) -> None:
    kept = sessions.sign_in("admin", PASSWORD, HERE, at=AT).token
    token = sessions.sign_in("chen", PASSWORD, HERE, at=AT).token
    service.change_role(Actor.of(admin), drafter, at=AT, **change)
    assert sessions.behind(token, AT) is None
    assert sessions.behind(kept, AT) is not None
    ended = db.session.scalars(select(AccountSession).where(AccountSession.ended_at.is_not(None))).one()
    assert ended.ended_why is SessionEnd.ROLE


def test_the_same_role_again_changes_nothing(admin: User, drafter: User) -> None:
    token = sessions.sign_in("chen", PASSWORD, HERE, at=AT).token
    service.change_role(Actor.of(admin), drafter, Role.DRAFTER, division=" 建设处 ", at=AT)
    assert sessions.behind(token, AT) is not None
    assert entries() == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_nobody_but_an_administrator_gives_roles(admin: User, role: Role) -> None:
    other = an_account("other", role)
    with pytest.raises(NotAllowed):
        service.change_role(Actor.of(other), other, Role.ADMIN, at=AT)
    with pytest.raises(NotAllowed):
        service.change_role(Actor.of(other), admin, Role.AUDITOR, at=AT)


def test_what_cannot_be_is_refused_and_leaves_nothing(admin: User, drafter: User) -> None:
    for wish, words in (
        ({"role": "king"}, "moderator（审核员）"),
        ({"role": "drafter"}, "处室"),
        ({"role": "drafter", "division": "处" * 81}, "80"),
        ({"role": "drafter", "division": "处\0"}, "不能显示"),
    ):
        with pytest.raises(AccountRefused, match=words):
            service.change_role(Actor.of(admin), drafter, at=AT, **wish)
    with pytest.raises(AccountRefused, match="自己"):
        service.change_role(Actor.of(admin), admin, Role.AUDITOR, at=AT)
    with pytest.raises(AccountRefused, match="最后一个管理员"):
        service.change_role(SYSTEM, admin, Role.AUDITOR, division="新处", at=AT)
    assert entries() == []
    assert db.session.scalars(select(Division.name)).all() == ["建设处"]


def test_of_two_administrators_who_take_it_from_each_other_one_is_left(app: Flask) -> None:
    first, second = an_account("first", Role.ADMIN), an_account("second", Role.ADMIN)
    one_actor, other_actor, read_first = Actor.of(first), Actor.of(second), elsewhere(first)
    with pytest.raises(AccountRefused, match="最后一个管理员"):
        both(
            app,
            lambda: service.change_role(one_actor, second, Role.AUDITOR, at=AT),
            lambda: service.change_role(other_actor, read_first(), Role.AUDITOR, at=AT),
        )
    assert db.session.scalars(select(User.username).where(User.role == Role.ADMIN)).all() == ["first"]


def test_the_page_changes_a_role_and_shows_refusals(app: Flask, admin: User, drafter: User) -> None:
    theirs, admins = f"/desk/accounts/{drafter.id}/role", f"/desk/accounts/{admin.id}/role"
    ids = admin.id, drafter.id
    db.session.commit()
    client: FlaskClient = sign_in_as(app.test_client(), ids[0])
    page = client.get("/desk/accounts").text
    assert theirs in page
    assert admins not in page
    assert "现在是法规处" in client.post(theirs, data={"role": "legal"}, follow_redirects=True).text
    assert "请写明处室" in client.post(theirs, data={"role": "drafter"}, follow_redirects=True).text
    db.session.expire_all()
    assert drafter.role is Role.LEGAL
    db.session.commit()
    as_legal = sign_in_as(app.test_client(), ids[1])
    assert as_legal.post(admins, data={"role": "auditor"}).status_code == 403


def test_the_command_changes_a_role(app: Flask, drafter: User) -> None:
    done = app.test_cli_runner().invoke(args=["user", "role", "chen", "legal"])
    assert done.exit_code == 0, done.output
    assert "法规处" in done.stdout
    refused = app.test_cli_runner().invoke(args=["user", "role", "chen", "moderator"])
    assert (refused.exit_code, "处室" in refused.stderr) == (1, True)
