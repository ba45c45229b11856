"""While writing, people see what will be masked, with script and without; nothing of it is kept."""

from __future__ import annotations

import logging

import pytest
import time_machine
from flask.testing import FlaskClient

from consult.drafting.models import Consultation
from consult.ledger.models import LedgerEntry
from consult.store import db
from tests.faces.public.conftest import A_DAY_IN, fill

TEXT = "请打1️⃣38-1234-5678，我们物业经理王小明说不管。"


def test_what_looks_private_is_named_with_its_kind_in_the_readers_language(client: FlaskClient) -> None:
    answer = client.post("/private-data", json={"text": TEXT})
    assert answer.json == {
        "count": 2,
        "found": [{"kind": "电话", "text": "1️⃣38-1234-5678"}, {"kind": "姓名", "text": "王小明"}],
    }
    assert answer.headers["Cache-Control"] == "no-store"
    client.set_cookie("language", "en")
    english = client.post("/private-data", json={"text": TEXT}).json
    assert english is not None
    assert english["found"][0]["kind"] == "Telephone"


def test_what_is_typed_is_neither_stored_nor_logged(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    before = db.session.query(LedgerEntry).count()
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/private-data", json={"text": TEXT})
    assert "1234" not in caplog.text
    assert db.session.query(LedgerEntry).count() == before
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"text": 5}, 400),
        ([], 400),
        ("a", 400),
        (None, 400),
        ({"text": "1" * 20_001}, 413),
        ({"text": ""}, 200),
    ],
)
def test_an_impossible_question_is_refused(client: FlaskClient, body: object, status: int) -> None:
    assert client.post("/private-data", json=body).status_code == status


def test_nobody_asks_without_end(limited: FlaskClient) -> None:
    statuses = {limited.post("/private-data", json={"text": "a"}).status_code for _ in range(901)}
    assert statuses == {200, 429}


def test_without_script_the_receipt_says_what_will_be_masked(client: FlaskClient, canteen: Consultation) -> None:
    with time_machine.travel(A_DAY_IN):
        sent = fill(client, **{"pieces-0-content": TEXT})
        page = client.get(sent.location).text
        assert "其中“1️⃣38-1234-5678”、“王小明”看起来是个人信息，会隐去。" in page
        private = client.get(fill(client, **{"pieces-0-content": TEXT, "keep_private": "1"}).location).text
        assert "看起来是个人信息" not in private
        plain = client.get(fill(client, **{"pieces-0-content": "第十二条不妥。"}).location).text
        assert "看起来是个人信息" not in plain


def test_the_form_names_where_to_ask(client: FlaskClient, canteen: Consultation) -> None:
    with time_machine.travel(A_DAY_IN):
        page = client.get("/consultations/canteen/comment").text
    assert 'data-private="/private-data"' in page
