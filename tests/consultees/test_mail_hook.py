"""What mail means to those who are to be heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.consultees import invitations, register, reminders, responses
from consult.consultees import service as hearing
from consult.consultees.errors import InvitationRefused
from consult.consultees.models import ConsulteeKind, Invitation, Method
from consult.consultees.response_kinds import ResponseStanding
from consult.consultees.status import Standing, heard, standing
from consult.intake import unassigned
from consult.intake.models import SenderKind
from consult.mail_queue.models import MailPurpose, OutgoingMail
from consult.mailbox import queries as mailbox
from consult.mailbox.models import Outcome
from consult.store import db
from tests.mailbox.letters import a_letter, canteens, ingest, stored
from tests.world import DURING, actor

OURS = "invitation-1@dept.example.gov.cn"
MESSAGES = Path(__file__).parent / "messages"
LATE = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)


@pytest.fixture
def invitation(app: Flask) -> Invitation:
    consultation, drafter = canteens(), actor(Role.DRAFTER)
    entry = register.Entry("甲餐饮有限公司", ConsulteeKind.ENTERPRISE, email="Office@jia.example.cn")
    consultee = register.add(drafter, entry, at=DURING)
    hearing.add(drafter, consultation, [(consultee, "")], at=DURING)
    made = hearing.invite(drafter, consultation, consultee, method=Method.MAIL, at=DURING)
    invitations.mark_sent(SYSTEM, made, at=DURING, message_id=OURS)
    return made


def now(invitation: Invitation) -> Invitation:
    db.session.rollback()
    return db.session.get_one(Invitation, invitation.id, populate_existing=True)


def test_an_answer_to_an_invitation_is_its_response_whoever_writes(invitation: Invitation) -> None:
    ingested = ingest(a_letter("回复", In_Reply_To=f"<{OURS}>", sender="c@other.example.cn"))
    (response,) = now(invitation).responses
    assert response.submission.number == ingested.number
    assert response.submission.sender_kind is SenderKind.ENTERPRISE
    assert response.proposed_as is ResponseStanding.OPINION
    assert response.because == ["建议第三条增加公示食材来源的要求，方便居民监督"]


def test_a_mail_from_a_known_address_is_the_response(invitation: Invitation) -> None:
    ingested = ingest(a_letter("盖章意见", sender="office@jia.example.cn"))
    assert ingested.outcome is Outcome.STORED
    assert [response.submission.number for response in now(invitation).responses] == [ingested.number]


def test_a_mail_that_states_to_have_no_opinion_is_proposed_as_that(invitation: Invitation) -> None:
    ingest(a_letter("复函", "经研究，我单位对该办法无意见。", In_Reply_To=f"<{OURS}>"))
    (response,) = now(invitation).responses
    assert response.standing is ResponseStanding.PROPOSED
    assert response.proposed_as is ResponseStanding.NO_OPINION
    assert response.because == ["无意见"]


def shared(name: str) -> bytes:
    return (MESSAGES / name).read_bytes()


@pytest.mark.parametrize("name", ["c1-consultee-left-company.eml", "e1b-company-thanks.eml"])
def test_a_mail_that_is_no_answer_hears_nobody_and_leaves_the_reminders_running(
    invitation: Invitation, name: str
) -> None:
    raw = shared(name).replace(b"\nMIME-Version", f"\nIn-Reply-To: <{OURS}>\nMIME-Version".encode(), 1)
    assert ingest(raw, at=LATE).outcome is Outcome.STORED
    (response,) = now(invitation).responses
    assert response.standing is ResponseStanding.PROPOSED
    assert response.proposed_as is ResponseStanding.NOT_AN_ANSWER
    assert response.because
    assert heard(invitation.consultation).enterprises == 0
    assert standing(now(invitation), DURING) is Standing.SENT
    due = invitation.answer_by - timedelta(days=1)
    assert [due_invitation.id for due_invitation, _ in reminders.due_reminders(due)] == [invitation.id]


def test_a_stage_that_fails_leaves_the_message_a_submission_and_says_why(
    invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InvitationRefused("这份征求意见函现在不能登记答复。")

    monkeypatch.setattr(responses, "attach", refuse)
    ingested = ingest(a_letter("回复", In_Reply_To=f"<{OURS}>"))
    assert ingested.outcome is Outcome.STORED
    assert "没有读取" not in ingested.why
    (failure,) = mailbox.hook_failures(invitation.consultation_id)
    assert failure.why == "这份征求意见函现在不能登记答复。"


def bounce(original: str) -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example.cn\r\nTo: zqyj@example.gov.cn\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        "Final-Recipient: rfc822; office@jia.example.cn\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{original}>\r\nSubject: x\r\n\r\nx\r\n--b--\r\n"
    ).encode()


def test_a_bounce_marks_the_invitation_and_is_no_opinion(invitation: Invitation) -> None:
    assert ingest(bounce(OURS)).outcome is Outcome.AUTOMATIC
    marked = now(invitation)
    assert marked.bounced_at == DURING
    assert "no such user" in marked.bounced_why


def test_a_bounce_of_another_message_marks_nothing(invitation: Invitation) -> None:
    ingest(bounce("other@dept.example.gov.cn"))
    assert now(invitation).bounced_at is None


def test_a_mail_that_was_assigned_by_hand_becomes_the_response_too(invitation: Invitation) -> None:
    hearing.revoke(SYSTEM, invitation, "重发", at=DURING)
    submission = stored(ingest(a_letter("您好", sender="x@y.example.cn", References=f"<{OURS[1:]}>")))
    assert submission.consultation_id is None
    unassigned.assign(SYSTEM, submission, invitation.consultation, at=DURING)
    assert now(invitation).responses == []


def test_a_bounce_of_a_reminder_marks_the_invitation(invitation: Invitation) -> None:
    due = invitation.answer_by - timedelta(hours=12)
    assert [sent.trouble for sent in reminders.remind(SYSTEM, due)] == [""]
    (letter,) = db.session.scalars(select(OutgoingMail).where(OutgoingMail.purpose == MailPurpose.REMINDER))
    ingest(bounce(letter.message_id))
    assert now(invitation).bounced_at == DURING
