"""``flask mailbox``: messages from files, one line each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from consult.accounts.permissions import SYSTEM
from consult.clock import now
from consult.mailbox import message_store, settings
from consult.mailbox.message_store import RawMessage
from consult.mailbox.models import Encryption, Mailbox
from consult.store import db
from tests.faces.cli.console import run
from tests.imap.dovecot import Dovecot
from tests.mailbox.letters import a_letter, canteens

ADD = ("mailbox", "add", "--host", "imap.example.cn", "--user", "yijian@example.cn", "--password", "secret word")


def test_each_file_is_told_in_a_line(app: Flask, tmp_path: Path) -> None:
    canteens()
    files = {
        "fits.eml": a_letter("《社区食堂管理办法》意见", received=None),
        "again.eml": b"",
        "other.eml": a_letter("您好", received=None),
        "auto.eml": a_letter("自动回复：您好", Auto_Submitted="auto-replied"),
        "empty.eml": b"",
    }
    files["again.eml"] = files["fits.eml"]
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
    result = run(app, "mailbox", "ingest", *(str(tmp_path / name) for name in files), "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [Path(line["file"]).name for line in lines] == list(files)
    assert [line["outcome"] for line in lines] == ["stored", "duplicate", "unassigned", "automatic", "quarantined"]
    assert lines[0]["consultation"] == "canteens"
    assert lines[0]["number"] == lines[1]["number"]
    assert lines[3]["number"] is None


def test_a_missing_file_is_told_and_the_others_are_taken(app: Flask, tmp_path: Path) -> None:
    canteens()
    (tmp_path / "a.eml").write_bytes(a_letter("《社区食堂管理办法》意见"))
    result = run(app, "mailbox", "ingest", str(tmp_path / "no.eml"), str(tmp_path), str(tmp_path / "a.eml"), "--json")
    assert result.exit_code == 1
    assert "没有这个文件" in result.stderr
    assert "是文件夹" in result.stderr
    assert json.loads(result.stdout)["outcome"] == "stored"


def test_a_password_is_never_stored_or_shown_as_it_is(app: Flask) -> None:
    result = run(app, *ADD, "--json")
    assert result.exit_code == 0
    row = db.session.query(Mailbox).one()
    assert "secret word" not in row.password_sealed
    assert "secret word" not in result.stdout + run(app, "mailbox", "list").stdout
    assert run(app, *ADD).exit_code == 1


def test_without_mailboxes_there_is_nothing_to_fetch(app: Flask) -> None:
    result = run(app, "mailbox", "fetch")
    assert result.exit_code == 1
    assert "尚未设置信箱" in result.stderr


@pytest.mark.imap
def test_a_fetch_tells_each_message_once_even_what_an_earlier_one_was_killed_at(app: Flask, dovecot: Dovecot) -> None:
    canteens()
    raw = a_letter("《社区食堂管理办法》意见")
    account = dovecot.account(raw, a_letter("您好"))
    terms = settings.MailboxSettings("127.0.0.1", account.user, account.password, dovecot.port, Encryption.NONE)
    mailbox = settings.add(SYSTEM, terms, at=now())
    db.session.execute(db.update(Mailbox).values(uidvalidity=account.validity()))
    db.session.commit()
    letter = RawMessage(raw.replace(b"\n", b"\r\n"), "killed", uid=1)
    message_store.store([letter], at=now(), mailbox=mailbox, uidvalidity=account.validity(), read_up_to=1)
    result = run(app, "mailbox", "fetch", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0, result.stderr
    assert [(line["uid"], line["outcome"], line["consultation"]) for line in lines] == [
        (1, "stored", "canteens"),
        (2, "unassigned", None),
    ]
    assert all(line["number"] for line in lines)
    assert run(app, "mailbox", "fetch", "--json").stdout == ""


@pytest.mark.imap
def test_a_mailbox_that_is_away_holds_up_no_other(app: Flask, dovecot: Dovecot) -> None:
    canteens()
    account = dovecot.account(a_letter("《社区食堂管理办法》意见"))
    for host, port in (("127.0.0.1", 1), ("127.0.0.1", dovecot.port)):
        terms = settings.MailboxSettings(host, account.user, account.password, port, Encryption.NONE)
        settings.add(SYSTEM, terms, at=now())
    result = run(app, "mailbox", "fetch", "--json")
    assert result.exit_code == 1
    assert "连不上 127.0.0.1:1" in result.stderr
    assert json.loads(result.stdout)["outcome"] == "stored"


@pytest.mark.imap
def test_a_message_that_the_server_keeps_back_is_told_and_holds_up_no_other(app: Flask, dovecot: Dovecot) -> None:
    account = dovecot.account(a_letter("一"), a_letter("二"), a_letter("三"))
    account.lock_up(0)
    terms = settings.MailboxSettings("127.0.0.1", account.user, account.password, dovecot.port, Encryption.NONE)
    settings.add(SYSTEM, terms, at=now())
    result = run(app, "mailbox", "fetch", "--json")
    assert result.exit_code == 0
    assert [json.loads(line)["uid"] for line in result.stdout.splitlines()] == [2, 3]
    assert "UID 1：邮件服务器未返回这封邮件" in result.stderr
    listed = json.loads(run(app, "mailbox", "list", "--json").stdout)
    assert listed["mailboxes"][0]["kept_back"] == [1]
    assert "1 封邮件服务器未返回" in run(app, "mailbox", "list").stdout


def test_what_is_no_mail_is_kept_and_told(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20)
    (tmp_path / "empty.eml").write_bytes(b"")
    result = run(app, "mailbox", "ingest", str(tmp_path / "photo.jpg"), str(tmp_path / "empty.eml"), "--json")
    assert result.exit_code == 0
    assert [json.loads(line)["outcome"] for line in result.stdout.splitlines()] == ["quarantined"] * 2
