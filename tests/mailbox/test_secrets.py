"""A mailbox's password goes only where it was typed in for, and a test of the connection maps no network."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask

from config import Settings
from consult import app_context
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.ledger.models import LedgerEntry
from consult.mailbox import fetching, settings
from consult.mailbox.errors import MailboxRefused
from consult.mailbox.models import Encryption
from consult.store import db
from tests.builders import an_actor

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TYPED = settings.MailboxSettings("imap.dept.gov.cn", "yijian@dept.gov.cn", "the secret", port=993)
KEPT = replace(TYPED, password="")


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"host": "imap.evil.example"},
        {"port": 9993},
        {"user": "other@dept.gov.cn"},
        {"encryption": Encryption.NONE},
        {"encryption": Encryption.STARTTLS, "port": None},
    ],
)
def test_another_destination_needs_the_password_again(app: Flask, elsewhere: dict[str, object]) -> None:
    mailbox = settings.add(SYSTEM, TYPED, at=AT)
    with pytest.raises(MailboxRefused, match="重新填写密码"):
        settings.change(SYSTEM, mailbox, replace(KEPT, **elsewhere), at=AT)  # type: ignore[arg-type]
    db.session.expire_all()
    assert (mailbox.host, mailbox.port, mailbox.user) == ("imap.dept.gov.cn", 993, "yijian@dept.gov.cn")
    assert mailbox.encryption is Encryption.TLS
    assert db.session.query(LedgerEntry).filter_by(act="mailbox.change").count() == 0
    settings.change(SYSTEM, mailbox, replace(TYPED, password="another", **elsewhere), at=AT)  # type: ignore[arg-type]
    assert settings.password_of(mailbox) == "another"


def test_a_folder_or_an_address_changes_without_it(app: Flask) -> None:
    mailbox = settings.add(SYSTEM, TYPED, at=AT)
    settings.change(SYSTEM, mailbox, replace(KEPT, folder="意见", address="a@dept.gov.cn"), at=AT)
    assert settings.password_of(mailbox) == "the secret"
    assert mailbox.folder == "意见"


def test_only_administrators_read_why_a_connection_failed(app: Flask) -> None:
    publisher, admin = an_actor(Role.PUBLISHER), an_actor(Role.ADMIN)
    words = {publisher: set(), admin: set()}
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        for host, port in (("127.0.0.1", 1), ("no-such-host.invalid", 993), ("127.0.0.1", listening.getsockname()[1])):
            mailbox = settings.add(SYSTEM, replace(TYPED, host=host, port=port), at=AT)
            for actor, said_to in words.items():
                with pytest.raises(MailboxRefused) as refused:
                    fetching.test(actor, mailbox)
                said_to.add(str(refused.value))
    assert words[publisher] == {fetching.NO_DETAILS}
    assert len(words[admin]) == 3


def test_servers_that_are_not_allowed_are_neither_set_nor_asked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    old = settings.add(SYSTEM, replace(TYPED, host="10.0.0.5"), at=AT)
    limited = Settings(data_dir=app_context.settings().data_dir, mailbox_hosts="imap.dept.gov.cn, *.mail.gov.cn")
    monkeypatch.setitem(app.config, "SETTINGS", limited)
    settings.add(SYSTEM, TYPED, at=AT)
    settings.add(SYSTEM, replace(TYPED, host="a.Mail.gov.cn"), at=AT)
    for host in ("10.0.0.5", "mail.gov.cn.evil.example", "127.0.0.1"):
        with pytest.raises(MailboxRefused, match="MAILBOX_HOSTS"):
            settings.add(SYSTEM, replace(TYPED, host=host), at=AT)
    with pytest.raises(MailboxRefused, match="MAILBOX_HOSTS"):
        fetching.test(SYSTEM, old)
