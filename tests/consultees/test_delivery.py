"""Invitations and reminders by mail: each goes out once, to whom it concerns, at its time."""

from __future__ import annotations

import email
import email.policy
import logging
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from consult import outgoing_mail
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.app_context import settings
from consult.clock import midnight
from consult.consultees import delivery, extensions, invitations, register, reminders, responses
from consult.consultees import service as hearing
from consult.consultees.models import ConsulteeKind, Invitation, Method
from consult.consultees.status import Standing, standing
from consult.drafting import questions
from consult.drafting.models import Consultation, QuestionTopic
from consult.mail_queue import service as mail_queue
from consult.mail_queue.models import MailPurpose, MailState, OutgoingMail
from consult.store import db
from tests.builders import NOON, an_actor


@pytest.fixture
def drafter(app: Flask) -> Actor:
    for old in (settings().data_dir / "outbox").glob("*.eml"):
        old.unlink()
    return an_actor(Role.DRAFTER)


def an_invitation(drafter: Actor, consultation: Consultation, name: str, method: Method = Method.MAIL) -> Invitation:
    mail = "a@example.com" if method is Method.MAIL else ""
    consultee = register.add(drafter, register.Entry(name, ConsulteeKind.ENTERPRISE, email=mail), at=NOON)
    hearing.add(drafter, consultation, [(consultee, "")], at=NOON)
    return hearing.invite(drafter, consultation, consultee, method=method, at=NOON)


def outbox() -> list[email.message.EmailMessage]:
    read = [path.read_bytes() for path in sorted((settings().data_dir / "outbox").glob("*.eml"))]
    return [email.message_from_bytes(data, policy=email.policy.default) for data in read]  # type: ignore[misc]


