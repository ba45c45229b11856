"""The pages of the mailboxes, on a real IMAP server, and of mail that a program seems to have sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.permissions import SYSTEM
from consult.clock import now
from consult.intake.models import Submission
from consult.ledger.models import LedgerEntry
from consult.mailbox import fetching, settings
from consult.mailbox.models import Encryption, Mailbox, MailMessage, Outcome
from consult.store import db
from tests.faces.desk.conftest import SignIn, Staff
from tests.imap.dovecot import Dovecot
from tests.mailbox.letters import a_letter, canteens, ingest


@pytest.mark.imap
def test_a_mailbox_is_set_up_tested_read_changed_and_closed(
    app: Flask, staff: Staff, signed_in: SignIn, dovecot: Dovecot
) -> None:
    canteens()
    spam = a_letter("促销", Precedence="bulk")
    account = dovecot.account(a_letter("《社区食堂管理办法》意见"), spam, spam)
    fields = {"host": "127.0.0.1", "port": str(dovecot.port), "encryption": "none", "user": account.user}
    client = signed_in("admin")
    answer = client.post("/desk/mailboxes", data=fields | {"password": account.password}, follow_redirects=True)
    assert "已设置" in answer.text
    mailbox = db.session.query(Mailbox).one()
    page = client.post(f"/desk/mailboxes/{mailbox.id}/test", follow_redirects=True).text
    assert "里有 3 封邮件" in page
    list(fetching.fetch(mailbox, at=now()))
    page = client.get("/desk/mailboxes").text
    assert "已收 1 · 重复 1 · 自动邮件 1" in page
    change = f"/desk/mailboxes/{mailbox.id}"
    assert account.password not in page + client.get(change).text + mailbox.password_sealed
    client.post(change, data=fields | {"folder": "没有的"})  # the stored password stays
    assert "无法打开文件夹“没有的”" in client.post(f"{change}/test", follow_redirects=True).text
    assert settings.password_of(db.session.get_one(Mailbox, mailbox.id, populate_existing=True)) == account.password
    client.post(f"{change}/close")
    assert "已停用" in client.get("/desk/mailboxes").text
    client.post(f"{change}/reopen")
    entries = db.session.query(LedgerEntry).filter(LedgerEntry.act.startswith("mailbox.")).order_by(LedgerEntry.id)
    acts = [entry.act for entry in entries]
    assert acts == ["mailbox.add", "mailbox.change", "mailbox.close", "mailbox.reopen"]


@pytest.mark.imap
def test_messages_that_the_server_keeps_back_are_shown_and_may_be_asked_for_again(
    app: Flask, staff: Staff, signed_in: SignIn, dovecot: Dovecot
) -> None:
    account = dovecot.account(a_letter("一"), a_letter("二"))
    account.lock_up(1)
    terms = settings.MailboxSettings("127.0.0.1", account.user, account.password, dovecot.port, Encryption.NONE)
    mailbox = settings.add(SYSTEM, terms, at=now())
    list(fetching.fetch(mailbox, at=now()))
    client = signed_in("admin")
    page = client.get("/desk/mailboxes").text
    assert "有 1 封邮件未能从邮件服务器取得" in page
    assert "Internal error" in page
    page = client.post(f"/desk/mailboxes/{mailbox.id}/ask-again", follow_redirects=True).text
    assert "1 封未读取的邮件，数分钟内重新读取" in page
    account.lock_up(1, mode=0o600)
    list(fetching.fetch(mailbox, at=now() + timedelta(minutes=2)))
    assert "未能从邮件服务器取得" not in client.get("/desk/mailboxes").text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"host": ""}, "请填写邮件服务器的地址"),
        ({"user": "a b"}, "请填写邮箱的用户名"),
        ({"password": ""}, "请填写邮箱的密码或者授权码"),
        ({"port": "九百"}, "端口写阿拉伯数字"),
        ({"port": "70000"}, "应当在 1 到 65535 之间"),
        ({"encryption": "secret"}, "请从列出的几项里选一项"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(
    app: Flask, staff: Staff, signed_in: SignIn, wrong: dict[str, str], words: str
) -> None:
    fields = {"host": "imap.example.cn", "user": "a@example.cn", "password": "geheim-7", "encryption": "tls"}
    answer = signed_in("admin").post("/desk/mailboxes", data=fields | wrong)
    assert answer.status_code == 400
    assert words in answer.text
    assert "geheim-7" not in answer.text
    assert db.session.query(Mailbox).count() == 0


def test_only_who_manages_mailboxes_sees_them(app: Flask, staff: Staff, signed_in: SignIn) -> None:
    client = signed_in("moderator")
    assert client.get("/desk/mailboxes").status_code == 403
    assert client.post("/desk/mailboxes/1/test").status_code == 403
    assert "/desk/mailboxes" not in client.get("/desk/").text


def test_an_error_of_the_last_fetch_is_shown_in_words(app: Flask, staff: Staff, signed_in: SignIn) -> None:
    terms = settings.MailboxSettings("127.0.0.1", "a@example.cn", "x", port=1, encryption=Encryption.NONE)
    mailbox = settings.add(staff.of("admin"), terms, at=now())
    with pytest.raises(settings.MailboxRefused):
        list(fetching.fetch(mailbox, at=now()))
    assert "连不上 127.0.0.1:1" in signed_in("admin").get("/desk/mailboxes").text


def test_a_message_that_a_person_wrote_after_all_is_made_a_submission(
    app: Flask, staff: Staff, signed_in: SignIn
) -> None:
    raw = a_letter("《社区食堂管理办法》意见", "<i>甲</i>", Precedence="bulk")
    assert ingest(raw).outcome is Outcome.AUTOMATIC
    mail = db.session.query(MailMessage).one()
    client = signed_in("moderator")
    page = client.get("/desk/mailboxes/automatic").text
    assert "群发邮件" in page
    assert client.get(f"/desk/mailboxes/automatic/{mail.id}/raw").data == raw
    page = client.post(f"/desk/mailboxes/automatic/{mail.id}", follow_redirects=True).text
    submission = db.session.query(Submission).one()
    assert f"s-{submission.number}" in page
    assert submission.raw.body == raw
    assert client.post(f"/desk/mailboxes/automatic/{mail.id}").status_code == 404
    assert db.session.query(Submission).count() == 1
