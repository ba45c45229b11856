"""Sending one submission by the JSON interface."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from consult.accounts.permissions import SYSTEM, Actor
from consult.clock import local, now
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.intake import api_senders, receipts
from consult.intake.models import Channel, RawForm, Submission, TrustedSender
from consult.mail_queue.models import MailPurpose, OutgoingMail
from consult.store import db
from tests.builders import a_consultation

ADDRESS = "/api/v1/consultations/canteen/submissions"
GOOD = {"content": "第三条应当写明价格怎么公示。"}


def sent(client: FlaskClient, document: Any = GOOD, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(ADDRESS, json=document, headers=named)


def problem(response: TestResponse, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert document["status"] == status
    assert document["title"]
    return document["detail"] + json.dumps(document["errors"], ensure_ascii=False)


def stored() -> int:
    return db.session.scalar(select(func.count()).select_from(Submission)) or 0


def test_a_submission_gets_number_and_key_that_open_its_receipt(
    client: FlaskClient, consultation: Consultation
) -> None:
    response = sent(client, {**GOOD, "name": "李某", "contact": "li@example.com", "publish_name": True})
    assert response.status_code == 201
    document = response.get_json()
    assert response.headers["Location"] == f"/receipts/{document['number']}"
    submission = receipts.find(document["number"], document["key"])
    assert (submission.name, submission.publish_name, submission.channel) == ("李某", True, Channel.WEB)
    assert submission.parts[0].content == GOOD["content"]


def test_the_raw_form_is_kept_byte_for_byte(client: FlaskClient, consultation: Consultation) -> None:
    body = b'{ "content":  "\\u5efa\\u8bae\\n\\u5220\\u53bb" }'
    number = client.post(ADDRESS, data=body, content_type="application/json").get_json()["number"]
    submission = db.session.scalars(select(Submission).where(Submission.number == number)).one()
    assert db.session.get_one(RawForm, submission.id).body == body
    assert submission.parts[0].content == "建议\n删去"


def test_opinions_on_several_provisions_are_one_submission(client: FlaskClient, consultation: Consultation) -> None:
    opinions = [{"anchor": "art-3-para-1-item-2", "content": "留样多久？"}, {"content": "总的赞成。"}]
    assert sent(client, {"opinions": opinions}).status_code == 201
    submission = db.session.scalars(select(Submission)).one()
    assert [(part.anchor, part.content) for part in submission.parts] == [
        ("art-3-para-1-item-2", "留样多久？"),
        ("", "总的赞成。"),
    ]


def test_the_same_key_and_body_give_the_same_receipt_and_one_submission(
    client: FlaskClient, consultation: Consultation
) -> None:
    first = sent(client, Idempotency_Key="8e03978e-40d5")
    again = sent(client, Idempotency_Key="8e03978e-40d5")
    quoted = sent(client, Idempotency_Key='"8e03978e-40d5"')
    assert first.status_code == again.status_code == quoted.status_code == 201
    assert first.get_json() == again.get_json() == quoted.get_json()
    assert stored() == 1


@pytest.mark.parametrize("key", ["two words", "", '""', '"', 'a"b', "k" * 256, '"two words"'])
def test_a_key_that_is_none_by_the_description_is_refused(
    client: FlaskClient, consultation: Consultation, key: str
) -> None:
    described = client.get("/api/v1/openapi.json").get_json()["paths"]["/api/v1/consultations/{slug}/submissions"]
    (pattern,) = (
        parameter["schema"]["pattern"] for parameter in described["post"]["parameters"] if parameter["in"] == "header"
    )
    assert not re.search(pattern, key)
    assert re.search(pattern, '"8e03978e-40d5"')
    assert "Idempotency-Key" in problem(sent(client, Idempotency_Key=key), 422)
    assert stored() == 0


def test_the_same_key_with_another_body_is_a_conflict(client: FlaskClient, consultation: Consultation) -> None:
    sent(client, Idempotency_Key="k1")
    assert "Idempotency-Key" in problem(sent(client, {"content": "另一份意见"}, Idempotency_Key="k1"), 409)
    assert stored() == 1


def test_the_same_key_for_two_consultations_is_two_submissions(
    client: FlaskClient, consultation: Consultation, drafter: Actor, publisher: Actor
) -> None:
    other = a_consultation(drafter, slug="other", at=now())
    drafting.submit_for_review(drafter, other, at=now())
    drafting.publish(publisher, other, at=now() - timedelta(minutes=1))
    first = sent(client, Idempotency_Key="k1")
    second = client.post(ADDRESS.replace("canteen", "other"), json=GOOD, headers={"Idempotency-Key": "k1"})
    assert first.get_json()["number"] != second.get_json()["number"]


def test_without_a_key_the_same_body_twice_is_two(client: FlaskClient, consultation: Consultation) -> None:
    assert sent(client).get_json()["number"] != sent(client).get_json()["number"]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({}, "content"),
        ([], "对象"),
        ({"content": ""}, "不能为空"),
        ({"content": " \n "}, "没有写字"),
        ({"content": 5}, "字符串"),
        ({"content": "甲", "opinions": [{"content": "乙"}]}, "只写其中一个"),
        ({"opinions": []}, "不能为空"),
        ({"opinions": [{"anchor": "art-1"}]}, "/opinions/0/content"),
        ({"content": "甲", "colour": "红"}, "/colour"),
        ({"content": "甲", "publish_name": "yes"}, "true"),
        ({"content": "甲", "name": "长" * 201}, "200"),
        ({"opinions": [{"content": "甲", "anchor": "Art 1\u0000"}]}, "/opinions/0/anchor"),
        ({"content": "字" * 20_001}, "20,000"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place_and_nothing_is_stored(
    client: FlaskClient, consultation: Consultation, document: Any, says: str
) -> None:
    assert says in problem(sent(client, document), 422)
    assert stored() == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"content": "\xff"}', b'{"content": NaN}', b'{"content":"a","content":"b"}', b"[" * 100_000],
)
def test_malformed_json_is_said_to_be_malformed(client: FlaskClient, consultation: Consultation, body: bytes) -> None:
    problem(client.post(ADDRESS, data=body, content_type="application/json"), 400)


def test_control_characters_and_half_surrogates_are_cleaned_and_kept_raw(
    client: FlaskClient, consultation: Consultation
) -> None:
    body = b'{"content": "a\\u0000b\\ud800c", "name": "\\u0000n"}'
    response = client.post(ADDRESS, data=body, content_type="application/json")
    if response.status_code == 201:
        assert db.session.scalars(select(Submission)).one().parts[0].content == "abc"
    else:
        problem(response, 422)


def test_other_media_types_and_big_bodies_are_refused(client: FlaskClient, consultation: Consultation) -> None:
    assert "application/json" in problem(client.post(ADDRESS, data={"content": "甲"}), 415)
    assert "上限" in problem(sent(client, {"content": "字" * 900_000}), 413)


def test_a_provision_that_the_draft_does_not_have_is_a_conflict(
    client: FlaskClient, consultation: Consultation
) -> None:
    assert "art-99" in problem(sent(client, {"opinions": [{"anchor": "art-99", "content": "甲"}]}), 409)


def test_what_is_not_out_yet_is_not_found_and_what_is_withdrawn_takes_nothing(
    client: FlaskClient, consultation: Consultation, drafter: Actor, publisher: Actor
) -> None:
    a_consultation(drafter, slug="draft", at=now())
    problem(client.post(ADDRESS.replace("canteen", "draft"), json=GOOD), 404)
    drafting.withdraw(publisher, consultation, "上位法修改", at=now())
    assert "撤回" in problem(sent(client), 409)


def test_what_comes_after_the_end_is_taken_and_marked_late(client: FlaskClient, consultation: Consultation) -> None:
    consultation.closes_at = now() - timedelta(seconds=1)
    db.session.commit()
    assert sent(client).get_json()["late"] is True


@pytest.fixture
def hotline(consultation: Consultation) -> tuple[TrustedSender, str]:
    return api_senders.admit(SYSTEM, name="12345热线平台", channel=Channel.HOTLINE, at=now())


def test_a_trusted_sender_sends_through_its_channel_with_its_own_time_and_number(
    client: FlaskClient, hotline: tuple[TrustedSender, str]
) -> None:
    moment = now() - timedelta(days=2)
    document = {**GOOD, "external_id": "R-7", "received_at": local(moment).isoformat()}
    assert sent(client, document, Authorization=f"Bearer {hotline[1]}").status_code == 201
    submission = db.session.scalars(select(Submission)).one()
    assert (submission.channel, submission.external_id, submission.received_at) == (Channel.HOTLINE, "R-7", moment)


def test_a_trusted_senders_number_is_kept_without_control_characters(
    client: FlaskClient, hotline: tuple[TrustedSender, str]
) -> None:
    document = {**GOOD, "external_id": "R-\x007"}
    assert sent(client, document, Authorization=f"Bearer {hotline[1]}").status_code == 201
    assert db.session.scalars(select(Submission.external_id)).one() == "R-7"


@pytest.mark.parametrize(
    "moment", [0, 1764115200, 17.5, True, "0", "1764115200", "2026-11-24", "2026-11-24T09:30:00", []]
)
def test_what_is_no_moment_as_the_description_has_it_is_refused(
    client: FlaskClient, hotline: tuple[TrustedSender, str], moment: object
) -> None:
    answer = sent(client, {**GOOD, "received_at": moment}, Authorization=f"Bearer {hotline[1]}")
    assert "+08:00" in problem(answer, 422)
    assert stored() == 0


def test_only_a_trusted_sender_may_say_when_it_was_received(
    client: FlaskClient, hotline: tuple[TrustedSender, str]
) -> None:
    assert "密钥" in problem(sent(client, {**GOOD, "received_at": "2026-11-01T00:00:00Z"}), 403)


def test_a_wrong_or_revoked_key_is_refused(client: FlaskClient, hotline: tuple[TrustedSender, str]) -> None:
    wrong = sent(client, Authorization="Bearer zq_nobody")
    problem(wrong, 401)
    assert wrong.headers["WWW-Authenticate"] == "Bearer"
    api_senders.revoke(SYSTEM, "12345热线平台", at=now())
    problem(sent(client, Authorization=f"Bearer {hotline[1]}"), 401)


def test_no_cookie_and_no_token_is_needed(client: FlaskClient, consultation: Consultation) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = True
    try:
        assert sent(client).status_code == 201
    finally:
        client.application.config["WTF_CSRF_ENABLED"] = False


def test_the_receipt_is_mailed_to_who_asks_for_it_once(client: FlaskClient, consultation: Consultation) -> None:
    wanted = {**GOOD, "contact": "电话 0571-88886666", "mail_receipt_to": "li@example.com"}
    first = sent(client, wanted, Idempotency_Key="one-and-the-same")
    again = sent(client, wanted, Idempotency_Key="one-and-the-same")
    assert first.get_json()["receipt_mailed"] is True
    assert again.get_json() == first.get_json()
    letters = list(db.session.scalars(select(OutgoingMail)))
    assert [(letter.purpose, letter.address) for letter in letters] == [(MailPurpose.RECEIPT, "li@example.com")]
    assert sent(client, {**wanted, "mail_receipt_to": None}).get_json()["receipt_mailed"] is None
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == 1


def test_a_receipt_without_an_address_is_refused_and_nothing_stored(
    client: FlaskClient, consultation: Consultation
) -> None:
    answer = sent(client, {**GOOD, "mail_receipt_to": "13800138000"})
    assert "/mail_receipt_to" in problem(answer, 422)
    assert stored() == 0


def test_no_more_receipts_than_a_few_go_to_an_address_that_anybody_typed(
    client: FlaskClient, consultation: Consultation
) -> None:
    wanted = {"mail_receipt_to": "li@example.com"}
    mailed = [
        sent(client, {**wanted, "content": f"第{n}条应当写明。"}).get_json()["receipt_mailed"] for n in range(1, 6)
    ]
    assert mailed == [True, True, True, False, False]
    assert stored() == 5
