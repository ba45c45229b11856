"""Receipts: number and key together show the state, and after publication the decision on each opinion."""

from __future__ import annotations

import re

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Submission
from consult.intake.receipts import Receipt
from consult.moderation import service as moderation
from consult.store import db
from tests.builders import a_submission
from tests.drafting.test_version_comparison import REVISED
from tests.faces.public.conftest import A_DAY_IN, Staff, field
from tests.faces.public.test_reports import published_feedback


def looked_up(client: FlaskClient, receipt: Receipt) -> str:
    """Return the page that a look-up by number and key leads to."""
    answer = client.post("/receipts", data={"number": receipt.number, "key": receipt.key})
    assert answer.status_code == 303
    return client.get(answer.location).text


def test_number_and_key_show_the_state_and_ones_own_words(client: FlaskClient, canteen: Consultation) -> None:
    receipt = a_submission(canteen, ArrivalPart("价格要公示。", "art-3"), at=A_DAY_IN, name="赵一")
    page = looked_up(client, receipt)
    for words in ("已收到", "价格要公示。", "第三条", "赵一", "还在研究"):
        assert words in page


def test_the_key_may_be_typed_small_without_hyphens_and_with_spaces(client: FlaskClient, canteen: Consultation) -> None:
    receipt = a_submission(canteen, at=A_DAY_IN)
    typed = {"number": f" {receipt.number.lower()} ", "key": receipt.key.lower().replace("-", " ")}
    assert client.post("/receipts", data=typed).status_code == 303


def test_a_wrong_key_and_a_wrong_number_get_the_same_answer(client: FlaskClient, canteen: Consultation) -> None:
    receipt = a_submission(canteen, at=A_DAY_IN)
    with time_machine.travel(A_DAY_IN, tick=False):  # the forms' tokens tell the second they were made in
        wrong_key = client.post("/receipts", data={"number": receipt.number, "key": "AAAA-BBBB-CCCC-DDDD"})
        wrong_number = client.post("/receipts", data={"number": "20260902-AAAAAAAA", "key": receipt.key})
    assert wrong_key.status_code == wrong_number.status_code == 404
    assert "没有查到这张回执" in wrong_key.text
    typed = (receipt.number, receipt.key, "20260902-AAAAAAAA", "AAAA-BBBB-CCCC-DDDD")
    same = {re.sub("|".join(typed), "", page.text) for page in (wrong_key, wrong_number)}
    assert len(same) == 1


def test_a_link_with_the_key_is_traded_for_a_cookie_and_the_key_leaves_the_address(
    client: FlaskClient, canteen: Consultation
) -> None:
    receipt = a_submission(canteen, at=A_DAY_IN)
    traded = client.get(f"/receipts/{receipt.number}?key={receipt.key}")
    assert traded.status_code == 303
    assert traded.location == f"/receipts/{receipt.number}"
    assert traded.headers["Referrer-Policy"] == "no-referrer"
    assert receipt.key not in traded.headers["Set-Cookie"]
    assert "HttpOnly" in traded.headers["Set-Cookie"]
    page = client.get(traded.location)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store, private"


def test_a_number_alone_shows_nothing(client: FlaskClient, canteen: Consultation) -> None:
    receipt = a_submission(canteen, "谁也不该看到。", at=A_DAY_IN)
    page = client.get(f"/receipts/{receipt.number}")
    assert page.status_code == 403
    assert "谁也不该看到。" not in page.text
    assert client.get(f"/receipts/{receipt.number}/qr.svg").status_code == 403
    assert client.post(f"/receipts/{receipt.number}/consent").status_code == 403


def test_the_pass_for_one_receipt_opens_no_other_and_ends_after_half_an_hour(
    client: FlaskClient, canteen: Consultation
) -> None:
    mine = a_submission(canteen, at=A_DAY_IN)
    other = a_submission(canteen, "别人的话。", at=A_DAY_IN)
    with time_machine.travel(A_DAY_IN, tick=False) as clock:
        client.get(f"/receipts/{mine.number}?key={mine.key}")
        assert client.get(f"/receipts/{other.number}").status_code == 403
        assert client.get(f"/receipts/{mine.number}").status_code == 200
        clock.shift(31 * 60)
        assert client.get(f"/receipts/{mine.number}").status_code == 403


def test_a_forged_pass_opens_nothing(client: FlaskClient, canteen: Consultation) -> None:
    receipt = a_submission(canteen, at=A_DAY_IN)
    client.set_cookie("receipt", '{"number":"' + receipt.number + '"}', path="/receipts")
    assert client.get(f"/receipts/{receipt.number}").status_code == 403


def test_look_ups_are_limited(limited: FlaskClient) -> None:
    answers = [limited.post("/receipts", data={"number": "x", "key": "y"}) for _ in range(61)]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    assert "请稍等" in answers[-1].text


def test_over_https_a_browser_that_sends_no_referer_is_not_taken_for_a_forger(
    app: Flask, client: FlaskClient, canteen: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    receipt = a_submission(canteen, at=A_DAY_IN)
    page = client.get("/receipts", base_url="https://localhost").text
    typed = {"number": receipt.number, "key": receipt.key, "csrf_token": field(page, "csrf_token")}
    assert client.post("/receipts", data=typed, base_url="https://localhost").status_code == 303


def test_a_rejected_submission_says_why(client: FlaskClient, canteen: Consultation, staff: Staff) -> None:
    receipt = a_submission(canteen, at=A_DAY_IN)
    moderation.reject(staff.moderator, receipt.submission, reason_id="privacy", reason="写了邻居的住址", at=A_DAY_IN)
    page = looked_up(client, receipt)
    assert "不予公开" in page
    assert "写了邻居的住址" in page


def test_consent_to_printing_the_name_is_withdrawn_with_one_button(client: FlaskClient, canteen: Consultation) -> None:
    receipt = a_submission(canteen, at=A_DAY_IN, name="赵一", publish_name=True)
    looked_up(client, receipt)
    done = client.post(f"/receipts/{receipt.number}/consent", follow_redirects=True)
    assert "已撤回" in done.text
    db.session.expire_all()
    assert db.session.scalar(select(Submission.publish_name)) is False


def test_after_publication_each_opinion_has_its_decision_and_reason(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    receipt = a_submission(canteen, ArrivalPart("价格要公示。", "art-3"), "整体支持。", at=A_DAY_IN)
    moderation.accept(staff.moderator, receipt.submission, at=A_DAY_IN)
    with time_machine.travel(A_DAY_IN, tick=False):
        assert "还在研究" in looked_up(client, receipt)
    revised = {"kind": VersionKind.REVISED, "file_name": "x.txt", "data": REVISED.encode()}
    versions.add_version(staff.drafter, canteen, at=A_DAY_IN, **revised)
    with time_machine.travel(A_DAY_IN, tick=False):
        assert "修改稿" not in looked_up(client, receipt)
    published_feedback(canteen, staff)
    page = looked_up(client, receipt)
    assert page.count("部分采纳") == 2
    assert "第2条的理由" in page
    assert "还在研究" not in page
    assert "在修改稿里：改为第四条。" in page
    assert "免费场地" not in page
