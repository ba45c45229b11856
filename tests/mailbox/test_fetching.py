"""Fetching from a real server: whatever the line and the server do, each message is one submission."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from flask import Flask

from consult.accounts.permissions import SYSTEM
from consult.intake.models import Submission
from consult.mailbox import fetching, imap_client, message_store, service, settings
from consult.mailbox.errors import MailboxRefused
from consult.mailbox.models import Encryption, Mailbox, MailMessage, Outcome, Sighting
from consult.mailbox.settings import MailboxSettings
from consult.store import db
from tests.imap.dovecot import Account, Dovecot
from tests.imap.line import Line
from tests.mailbox.letters import OPINION, a_letter, canteens
from tests.world import AFTER, DURING

pytestmark = pytest.mark.imap
ABOUT = "关于《社区食堂管理办法》"


def letters(n: int) -> list[bytes]:
    return [a_letter(f"{ABOUT}{place}", f"{OPINION}{place}") for place in range(n)]


def set_up(account: Account, **other: Any) -> Mailbox:
    """Set the account's INBOX up as a mailbox."""
    wanted = {"host": "127.0.0.1", "port": account.server.port, "encryption": Encryption.NONE, **other}
    return settings.add(
        SYSTEM,
        MailboxSettings(user=account.user, password=wanted.pop("password", account.password), **wanted),
        at=DURING,
    )


def fetched(mailbox: Mailbox) -> list[tuple[int, Outcome]]:
    return [(message.uid, message.ingested.outcome) for message in fetching.fetch(mailbox, at=AFTER)]


def counted() -> tuple[int, int]:
    """Return how many messages and how many submissions there are; none waits unsorted."""
    assert not service.pending()
    return db.session.query(MailMessage).count(), db.session.query(Submission).count()


def test_what_lies_in_the_mailbox_is_fetched_once_and_left_unread(app: Flask, dovecot: Dovecot) -> None:
    canteens()
    account = dovecot.account(*letters(3))
    mailbox = set_up(account)
    assert fetched(mailbox) == [(uid, Outcome.STORED) for uid in (1, 2, 3)]
    assert fetched(mailbox) == []
    account.put(a_letter(ABOUT, "又一条"))
    assert fetched(mailbox) == [(4, Outcome.STORED)]
    assert counted() == (4, 4)
    assert not any(b"Seen" in flags for flags in account.flags())


def test_the_bytes_are_those_that_the_server_holds(app: Flask, dovecot: Dovecot) -> None:
    raws = [raw.replace(b"\n", b"\r\n") for raw in letters(2)] + [b"\x80\xff\r\n\r\nno message \xfe\r\n", b"a\r\n"]
    mailbox = set_up(dovecot.account(*raws))
    fetched(mailbox)
    assert [message_store.raw_of(row) for row in db.session.query(MailMessage).order_by(MailMessage.id)] == raws


def test_new_numbers_that_repeat_old_ones_bring_nothing_twice_and_lose_nothing(app: Flask, dovecot: Dovecot) -> None:
    canteens()
    account = dovecot.account(*letters(4))
    mailbox = set_up(account)
    fetched(mailbox)
    account.remove(2)
    account.put(a_letter(ABOUT, "在换号之前来的"))
    account.renumber([3, 0, 2, 1])  # the new message is UID 1 now, as an old one was
    assert fetched(mailbox) == [(1, Outcome.STORED)] + [(uid, Outcome.DUPLICATE) for uid in (2, 3, 4)]
    assert counted() == (5, 5)
    assert db.session.query(Sighting).count() == 8
    assert fetched(mailbox) == []


