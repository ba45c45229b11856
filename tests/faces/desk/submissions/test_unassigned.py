"""The page of mail that fits no consultation."""

from __future__ import annotations

from flask import Flask

from consult.clock import now
from consult.intake.models import Submission
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.mailbox.letters import a_letter, ingest
from tests.world import PUBLISHED


def test_a_waiting_mail_is_assigned_with_one_key(app: Flask, staff: Staff, signed_in: SignIn) -> None:
    for slug in ("canteens", "canteens2"):
        an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug=slug)
    number = ingest(a_letter("对《社区食堂管理办法》的意见", "<b>甲</b>"), at=now()).number
    client = signed_in("moderator")
    page = client.get("/desk/unassigned").text
    assert f"/desk/unassigned/{number}/assign" in page
    assert 'data-key="1"' in page
    assert "<b>甲</b>" not in page
    assert client.post(f"/desk/unassigned/{number}/assign", data={"consultation": "canteens"}).status_code == 303
    db.session.rollback()
    row = db.session.query(Submission).filter_by(number=number).one()
    assert row.consultation is not None
    assert row.consultation.slug == "canteens"


def test_what_is_no_opinion_needs_a_reason(app: Flask, staff: Staff, signed_in: SignIn) -> None:
    number = ingest(a_letter("促销"), at=now()).number
    client = signed_in("moderator")
    client.post(f"/desk/unassigned/{number}/dismiss", data={"reason": ""})
    assert str(number) in client.get("/desk/unassigned").text
    client.post(f"/desk/unassigned/{number}/dismiss", data={"reason": "广告"})
    assert f"s-{number}" not in client.get("/desk/unassigned").text
    assert f"s-{number}" in client.get("/desk/unassigned?show=aside").text


def test_who_may_not_assign_sees_nothing(app: Flask, staff: Staff, signed_in: SignIn) -> None:
    assert signed_in("auditor").get("/desk/unassigned").status_code == 403


def test_the_raw_message_is_handed_out_as_it_came(app: Flask, staff: Staff, signed_in: SignIn) -> None:
    raw = a_letter("促销")
    number = ingest(raw, at=now()).number
    answer = signed_in("moderator").get(f"/desk/unassigned/{number}/raw")
    assert answer.data == raw
    assert "attachment" in answer.headers["Content-Disposition"]
