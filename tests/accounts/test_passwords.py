"""What a password may be, and what follows when another person set it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from config import Settings
from consult.accounts import passwords, service
from consult.accounts.errors import AccountRefused, SignInRefused
from consult.accounts.models import Role, User
from consult.accounts.permissions import SYSTEM, Actor
from consult.app_context import settings
from consult.ledger.two_persons import are_one, passwords_given

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PASSWORD = "correct horse 8"


def an_account(username: str, role: Role = Role.PUBLISHER, by: Actor = SYSTEM, at: datetime = AT) -> User:
    return service.create_user(by, username=username, name="陈一", role=role, password=PASSWORD, at=at)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("a" * 9, "10 到 200"),
        ("a" * 201, "10 到 200"),
        ("password123", "太常见"),
        ("PassWord!2026", "太常见"),
        ("ｐａｓｓｗｏｒｄ１２３", "太常见"),
        ("1q2w3e4r5t", "太常见"),
        ("qwertyuiop", "太常见"),
        ("2026123456789", "太常见"),
        ("11111111112", "太常见"),
        ("zhangwei2026", "用户名、姓名"),
        ("Zhang-Wei.2026!", "用户名、姓名"),
        ("weizhang20261129", "用户名、姓名"),
        ("张伟张伟张伟张伟张伟12", "太常见"),
        ("张伟住房保障处2026", "用户名、姓名"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, words: str) -> None:
    with pytest.raises(AccountRefused, match=words):
        passwords.check(password, "zhang.wei", "张伟", "住房保障处")


@pytest.mark.parametrize(
    "password", [PASSWORD, "一个只用于测试的长密码 2026", "zhang wei ate seven pears", "x7#Kq!9mTz2$"]
)
def test_a_password_of_ones_own_is_taken(password: str) -> None:
    passwords.check(password, "zhang.wei", "张伟", "住房保障处")


def test_generated_passwords_pass_their_own_check() -> None:
    for _ in range(200):
        passwords.check(passwords.generate(), "zhang.wei", "张伟", "住房保障处")


def test_what_a_person_set_is_to_be_changed_and_what_a_command_set_is_not(app: Flask) -> None:
    admin = Actor.of(an_account("guan", Role.ADMIN))
    mine, theirs = an_account("by-command"), an_account("by-hand", by=admin)
    assert (mine.password_due, theirs.password_due) == (False, True)
    service.change_own_password(theirs, PASSWORD, "another horse 9", at=AT)
    assert not theirs.password_due
    service.set_password(admin, theirs, PASSWORD, at=AT)
    assert theirs.password_due
    with pytest.raises(AccountRefused, match="不能和现在的"):
        service.change_own_password(theirs, PASSWORD, PASSWORD, at=AT)
    assert [given.first for given in passwords_given(theirs)] == [False, True]
    assert [given.by for given in passwords_given(mine)] == [SYSTEM.name]


def test_two_accounts_are_one_person_where_one_gave_the_other_its_password(app: Flask) -> None:
    admin, chen, li = an_account("guan", Role.ADMIN), an_account("chen"), an_account("li")
    service.set_password(Actor.of(admin), chen, "another horse 9", at=AT)
    assert are_one(Actor.of(admin), [chen.id])
    assert are_one(Actor.of(chen), [li.id, admin.id])
    assert not are_one(Actor.of(chen), [li.id, None, chen.id])
    assert not are_one(SYSTEM, [chen.id])
    assert are_one(Actor.of(admin), [chen.id], AT)
    assert not are_one(Actor.of(admin), [chen.id], AT + timedelta(seconds=1)), "set before the consultation began"
    made = an_account("wang", by=Actor.of(admin))
    assert are_one(Actor.of(made), [admin.id])


@pytest.mark.parametrize(
    ("changes", "opens"),
    [
        ({}, True),
        ({"bind_host": "localhost"}, True),
        ({"bind_host": "0.0.0.0"}, False),
        ({"trusted_proxies": 1}, False),
        ({"public_url": "https://yijian.example.gov.cn"}, False),
        ({"public_url": "http://127.0.0.1:8000"}, True),
    ],
)
def test_the_demonstrations_password_opens_only_on_this_machine(
    app: Flask, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], opens: bool
) -> None:
    service.create_user(SYSTEM, username="qicao", name="演示", role=Role.LEGAL, password=passwords.DEMONSTRATION, at=AT)
    monkeypatch.setitem(app.config, "SETTINGS", Settings(data_dir=settings().data_dir, **changes))  # type: ignore[arg-type]
    if opens:
        assert service.sign_in("qicao", passwords.DEMONSTRATION, None, at=AT)
    else:
        with pytest.raises(SignInRefused, match="只能在本机"):
            service.sign_in("qicao", passwords.DEMONSTRATION, None, at=AT)


@pytest.mark.parametrize(
    ("address", "opens"),
    [("127.0.0.1", True), ("::1", True), ("192.168.1.20", False), ("203.0.113.7", False), ("127.0.0.1.evil", False)],
)
def test_a_server_that_listens_elsewhere_than_settings_say_opens_it_for_this_machine_only(
    app: Flask, address: str, opens: bool
) -> None:
    service.create_user(SYSTEM, username="qicao", name="演示", role=Role.LEGAL, password=passwords.DEMONSTRATION, at=AT)
    if opens:
        assert service.sign_in("qicao", passwords.DEMONSTRATION, address, at=AT)
    else:
        with pytest.raises(SignInRefused, match="只能在本机"):
            service.sign_in("qicao", passwords.DEMONSTRATION, address, at=AT)