def test_a_message_that_was_delivered_twice_is_one_and_like_ones_are_two(app: Flask, dovecot: Dovecot) -> None:
    canteens()
    twice = a_letter(ABOUT)
    again = b"Received: from b by mx2.dept.example.gov.cn; Tue, 20 Oct 2026 10:09:00 +0800\n" + twice
    letter, other = (a_letter(ABOUT, f"{OPINION}{n}", message_id=None) for n in "甲乙")
    same_id = [a_letter(ABOUT, text, message_id="<same@example.cn>") for text in ("丙", "丁")]
    mailbox = set_up(dovecot.account(twice, again, letter, other, *same_id))
    outcomes = [outcome for _, outcome in fetched(mailbox)]
    assert outcomes == [Outcome.STORED, Outcome.DUPLICATE, *[Outcome.STORED] * 4]


def test_a_message_to_two_mailboxes_is_one(app: Flask, dovecot: Dovecot) -> None:
    canteens()
    raw = a_letter(ABOUT, to="a@dept.example.gov.cn, b@dept.example.gov.cn")
    here, there = (
        set_up(dovecot.account(b"Delivered-To: %s@dept.example.gov.cn\nX-Spam: %s\n" % (box, box) + raw))
        for box in (b"a", b"b")
    )
    assert fetched(here) == [(1, Outcome.STORED)]
    assert fetched(there) == [(1, Outcome.DUPLICATE)]
    assert counted() == (1, 1)


def test_the_servers_date_says_what_is_late(app: Flask, dovecot: Dovecot) -> None:
    ends = canteens().closes_at
    assert ends is not None
    account = dovecot.account()
    moments = [ends - timedelta(seconds=1), ends + timedelta(seconds=1)]
    account.put(*(a_letter(ABOUT, text, received=None) for text in ("甲", "乙")), at=moments)
    fetched(set_up(account))
    assert [submission.late for submission in db.session.query(Submission).order_by(Submission.id)] == [False, True]


