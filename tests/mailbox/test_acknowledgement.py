"""Acknowledgements: to people, in their thread, never for ever."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask

from consult import outgoing_mail
from consult.accounts.permissions import SYSTEM
from consult.app_context import settings
from consult.intake import receipts, unassigned
from consult.intake.models import Submission
from consult.mail_queue import service as letters
from consult.mailbox import acknowledgement
from consult.mailbox.models import Acknowledgement, MailMessage
from consult.moderation import service as moderation
from consult.store import db
from tests.mailbox.letters import a_letter, canteens, ingest, stored
from tests.post import Post, a_mail_server
from tests.together import both
from tests.world import DURING

ABOUT = "关于《社区食堂管理办法》"


@pytest.fixture(autouse=True)
def _empty_outbox(app: Flask) -> None:
    for old in (settings().data_dir / "outbox").glob("*"):
        old.unlink()


def outbox() -> list[EmailMessage]:
    files = sorted((settings().data_dir / "outbox").glob("*.eml"))
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]  # type: ignore[misc]


def test_an_acknowledgement_carries_the_receipt_and_threads_with_the_message() -> None:
    canteens()
    ingested = ingest(a_letter(ABOUT, message_id="<abc@example.cn>"))
    assert acknowledgement.acknowledge(DURING) == 1
    (answer,) = outbox()
    assert answer["To"].addresses[0].addr_spec == "wangfang@example.cn"
    assert answer["In-Reply-To"] == "<abc@example.cn>"
    assert answer["Auto-Submitted"] == "auto-replied"
    text = answer.get_content()
    assert ingested.number in text
    assert receipts.key_of(ingested.number or "") in text
    assert f"/receipts/{ingested.number}?key=" in text


def test_it_goes_out_once() -> None:
    canteens()
    raw = a_letter(ABOUT)
    ingest(raw)
    ingest(raw)
    assert acknowledgement.acknowledge(DURING) == 1
    assert acknowledgement.acknowledge(DURING) == 0


def test_a_crash_after_sending_repeats_the_very_same_message(monkeypatch: pytest.MonkeyPatch) -> None:
    canteens()
    ingest(a_letter(ABOUT))
    with monkeypatch.context() as patch:
        patch.setattr(letters, "_end", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            acknowledgement.acknowledge(DURING)
    db.session.rollback()
    (first,) = outbox()
    assert acknowledgement.acknowledge(DURING) == 0  # who was killed has it for a while
    assert acknowledgement.acknowledge(DURING + letters.TAKEN_FOR) == 1
    assert [mail["Message-ID"] for mail in outbox()] == [first["Message-ID"]]


def test_one_address_is_answered_at_most_three_times_a_day() -> None:
    canteens()
    for n in range(5):
        ingest(a_letter(f"{ABOUT}{n}"))
    assert acknowledgement.acknowledge(DURING) == 3 + 1
    (collected,) = (mail for mail in outbox() if "汇总" in mail["Subject"])
    over = [row.submission.number for row in db.session.query(Acknowledgement).filter(Acknowledgement.over_limit)]
    assert len(over) == 2
    text = collected.get_content()
    for number in over:
        assert f"/receipts/{number}?key={receipts.key_of(number)}" in text
    ingest(a_letter(f"{ABOUT}再"))
    assert acknowledgement.acknowledge(DURING + timedelta(days=1, seconds=1)) == 1


def letters_of_a_day(n: int) -> list[str]:
    canteens()
    return [ingest(a_letter(f"{ABOUT}{place}")).number or "" for place in range(n)]


def test_none_is_left_without_an_acknowledgement_and_one_a_day_collects() -> None:
    numbers = letters_of_a_day(5)
    acknowledgement.acknowledge(DURING)
    later = [ingest(a_letter(f"{ABOUT}后{n}")).number or "" for n in range(3)]
    assert acknowledgement.acknowledge(DURING + timedelta(hours=1)) == 0
    assert acknowledgement.acknowledge(DURING + timedelta(days=1, seconds=1)) == 1
    texts = [mail.get_content() for mail in outbox()]
    assert len(texts) == 5
    for number in [*numbers, *later]:
        assert sum(number in text for text in texts) == 1
    assert db.session.query(Acknowledgement).filter(Acknowledgement.sent_at.is_(None)).count() == 0


def test_a_collecting_acknowledgement_that_is_refused_says_so_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    letters_of_a_day(5)
    with monkeypatch.context() as patch:
        patch.setattr(
            outgoing_mail, "send", lambda _: (_ for _ in ()).throw(outgoing_mail.MailRejected("no such user"))
        )
        acknowledgement.acknowledge(DURING)
    assert db.session.query(Acknowledgement).filter(Acknowledgement.skipped == "").count() == 0


def test_an_answer_to_a_collecting_acknowledgement_is_about_the_same_consultation() -> None:
    letters_of_a_day(4)
    acknowledgement.acknowledge(DURING)
    (collected,) = (mail for mail in outbox() if "汇总" in mail["Subject"])
    again = ingest(a_letter("回复", "补充一点：" + "食堂的卫生。", In_Reply_To=collected["Message-ID"]))
    assert again.consultation == "canteens"


def test_the_verdict_of_our_own_gateway_holds_the_acknowledgement_back() -> None:
    canteens()
    config = settings()
    raw = b"X-Spam-Flag: YES\r\nReceived: from a by mx.dept.example.gov.cn; Fri, 16 Oct 2026 10:00:00 +0800\r\n"
    config.mail_trusted_hosts, before = "mx.dept.example.gov.cn", config.mail_trusted_hosts
    try:
        ingested = ingest(raw + a_letter(ABOUT))
    finally:
        config.mail_trusted_hosts = before
    assert ingested.outcome.value == "stored"
    assert "垃圾邮件" in ingested.why
    assert acknowledgement.acknowledge(DURING) == 0
    moderation.accept(SYSTEM, stored(ingested), at=DURING)
    assert acknowledgement.acknowledge(DURING) == 1


def test_the_verdict_of_a_foreign_gateway_holds_nothing_back() -> None:
    canteens()
    ingest(
        b"X-Spam-Flag: YES\r\nReceived: from a by mx.elsewhere.example; Fri, 16 Oct 2026 10:00:00 +0800\r\n"
        + a_letter(ABOUT)
    )
    assert acknowledgement.acknowledge(DURING) == 1


def test_one_address_is_answered_no_more_often_by_two_workers_at_once(app: Flask) -> None:
    canteens()
    for n in range(acknowledgement.MAX_PER_DAY - 1):
        ingest(a_letter(f"{ABOUT}{n}"))
    acknowledgement.acknowledge(DURING)
    first, second = (stored(ingest(a_letter(f"{ABOUT}再{n}"))) for n in range(2))

    def plan(submission_id: int) -> None:
        mail = db.session.query(MailMessage).filter_by(submission_id=submission_id).one()
        acknowledgement.plan(mail.id, db.session.get_one(Submission, submission_id), "wangfang@example.cn", DURING)

    keys = first.id, second.id
    both(app, lambda: plan(keys[0]), lambda: plan(keys[1]))
    assert db.session.query(Acknowledgement).filter(Acknowledgement.over_limit).count() == 1


@pytest.mark.parametrize(
    "fields", [{"sender": "no-reply@example.cn"}, {"Precedence": "bulk"}, {"Auto_Submitted": "auto-generated"}]
)
def test_no_program_is_answered(fields: dict[str, str]) -> None:
    canteens()
    ingest(a_letter(ABOUT, **fields))  # type: ignore[arg-type]
    assert acknowledgement.acknowledge(DURING) == 0
    assert outbox() == []


def test_a_mail_that_waited_is_answered_once_it_was_assigned() -> None:
    consultation = canteens()
    submission = stored(ingest(a_letter("您好")))
    assert acknowledgement.acknowledge(DURING) == 0
    unassigned.assign(SYSTEM, submission, consultation, at=DURING)
    assert acknowledgement.acknowledge(DURING) == 1


def test_while_the_mail_server_is_away_answers_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    canteens()
    ingest(a_letter(ABOUT))
    with monkeypatch.context() as patch:
        patch.setattr(outgoing_mail, "send", lambda _: (_ for _ in ()).throw(outgoing_mail.MailNotSent("away")))
        with pytest.raises(outgoing_mail.MailNotSent):
            acknowledgement.acknowledge(DURING)
    assert acknowledgement.acknowledge(DURING) == 0
    assert acknowledgement.acknowledge(DURING + letters.PAUSES[0]) == 1


def test_an_address_that_is_refused_for_good_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    canteens()
    ingest(a_letter(ABOUT))
    with monkeypatch.context() as patch:
        patch.setattr(
            outgoing_mail, "send", lambda _: (_ for _ in ()).throw(outgoing_mail.MailRejected("no such user"))
        )
        assert acknowledgement.acknowledge(DURING) == 0
    assert acknowledgement.acknowledge(DURING) == 0


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with a_mail_server(monkeypatch) as handler:
        yield handler


def test_a_mail_server_takes_the_answer_and_is_asked_again_where_it_refused_for_now(post: Post) -> None:
    canteens()
    ingest(a_letter(ABOUT, sender="a@example.cn", message_id="<one@example.cn>"))
    ingest(a_letter(ABOUT, sender="b@example.cn"))
    post.refuses = {"a@example.cn": "451 later"}
    assert acknowledgement.acknowledge(DURING) == 1  # the other is not held up
    post.refuses = {}
    assert acknowledgement.acknowledge(DURING + letters.PAUSES[0]) == 1
    envelope = post.taken[-1]
    answer = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert (envelope.rcpt_tos, answer["References"]) == (["a@example.cn"], "<one@example.cn>")
    assert ingest(envelope.content).outcome.value == "automatic"  # our own answer, come back, is no opinion
    assert acknowledgement.acknowledge(DURING) == 0


def test_a_mail_server_that_refuses_an_address_for_good_isnt_asked_again(post: Post) -> None:
    canteens()
    ingest(a_letter(ABOUT, sender="gone@example.cn"))
    ingest(a_letter(ABOUT, sender="b@example.cn"))
    post.refuses = {"gone@example.cn": "550 no such user"}
    assert acknowledgement.acknowledge(DURING) == 1
    assert acknowledgement.acknowledge(DURING) == 0
    assert [envelope.rcpt_tos for envelope in post.taken] == [["b@example.cn"]]