def words_of(mail: email.message.EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def day_before(invitation: Invitation, days: int) -> datetime:
    return midnight(invitations.last_day(invitation) - timedelta(days=days)) + timedelta(hours=9)


def test_an_invitation_by_mail_goes_out_once_with_its_own_link(drafter: Actor, consultation: Consultation) -> None:
    made = an_invitation(drafter, consultation, "甲")
    delivery.send_waiting(NOON)
    delivery.send_waiting(NOON + timedelta(minutes=1))
    (mail,) = outbox()
    assert mail["To"] == "a@example.com"
    assert invitations.link_of(made) in words_of(mail)
    assert made.sent_at == NOON
    assert made.message_id == mail["Message-ID"].strip("<>")


def test_an_invitation_by_mail_puts_the_questions(drafter: Actor, consultation: Consultation) -> None:
    for question in questions.of(consultation):
        db.session.delete(question)
    an_invitation(drafter, consultation, "甲")
    for topic, text in ((QuestionTopic.COMPETITION, questions.COMPETITION), (QuestionTopic.OWN, "执行成本是多少？")):
        questions.store(consultation, topic, text, drafter, NOON)
    an_invitation(drafter, consultation, "乙")
    delivery.send_waiting(NOON)
    for mail in outbox():
        words = "".join(words_of(mail).split())
        assert f"一并回答下列问题：1.{questions.COMPETITION}2.执行成本是多少？" in words


def test_an_invitation_without_questions_puts_none(drafter: Actor, consultation: Consultation) -> None:
    for question in questions.of(consultation):
        db.session.delete(question)
    an_invitation(drafter, consultation, "甲")
    delivery.send_waiting(NOON)
    assert "问题" not in words_of(outbox()[0])


def test_a_crash_between_sending_and_noting_it_repeats_the_same_message(
    drafter: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_invitation(drafter, consultation, "甲")
    monkeypatch.setattr(invitations, "mark_sent", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        delivery.send_waiting(NOON)
    monkeypatch.undo()
    delivery.send_waiting(NOON)
    assert len(outbox()) == 1


def test_an_address_that_the_server_refuses_is_marked_bounced_and_a_pause_is_not(
    drafter: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = an_invitation(drafter, consultation, "甲")

    def refuse(error: Exception) -> None:
        def send(_message: object) -> str:
            raise error

        monkeypatch.setattr(outgoing_mail, "send", send)

    refuse(outgoing_mail.MailNotSent("暂时不收"))
    delivery.send_waiting(NOON)
    assert standing(made, NOON) is Standing.PREPARED
    refuse(outgoing_mail.MailRejected("没有这个邮箱"))
    delivery.send_waiting(NOON + timedelta(minutes=2))
    assert standing(made, NOON) is Standing.BOUNCED


def test_each_reminder_goes_out_once_and_only_to_the_silent(drafter: Actor, consultation: Consultation) -> None:
    silent, answered = (an_invitation(drafter, consultation, name) for name in ("甲", "乙"))
    delivery.send_waiting(NOON)
    consultee = invitations.as_consultee(answered.consultee)
    responses.respond(consultee, answered, no_opinion=True, by="钱二", at=NOON + timedelta(days=1))
    assert reminders.remind(SYSTEM, NOON + timedelta(days=1)) == []
    soon, last = day_before(silent, 1), day_before(silent, 0)
    assert [(sent.invitation, sent.rule) for sent in reminders.remind(SYSTEM, soon)] == [(silent, "before")]
    assert reminders.remind(SYSTEM, soon + timedelta(hours=1)) == []
    assert [(sent.invitation, sent.rule) for sent in reminders.remind(SYSTEM, last)] == [(silent, "deadline")]
    assert reminders.remind(SYSTEM, last + timedelta(hours=1)) == []
    assert reminders.remind(SYSTEM, silent.answer_by) == []


def test_a_worker_that_stood_still_sends_the_nearest_reminder_only(drafter: Actor, consultation: Consultation) -> None:
    made = an_invitation(drafter, consultation, "甲")
    delivery.send_waiting(NOON)
    assert [sent.rule for sent in reminders.remind(SYSTEM, day_before(made, 0))] == ["deadline"]


def test_an_extended_deadline_has_its_own_reminders(drafter: Actor, consultation: Consultation) -> None:
    made = an_invitation(drafter, consultation, "甲")
    delivery.send_waiting(NOON)
    reminders.remind(SYSTEM, day_before(made, 0))
    later = invitations.last_day(made) + timedelta(days=7)
    extensions.grant_extension(drafter, made, later, at=day_before(made, 0))
    assert [sent.rule for sent in reminders.remind(SYSTEM, day_before(made, 0))] == ["deadline"]


def test_one_without_an_address_is_named_to_be_called(drafter: Actor, consultation: Consultation) -> None:
    made = an_invitation(drafter, consultation, "甲", Method.LETTER)
    invitations.mark_sent(drafter, made, at=NOON)
    (reminder,) = reminders.remind(SYSTEM, day_before(made, 0))
    assert "打电话" in reminder.trouble
    assert reminders.remind(SYSTEM, day_before(made, 0)) == []


def test_no_token_stands_in_a_log(
    drafter: Actor, consultation: Consultation, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    made = an_invitation(drafter, consultation, "甲")
    with caplog.at_level(logging.DEBUG):
        delivery.send_waiting(NOON)
        reminders.remind(SYSTEM, day_before(made, 0))
    token = invitations.token_of(made)
    assert token not in caplog.text
    assert token not in "".join(capsys.readouterr())


def in_queue(purpose: MailPurpose) -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).where(OutgoingMail.purpose == purpose)))


def test_an_invitation_is_in_the_queue_from_the_moment_on_and_leaves_it_with_its_fate(
    drafter: Actor, consultation: Consultation
) -> None:
    made = an_invitation(drafter, consultation, "甲")
    (letter,) = in_queue(MailPurpose.INVITATION)
    assert (letter.state, letter.address, letter.subject) == (
        MailState.WAITING,
        "a@example.com",
        f"invitation:{made.id}",
    )
    assert mail_queue.deliver(NOON) == 1  # the job that sends all letters sends this one, too
    db.session.refresh(letter)
    assert (letter.state, made.sent_at, made.message_id) == (MailState.SENT, NOON, letter.message_id)
    assert delivery.send_waiting(NOON) == []


def test_an_invitation_prepared_before_the_queue_was_there_still_goes_out(
    drafter: Actor, consultation: Consultation
) -> None:
    made = an_invitation(drafter, consultation, "甲")
    db.session.execute(delete(OutgoingMail))
    db.session.commit()
    assert [sent.trouble for sent in delivery.send_waiting(NOON)] == [""]
    assert made.sent_at == NOON


def test_a_revoked_invitation_does_not_go_out(drafter: Actor, consultation: Consultation) -> None:
    made = an_invitation(drafter, consultation, "甲")
    hearing.revoke(drafter, made, "写错了单位", at=NOON)
    mail_queue.deliver(NOON)
    (letter,) = in_queue(MailPurpose.INVITATION)
    assert (letter.state, letter.answer) == (MailState.POINTLESS, "征求意见函已经撤回")
    assert outbox() == []


def test_a_letter_given_up_by_hand_returns_its_invitation_and_tried_again_it_counts_as_sent(
    drafter: Actor, consultation: Consultation
) -> None:
    made, admin = an_invitation(drafter, consultation, "甲"), an_actor(Role.ADMIN)
    (letter,) = in_queue(MailPurpose.INVITATION)
    mail_queue.give_up(admin, letter.id, at=NOON)
    assert standing(made, NOON) is Standing.BOUNCED
    assert "决定不再发送" in made.bounced_why
    mail_queue.retry(admin, letter.id, at=NOON)
    mail_queue.deliver(NOON)
    assert (standing(made, NOON), made.bounced_why) == (Standing.SENT, "")


def test_a_refused_letter_is_not_sent_after_another_took_its_place(drafter: Actor, consultation: Consultation) -> None:
    made, admin = an_invitation(drafter, consultation, "甲"), an_actor(Role.ADMIN)
    (letter,) = in_queue(MailPurpose.INVITATION)
    mail_queue.give_up(admin, letter.id, at=NOON)
    hearing.send_again(drafter, made, method=Method.LETTER, email="", at=NOON)
    mail_queue.retry(admin, letter.id, at=NOON)
    mail_queue.deliver(NOON)
    db.session.refresh(letter)
    assert (letter.state, outbox()) == (MailState.POINTLESS, [])


def test_a_reminder_that_waits_is_pointless_once_there_is_an_answer(
    drafter: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = an_invitation(drafter, consultation, "甲")
    delivery.send_waiting(NOON)
    due = day_before(made, 1)
    with monkeypatch.context() as away:
        away.setattr(outgoing_mail, "send", lambda _: (_ for _ in ()).throw(outgoing_mail.MailPutOff("稍后")))
        (reminder,) = reminders.remind(SYSTEM, due)
    assert reminder.trouble == "稍后"
    responses.respond(invitations.as_consultee(made.consultee), made, no_opinion=True, by="钱二", at=due)
    mail_queue.deliver(due + timedelta(hours=1))
    (letter,) = in_queue(MailPurpose.REMINDER)
    assert (letter.state, len(outbox())) == (MailState.POINTLESS, 1)
    assert made.reminders == []
