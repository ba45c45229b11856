"""Who resets another's password or changes another's role can't do it unseen: the holder gets mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from flask import Flask

from consult import outgoing_mail
from consult.accounts import passwords, second_factor, service
from consult.accounts.errors import AccountRefused
from consult.accounts.models import Role, User
from consult.accounts.permissions import SYSTEM, Actor

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PASSWORD = "correct horse 8"
OTHER = "another horse 9"


def an_account(username: str, role: Role) -> User:
    return service.create_user(
        SYSTEM, username=username, name=f"{username}的姓名", role=role, division="建设处", password=PASSWORD, at=AT
    )


@pytest.fixture
def admin(app: Flask) -> Actor:
    return Actor.of(an_account("guan", Role.ADMIN))


@pytest.fixture
def holder(app: Flask) -> User:
    user = an_account("chen", Role.DRAFTER)
    second_factor.set_email(user, "chen@example.gov.cn", at=AT)
    return user


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """Return the mails that went out."""
    mails: list[EmailMessage] = []
    monkeypatch.setattr(outgoing_mail, "send", mails.append)
    return mails


def test_the_holder_reads_who_reset_the_password_and_nothing_of_it(
    sent: list[EmailMessage], admin: Actor, holder: User
) -> None:
    service.set_password(admin, holder, OTHER, at=AT)
    (mail,) = sent
    text = mail.get_content()
    assert mail["To"] == "chen@example.gov.cn"
    assert "guan的姓名于2026年11月24日10:00重设了您账号“chen”的密码。" in text
    assert OTHER not in text


def test_by_the_command_line_too(sent: list[EmailMessage], holder: User) -> None:
    service.set_password(SYSTEM, holder, OTHER, at=AT)
    assert len(sent) == 1


def test_ones_own_new_password_is_no_news(sent: list[EmailMessage], holder: User) -> None:
    service.change_own_password(holder, PASSWORD, OTHER, at=AT)
    assert sent == []


def test_the_holder_reads_which_role_it_is_now(sent: list[EmailMessage], admin: Actor, holder: User) -> None:
    service.change_role(admin, holder, Role.MODERATOR, division="规划处", at=AT)
    (mail,) = sent
    assert f"将您账号“chen”的角色改为{Role.MODERATOR.label.words}（规划处）。" in mail.get_content()


def test_the_same_role_again_is_no_news(sent: list[EmailMessage], admin: Actor, holder: User) -> None:
    service.change_role(admin, holder, Role.DRAFTER, division="建设处", at=AT)
    assert sent == []


def test_nobody_is_written_to_without_an_address(sent: list[EmailMessage], admin: Actor) -> None:
    user = an_account("li", Role.DRAFTER)
    service.set_password(admin, user, OTHER, at=AT)
    service.change_role(admin, user, Role.LEGAL, at=AT)
    assert sent == []


@pytest.mark.parametrize("failure", [outgoing_mail.MailNotSent("x"), outgoing_mail.MailRejected("x"), OSError("full")])
def test_what_was_done_stands_when_the_mail_fails(
    admin: Actor, holder: User, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    monkeypatch.setattr(outgoing_mail, "send", failing_with(failure))
    service.set_password(admin, holder, OTHER, at=AT)
    service.change_role(admin, holder, Role.LEGAL, at=AT)
    assert passwords.matches(holder.password_hash, OTHER)
    assert holder.role is Role.LEGAL


def failing_with(failure: Exception) -> Callable[[EmailMessage], str]:
    def send(_message: EmailMessage) -> str:
        raise failure

    return send


def test_a_refused_change_writes_nothing(sent: list[EmailMessage], admin: Actor, holder: User) -> None:
    with pytest.raises(AccountRefused):
        service.set_password(admin, holder, "short", at=AT)
    assert sent == []