def test_a_line_that_breaks_anywhere_costs_nothing(
    app: Flask, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line breaks again and again, each time a little later, until all is there."""
    canteens()
    monkeypatch.setattr(fetching, "BATCH", 2)
    with Line(dovecot.port) as line:
        mailbox = set_up(dovecot.account(*letters(6)), port=line.port)
        seen: list[tuple[int, Outcome]] = []
        for limit in range(20, 100_000, 173):
            line.cut_after = limit
            try:
                for message in fetching.fetch(mailbox, at=AFTER):
                    seen.append((message.uid, message.ingested.outcome))
                break
            except MailboxRefused:
                assert str(line.port) in mailbox.error
        assert limit > 2_000
    assert sorted(seen) == [(uid, Outcome.STORED) for uid in range(1, 7)]
    assert counted() == (6, 6)
    assert mailbox.error == ""


def test_a_server_that_falls_silent_is_told_in_words(
    app: Flask, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_client, "TIMEOUT_SECONDS", 0.3)
    with Line(dovecot.port) as line:
        line.silent_after = 300
        mailbox = set_up(dovecot.account(*letters(1)), port=line.port)
        with pytest.raises(MailboxRefused, match="没有应答"):
            fetched(mailbox)


def _killed_at(step: int) -> Callable[[FrameType, str, Any], Any]:
    """Return a trace that kills this process at the n-th line of the mailbox's own code."""
    left = step
    rooms = tuple(str(Path(module.__file__ or "").parent) for module in (fetching,))

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(rooms):
            return None
        left -= event == "line"
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


@pytest.fixture
def in_a_child(app: Flask) -> Callable[[Callable[[], object], int], int]:
    """Run something in a child process that is killed at the n-th line; return its exit status."""

    def run(work: Callable[[], object], step: int) -> int:
        db.session.remove()
        db.engine.dispose()
        child = os.fork()
        if not child:
            try:
                sys.settrace(_killed_at(step))
                work()
                os._exit(0)
            finally:
                os._exit(1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    return run


def test_a_fetch_that_is_killed_at_any_line_and_started_again_brings_each_message_once(
    app: Flask, dovecot: Dovecot, in_a_child: Callable[[Callable[[], object], int], int]
) -> None:
    canteens()
    id_ = set_up(dovecot.account(*letters(5))).id

    def fetch() -> None:
        service.resume(at=DURING)
        list(fetching.fetch(db.session.get_one(Mailbox, id_), at=AFTER))

    killed = 0
    for step in range(150, 100_000, 431):
        status = in_a_child(fetch, step)
        killed += status == -signal.SIGKILL
        if status == 0:
            break
    assert status == 0
    assert killed > 2
    assert counted() == (5, 5)
    assert {row.outcome for row in db.session.query(MailMessage)} == {Outcome.STORED}


def test_a_huge_message_comes_whole(app: Flask, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    canteens()
    monkeypatch.setattr(fetching, "BATCH_BYTES", 1 << 20)
    file = ("照片.bin", os.urandom(3 << 20), "application/octet-stream")
    raw = a_letter(ABOUT, f"{OPINION}\n" + "食堂\n" * 100_000, files=(file,))
    mailbox = set_up(dovecot.account(a_letter(ABOUT), raw, a_letter(ABOUT, "后面的")))
    assert [outcome for _, outcome in fetched(mailbox)] == [Outcome.STORED] * 3
    row = db.session.query(MailMessage).order_by(MailMessage.id).offset(1).limit(1).one()
    assert len(message_store.raw_of(row)) > len(raw) > 2 * fetching.BATCH_BYTES


@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.STARTTLS])
def test_an_encrypted_line_needs_a_certificate_that_is_trusted(
    app: Flask, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, encryption: Encryption
) -> None:
    account = dovecot.account(*letters(1))
    port = dovecot.tls_port if encryption is Encryption.TLS else dovecot.port
    mailbox = set_up(account, host="localhost", port=port, encryption=encryption)
    with pytest.raises(MailboxRefused, match="证书不可信"):
        fetched(mailbox)
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    assert len(fetched(mailbox)) == 1
    assert "1 封" in fetching.test(SYSTEM, mailbox)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "wrong"}, "登录被拒绝"),
        ({"password": "错误的密码"}, "登录被拒绝"),
        ({"password": 'a"b\\c'}, "登录被拒绝"),
        ({"folder": "没有这个"}, "无法打开文件夹“没有这个”"),
        ({"encryption": Encryption.TLS}, "端口和加密方式"),
        ({"port": 1}, "连不上"),
        ({"host": "no..such..host"}, "连不上"),
        ({"host": "no-such-host.invalid"}, "连不上"),
    ],
)
def test_what_is_wrong_is_told_and_noted(app: Flask, dovecot: Dovecot, wrong: dict[str, Any], words: str) -> None:
    mailbox = set_up(dovecot.account(), **wrong)
    with pytest.raises(MailboxRefused, match=words):
        fetching.test(SYSTEM, mailbox)
    with pytest.raises(MailboxRefused, match=words):
        fetched(mailbox)
    assert words in mailbox.error


def test_a_plain_line_to_an_encrypted_port_is_told(
    app: Flask, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_client, "TIMEOUT_SECONDS", 0.5)
    with pytest.raises(MailboxRefused, match="加密方式"):
        fetching.test(SYSTEM, set_up(dovecot.account(), port=dovecot.tls_port))


def test_a_folder_may_have_a_chinese_name(app: Flask, dovecot: Dovecot) -> None:
    canteens()
    account = dovecot.account()
    account.put(*letters(1), folder="&X4FsQmEPicE-", make=True)
    assert fetched(set_up(account, folder="征求意见")) == [(1, Outcome.STORED)]


def test_many_messages_come_in_several_rounds(app: Flask, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    canteens()
    monkeypatch.setattr(fetching, "BATCH", 7)
    monkeypatch.setattr(fetching, "BATCH_BYTES", 2_000)
    assert [uid for uid, _ in fetched(set_up(dovecot.account(*letters(20))))] == list(range(1, 21))
