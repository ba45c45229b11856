"""Accounts: who may open one, what a password must be, and how signing in is throttled and recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts import service
from consult.accounts.errors import AccountRefused, NotAllowed, SignInRefused
from consult.accounts.models import Division, Role, SignIn, User
from consult.accounts.permissions import SYSTEM, Actor
from consult.ledger.models import DIGESTS_OF_ROWS, LedgerEntry
from consult.store import db

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PASSWORD = "correct horse 8"
ADDRESS = "203.0.113.7"


def an_account(username: str = "chen", role: Role = Role.DRAFTER, division: str | None = "建设处") -> User:
    return service.create_user(
        SYSTEM, username=username, name="陈一", role=role, division=division, password=PASSWORD, at=AT
    )


def fail_to_sign_in(times: int, username: str = "chen", address: str = ADDRESS, at: datetime = AT) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            service.sign_in(username, "wrong password", address, at=at)


def acts() -> list[str]:
    query = select(LedgerEntry.act).where(LedgerEntry.subject != DIGESTS_OF_ROWS)
    return list(db.session.scalars(query.order_by(LedgerEntry.id)))


def test_an_account_keeps_its_password_as_argon2_only(app: Flask) -> None:
    user = an_account()
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash


def test_a_new_division_is_created_once_and_used_again(app: Flask) -> None:
    first, second = an_account("chen"), an_account("li")
    assert first.division_id == second.division_id
    assert db.session.scalar(select(func.count()).select_from(Division)) == 1


def test_opening_an_account_is_in_the_ledger(app: Flask) -> None:
    an_account()
    entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.subject != DIGESTS_OF_ROWS)).one()
    assert (entry.act, entry.subject) == ("account.create", "user:chen")
    assert entry.detail == {"role": "drafter", "division": "建设处"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"username": "陈 一"}, "用户名"),
        ({"username": ""}, "用户名"),
        ({"username": "x" * 65}, "64"),
        ({"name": "  "}, "姓名"),
        ({"name": "陈\x00"}, "姓名"),
        ({"role": "king"}, "moderator（审核员）"),
        ({"password": "short"}, "10 到 200"),
        ({"username": "chen-zhang", "password": "Chen-Zhang"}, "用户名"),
        ({"division": " "}, "处室"),
        ({"division": "处" * 81}, "80"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_words(app: Flask, change: dict[str, str], words: str) -> None:
    wish = {"username": "chen", "name": "陈一", "role": "drafter", "division": "建设处", "password": PASSWORD}
    with pytest.raises(AccountRefused, match=words):
        service.create_user(SYSTEM, at=AT, **(wish | change))
    assert db.session.scalar(select(func.count()).select_from(User)) == 0
    assert acts() == []


def test_a_username_is_taken_whatever_its_capitals(app: Flask) -> None:
    an_account("chen")
    with pytest.raises(AccountRefused, match="已经有人用了"):
        an_account("Chen")


def test_only_an_administrator_opens_accounts(app: Flask) -> None:
    drafter = Actor.of(an_account())
    with pytest.raises(NotAllowed, match="管理员"):
        service.create_user(drafter, username="li", name="李", role="admin", password=PASSWORD, at=AT)


def test_the_right_password_signs_in_and_is_recorded(app: Flask) -> None:
    user = an_account()
    assert service.sign_in("Chen ", PASSWORD, ADDRESS, at=AT).id == user.id
    attempt = db.session.scalars(select(SignIn)).one()
    assert attempt.succeeded
    assert attempt.address_hash is not None
    assert ADDRESS not in attempt.address_hash
    assert acts() == ["account.create", "account.sign_in"]


def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nothing(app: Flask) -> None:
    an_account()
    with pytest.raises(SignInRefused) as wrong:
        service.sign_in("chen", "wrong password", ADDRESS, at=AT)
    with pytest.raises(SignInRefused) as unknown:
        service.sign_in("nobody", PASSWORD, ADDRESS, at=AT)
    assert wrong.value.message == unknown.value.message


def test_what_was_typed_as_an_unknown_username_is_not_kept(app: Flask) -> None:
    with pytest.raises(SignInRefused):
        service.sign_in("my secret password", "x", ADDRESS, at=AT)
    assert "my secret password" not in db.session.scalars(select(SignIn.username)).one()
    assert "my secret password" not in db.session.scalars(select(LedgerEntry.subject)).one()


def test_after_five_failures_even_the_right_password_waits(app: Flask) -> None:
    an_account()
    fail_to_sign_in(5)
    with pytest.raises(SignInRefused, match="10 分钟"):
        service.sign_in("chen", PASSWORD, ADDRESS, at=AT + timedelta(minutes=5))
    assert service.sign_in("chen", PASSWORD, ADDRESS, at=AT + timedelta(minutes=15))


def test_attempts_while_waiting_do_not_prolong_the_wait(app: Flask) -> None:
    an_account()
    fail_to_sign_in(5)
    fail_to_sign_in(5, at=AT + timedelta(minutes=14))
    assert service.sign_in("chen", PASSWORD, ADDRESS, at=AT + timedelta(minutes=15))


def test_a_stranger_elsewhere_does_not_lock_the_owner_out(app: Flask) -> None:
    an_account()
    fail_to_sign_in(5, address="198.51.100.9")
    assert service.sign_in("chen", PASSWORD, ADDRESS, at=AT)


def test_a_success_forgives_the_failures_before_it(app: Flask) -> None:
    an_account()
    fail_to_sign_in(4)
    service.sign_in("chen", PASSWORD, ADDRESS, at=AT)
    fail_to_sign_in(4)
    assert service.sign_in("chen", PASSWORD, ADDRESS, at=AT)


def test_unknown_names_are_throttled_as_well(app: Flask) -> None:
    fail_to_sign_in(5, username="nobody")
    with pytest.raises(SignInRefused, match="分钟后再试"):
        service.sign_in("nobody", PASSWORD, ADDRESS, at=AT)


def test_a_closed_account_does_not_sign_in_until_it_is_opened_again(app: Flask) -> None:
    user = an_account()
    service.deactivate(SYSTEM, user, at=AT)
    with pytest.raises(SignInRefused, match="停用"):
        service.sign_in("chen", PASSWORD, ADDRESS, at=AT)
    service.reactivate(SYSTEM, user, at=AT)
    assert service.sign_in("chen", PASSWORD, ADDRESS, at=AT)


def test_the_last_administrator_stays(app: Flask) -> None:
    first = an_account("first", Role.ADMIN, None)
    with pytest.raises(AccountRefused, match="最后一个管理员"):
        service.deactivate(SYSTEM, first, at=AT)
    second = an_account("second", Role.ADMIN, None)
    with pytest.raises(AccountRefused, match="自己"):
        service.deactivate(Actor.of(second), second, at=AT)
    service.deactivate(Actor.of(second), first, at=AT)
    assert not first.active


def test_a_person_changes_their_own_password_and_nobody_elses(app: Flask) -> None:
    chen, li = an_account("chen"), an_account("li")
    service.set_password(Actor.of(chen), chen, "another password", at=AT)
    assert service.sign_in("chen", "another password", ADDRESS, at=AT)
    with pytest.raises(NotAllowed):
        service.set_password(Actor.of(chen), li, "another password", at=AT)
