"""Private data on the desk: shown in place, masked, released, in bulk; who may review and publish is named."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from consult.accounts.models import Role, User
from consult.adoption import service as adoption
from consult.adoption.models import Outcome
from consult.drafting.models import Consultation
from consult.reporting.models import FeedbackReport
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.reporting.test_report import PAGE, compiled, send
from tests.world import AFTER, PUBLISHED, accepted, opinions_of

PRIVATE = f"{PAGE}/private"


@pytest.fixture
def planted(app: Flask, staff: Staff) -> Consultation:
    """A consultation of which every opinion is decided, and two reasons hold telephone numbers."""
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    for reason in ("请致电0571-88886666咨询。", "请找手机13812345678的同志。", "已在第三条写明。"):
        came = accepted(consultation, ("art-3", "菜价要公示。"))
        decision = adoption.decide(staff.of("drafter"), opinions_of(came)[0], Outcome.EXPLAINED, reason, at=AFTER)
        adoption.review(staff.of("legal"), decision, at=AFTER)
    return consultation


def test_private_data_are_shown_in_place_and_decided_on(planted: Consultation, signed_in: SignIn) -> None:
    client = signed_in("drafter")
    assert "疑似个人信息尚未检查" in client.get(PAGE).text
    status, page = send(client, "compile", statement="联系人手机13812345678")
    assert (status, "说明文字的电话“13*******78”" in page) == (400, True)
    assert "联系人手机13812345678</textarea>" in page
    assert send(client, "compile")[0] == 400
    page = client.get(PAGE).text
    assert "2 项疑似个人信息未处理" in page
    assert "请致电<mark>0571-88886666</mark>咨询。" in page
    office, mobile = re.findall(r'name="find" value="(\w{64})"', client.get(PRIVATE).text)[::2]
    status, page = send(client, "private/decide", find=office, choice="release", reason=" ")
    assert (status, "写明理由" in page) == (400, True)
    assert send(client, "private/decide", find=office, choice="release", reason="本单位办公电话")[0] == 303
    page = client.get(f"{PRIVATE}?kind=phone").text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    status, page = send(client, "private/mask", kind="phone", seen="x")
    assert (status, "请重新核对" in page) == (400, True)
    assert send(client, "private/mask", kind="phone", seen=seen[1])[0] == 303
    status, page = send(client, "compile", statement="值班手机13912345678")
    digest = re.search(r'name="find-(\w{64})"', page)
    assert digest is not None
    fields = {f"find-{digest[1]}": "release", f"reason-{digest[1]}": "值班手机，对外公开"}
    compiled(signed_in, statement="值班手机13912345678", **fields)
    assert "值班手机13912345678" in db.session.scalars(db.select(FeedbackReport.statement)).one()
    reviewer = signed_in("legal")
    page = reviewer.get(PAGE).text
    assert "本单位办公电话" in page
    assert "值班手机，对外公开" in page
    released = reviewer.get(f"{PRIVATE}?show=release").text
    assert "<mark>0571-88886666</mark>" in released
    assert 'name="find"' not in released
    assert reviewer.post(f"{PRIVATE}/decide", data={"find": mobile, "choice": "mask"}).status_code == 403
    text = signed_in("drafter").get(f"{PAGE}/1").text
    assert "13812345678" not in text
    assert "【电话】" in text


def test_who_types_a_reason_is_warned_at_once(planted: Consultation, signed_in: SignIn) -> None:
    client, key = signed_in("drafter"), opinions_of(planted)[0].id
    where = f"/desk/consultations/canteens/adoption/opinions/{key}/decide"
    data = {"outcome": "explained", "reason": "请联系值班手机13612345678咨询。"}
    answer = client.post(where, data=data, follow_redirects=True)
    assert "疑似个人信息：电话“13612345678”" in answer.text


def test_the_page_names_who_may_review_and_publish_and_says_when_nobody_is_left(
    planted: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    page = signed_in("drafter").get(PAGE).text
    assert re.search("可以审核：[^<]*法规", page)
    assert "可以公布：" in page
    for user in db.session.scalars(db.select(User).where(User.role.in_((Role.PUBLISHER, Role.ADMIN)))):
        user.active = False
    db.session.commit()
    page = signed_in("drafter").get(PAGE).text
    assert "可以公布：" not in page
    assert "没有可以公布本版反馈的账号" in page
