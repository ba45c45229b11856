"""The discussion among colleagues in the right pane, its count on the line, and who else has the same open."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.adoption.models import OpinionComment
from consult.drafting.models import Consultation
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import PUBLISHED, accepted, opinions_of

DESK = "/desk/consultations/canteens/adoption"
SECRET = "口径待定，先不对外答复。"


@pytest.fixture
def canteens(app: Flask, staff: Staff) -> Consultation:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    accepted(consultation, ("art-3", "菜价要公示在门口。"), name="李雷")
    return consultation


def test_a_colleague_reads_what_was_said_and_its_author_strikes_it_out(
    canteens: Consultation, signed_in: SignIn
) -> None:
    key, client, legal = opinions_of(canteens)[0].id, signed_in("drafter"), signed_in("legal")
    answer = client.post(f"{DESK}/opinions/{key}/comment?at=art-3", data={"words": SECRET})
    assert f"?at=art-3&open=o{key}" in (answer.location or "")
    page = legal.get(f"{DESK}?at=art-3").text
    assert (SECRET in page, "<span>讨论 1</span>" in page, "仅供内部人员查看" in page) == (True, True, True)
    comment = db.session.scalars(db.select(OpinionComment)).one().id
    refused = legal.post(f"{DESK}/comments/{comment}/strike", follow_redirects=True).text
    assert "只能删除本人的内部讨论" in refused
    assert client.post(f"{DESK}/comments/{comment}/strike").status_code == 303
    page = legal.get(f"{DESK}?at=art-3").text
    assert (SECRET in page, "已由本人删除" in page, "讨论 1" in page) == (False, True, False)


def test_what_is_refused_stays_in_the_form(canteens: Consultation, signed_in: SignIn) -> None:
    key = opinions_of(canteens)[0].id
    answer = signed_in("drafter").post(f"{DESK}/opinions/{key}/comment", data={"words": "回电 13912345678 核实。"})
    assert (answer.status_code, "不得写个人信息（电话）" in answer.text) == (400, True)
    assert "回电 13912345678 核实。</textarea>" in answer.text


def test_the_public_sees_nothing_of_it(app: Flask, canteens: Consultation, signed_in: SignIn) -> None:
    key = opinions_of(canteens)[0].id
    signed_in("drafter").post(f"{DESK}/opinions/{key}/comment", data={"words": SECRET})
    public = app.test_client()
    for path in ("", "/articles/art-3", "/report"):
        assert SECRET not in public.get(f"/consultations/canteens{path}").text
    assert SECRET not in public.get("/api/v1/consultations/canteens/opinions").text
    assert signed_in("moderator").post(f"{DESK}/opinions/{key}/comment", data={"words": "x"}).status_code == 403


def test_who_else_has_it_open_is_named(canteens: Consultation, signed_in: SignIn) -> None:
    key = opinions_of(canteens)[0].id
    assert "正在处理" not in signed_in("drafter").get(f"{DESK}?open=o{key}").text
    assert "起草甲正在处理。" in signed_in("colleague").get(f"{DESK}?open=o{key}").text
    assert "审核甲" not in signed_in("colleague").get(f"{DESK}?open=o{key}").text.split("<main")[1]
