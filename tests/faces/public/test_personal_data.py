"""The holder of a receipt looks up, copies, corrects and deletes personal data; nobody else does."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from consult.drafting.models import Consultation
from consult.intake.receipts import Receipt
from consult.privacy import requests
from consult.privacy.models import RequestState
from tests.builders import a_submission
from tests.faces.public.conftest import A_DAY_IN, Staff


@pytest.fixture
def receipt(canteen: Consultation) -> Receipt:
    """The receipt of a submission with name and contact."""
    return a_submission(canteen, "价格要公示。", at=A_DAY_IN, name="赵一", contact="13812345678", publish_name=True)


@pytest.fixture
def opened(client: FlaskClient, receipt: Receipt) -> str:
    """The address of the page, in a browser that opened the receipt."""
    client.post("/receipts", data={"number": receipt.number, "key": receipt.key})
    return f"/receipts/{receipt.number}/personal-data"


def test_the_page_and_the_copy_are_for_the_holder_alone(client: FlaskClient, receipt: Receipt) -> None:
    address = f"/receipts/{receipt.number}/personal-data"
    assert client.get(address).status_code == 303
    assert client.get(f"{address}.json").status_code == 403
    assert client.post(address, data={"verb": "erase"}).status_code == 403


def test_the_page_says_what_is_kept_and_how_long(client: FlaskClient, opened: str) -> None:
    page = client.get(opened)
    for words in ("赵一", "13812345678", "3 年", "15 个工作日", "第四十七条"):
        assert words in page.text
    assert "no-store" in page.headers["Cache-Control"]
    copy = client.get(f"{opened}.json")
    assert copy.json is not None
    assert copy.json["contact"] == "13812345678"


def test_a_request_is_stored_shown_and_taken_back(client: FlaskClient, opened: str, receipt: Receipt) -> None:
    assert client.post(opened, data={"verb": "erase", "words": "不想留下"}).status_code == 303
    again = client.post(opened, data={"verb": "erase", "words": "再说一次"})
    assert again.status_code == 409
    assert "再说一次" in again.text
    asked = requests.of(receipt.submission)[0]
    assert "正在办理" in client.get(opened).text
    client.post(opened, data={"verb": "take-back", "request": asked.id})
    assert asked.state is RequestState.TAKEN_BACK


def test_anothers_request_cannot_be_taken_back(client: FlaskClient, opened: str, canteen: Consultation) -> None:
    other = a_submission(canteen, "另一件。", at=A_DAY_IN, name="钱二").submission
    asked = requests.ask(other, requests.RequestKind.ERASE, "", at=A_DAY_IN)
    assert client.post(opened, data={"verb": "take-back", "request": asked.id}).status_code == 409
    assert asked.state is RequestState.WAITING
    assert client.post(opened, data={"verb": "take-back", "request": 999}).status_code == 404
    assert client.post(opened, data={"verb": "other"}).status_code == 400


def test_the_reason_of_a_refusal_is_shown(client: FlaskClient, opened: str, receipt: Receipt, staff: Staff) -> None:
    asked = requests.ask(receipt.submission, requests.RequestKind.ERASE, "", at=A_DAY_IN)
    requests.refuse(staff.legal, asked, "正在核实情况。", at=A_DAY_IN)
    page = client.get(opened).text
    assert "不予办理" in page
    assert "正在核实情况。" in page


@pytest.mark.parametrize("language", ["zh-Hant", "en"])
def test_the_page_speaks_three_languages(client: FlaskClient, opened: str, language: str) -> None:
    assert "申请删除" not in client.get(f"{opened}?lang={language}", follow_redirects=True).text
