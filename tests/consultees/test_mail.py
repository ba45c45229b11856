"""What mail means to those who are to be heard."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.consultees import invitations, listing, mail, register
from consult.consultees.models import ConsulteeKind, Invitation, Method
from consult.intake import unassigned
from consult.intake.mailbox.models import Outcome
from consult.intake.models import SenderKind
from consult.store import db
from tests.intake.mailbox.letters import a_letter, came, canteens, stored
from tests.world import DURING, actor

OURS = "invitation-1@dept.example.gov.cn"


@pytest.fixture
def invitation(app: Flask) -> Invitation:
    consultation, drafter = canteens(), actor(Role.DRAFTER)
    entry = register.Entry("甲餐饮有限公司", ConsulteeKind.ENTERPRISE, email="Office@jia.example.cn")
    consultee = register.add(drafter, entry, at=DURING)
    listing.add(drafter, consultation, [(consultee, "")], at=DURING)
    made = invitations.invite(drafter, consultation, consultee, method=Method.MAIL, at=DURING)
    invitations.mark_sent(SYSTEM, made, at=DURING, message_id=OURS)
    return made


def now(invitation: Invitation) -> Invitation:
    db.session.rollback()
    return db.session.get_one(Invitation, invitation.id, populate_existing=True)


def test_an_answer_to_an_invitation_is_its_response_whoever_writes(invitation: Invitation) -> None:
    one = came(a_letter("回复", In_Reply_To=f"<{OURS}>", sender="c@other.example.cn"))
    (response,) = now(invitation).responses
    assert response.submission.number == one.number
    assert response.submission.sender_kind is SenderKind.ENTERPRISE
    assert not response.no_opinion


def test_a_mail_from_a_known_address_is_the_response(invitation: Invitation) -> None:
    one = came(a_letter("盖章意见", sender="office@jia.example.cn"))
    assert one.outcome is Outcome.STORED
    assert [response.submission.number for response in now(invitation).responses] == [one.number]


def test_no_opinion_is_an_answer(invitation: Invitation) -> None:
    came(a_letter("复函", "经研究，我单位对该办法无意见。", In_Reply_To=f"<{OURS}>"))
    assert now(invitation).responses[0].no_opinion


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("无意见", True),
        ("我公司没有修改意见。", True),
        ("原则上无意见，但建议第三条增加期限。", False),
        ("无其他意见，建议删除第四条。", False),
        ("请问什么时候反馈？", False),
    ],
)
def test_only_a_plain_statement_says_that_there_is_no_opinion(text: str, without: bool) -> None:
    assert mail.states_no_opinion(text) is without


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
    assert came(bounce(OURS)).outcome is Outcome.AUTOMATIC
    marked = now(invitation)
    assert marked.bounced_at == DURING
    assert "no such user" in marked.bounced_why


def test_a_bounce_of_another_message_marks_nothing(invitation: Invitation) -> None:
    came(bounce("other@dept.example.gov.cn"))
    assert now(invitation).bounced_at is None


def test_a_mail_that_was_assigned_by_hand_becomes_the_response_too(invitation: Invitation) -> None:
    invitations.revoke(SYSTEM, invitation, "重发", at=DURING)
    submission = stored(came(a_letter("您好", sender="x@y.example.cn", References=f"<{OURS[1:]}>")))
    assert submission.consultation_id is None
    unassigned.assign(SYSTEM, submission, invitation.consultation, at=DURING)
    assert now(invitation).responses == []
