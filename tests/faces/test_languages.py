"""The languages of the public pages and the portal: chosen, remembered, never mixed up between visitors."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consult import clock
from consult.accounts.models import Role
from consult.app import create_app
from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.faces.i18n import translated
from consult.files.attachments import AttachmentRefused, check
from consult.intake.errors import TooLong
from consult.intake.models import Channel, SenderKind
from consult.intake.receipts import Receipt
from consult.text.sentences import sentence
from tests.builders import ArrivalPart, a_submission, an_actor, an_open_consultation

TRADITIONAL = {"Accept-Language": "zh-TW,zh;q=0.9,en;q=0.8"}
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9,zh-CN;q=0.5"}


def tongue(page: str) -> str:
    """Return the language that a page says it is in."""
    match = re.search(r'<html lang="([^"]+)"', page)
    assert match
    return match[1]


@pytest.fixture
def canteen(app: Flask) -> Consultation:
    """A consultation that opened yesterday."""
    opened = clock.now() - timedelta(days=1)
    return an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), slug="canteen", at=opened)


@pytest.fixture
def receipt(canteen: Consultation) -> Receipt:
    """The receipt of an opinion on the third article."""
    return a_submission(canteen, ArrivalPart("价格要公示。", "art-3-para-1-item-1"), at=clock.now())


@pytest.mark.usefixtures("canteen")
def test_a_page_is_in_simplified_chinese_unless_another_language_is_chosen(client: FlaskClient) -> None:
    for headers in (
        {},
        {"Accept-Language": "zh-CN,zh;q=0.9"},
        {"Accept-Language": "fr-FR"},
        {"Accept-Language": ";;q=x"},
    ):
        page = client.get("/", headers=headers)
        assert tongue(page.text) == "zh-Hans"
        assert page.headers["Content-Language"] == "zh-Hans"
    assert "草案还没有定稿" in page.text
    assert 'class="visually-hidden">：第一条（目的）</span>' in client.get("/consultations/canteen").text


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-Hant-MO", "zh-Hant"),
        ("zh-Hans-HK,zh-TW;q=0.5", "zh-Hans"),
        ("en;q=0.3,zh-TW;q=0.7", "zh-Hant"),
        ("zh-TW;q=0,zh-CN", "zh-Hans"),
        ("en-GB,en;q=0.9", "zh-Hans"),
    ],
)
@pytest.mark.usefixtures("app")
def test_a_browser_decides_between_the_scripts_of_chinese(client: FlaskClient, header: str, expected: str) -> None:
    assert tongue(client.get("/help", headers={"Accept-Language": header}).text) == expected


@pytest.mark.usefixtures("app")
def test_a_department_may_let_browsers_choose_english_too() -> None:
    followed = create_app(settings().model_copy(update={"language_from_browser": "any"})).test_client()
    assert tongue(followed.get("/help", headers=ENGLISH).text) == "en"
    assert tongue(followed.get("/help", headers={"Accept-Language": "zh-CN,en;q=0.9"}).text) == "zh-Hans"


@pytest.mark.usefixtures("canteen")
def test_a_language_in_the_address_is_shown_and_remembered(client: FlaskClient) -> None:
    chosen = client.get("/?q=食堂&lang=en")
    assert tongue(chosen.text) == "en"
    assert "Have your say" in chosen.text
    assert 'href="?q=%E9%A3%9F%E5%A0%82&amp;lang=zh-Hant"' in chosen.text
    cookie = chosen.headers["Set-Cookie"]
    assert cookie.startswith("language=en;")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert tongue(client.get("/help", headers=TRADITIONAL).text) == "en"
    assert tongue(client.get("/help?lang=zh-Hans").text) == "zh-Hans"
    assert tongue(client.get("/help").text) == "zh-Hans"


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("tag", ["xx", "", "../en", "zh-Hans\x00"])
def test_an_unknown_language_changes_nothing(client: FlaskClient, tag: str) -> None:
    client.get("/help?lang=zh-Hant")
    page = client.get("/help", query_string={"lang": tag})
    assert tongue(page.text) == "zh-Hant"
    assert "Set-Cookie" not in page.headers


@pytest.mark.usefixtures("app")
def test_a_store_on_the_way_keeps_pages_of_different_languages_apart(client: FlaskClient) -> None:
    assert {"Accept-Language", "Cookie"} <= set(client.get("/help").vary)
    assert "Accept-Language" not in client.get("/static/site.css").vary


def test_desk_interface_and_subscriptions_stay_chinese(client: FlaskClient, canteen: Consultation) -> None:
    client.get("/help?lang=en")
    assert 'lang="zh-Hans"' in client.get("/desk/sign-in").text
    assert "没有这一页" in client.get("/desk/none").text
    assert f"征求意见：{canteen.title}" in client.get("/feed.atom").text
    assert "截止" in client.get("/calendar.ics").text


def test_an_english_page_names_articles_in_english_and_leaves_the_draft_as_written(
    client: FlaskClient, canteen: Consultation
) -> None:
    page = client.get("/consultations/canteen?lang=en").text
    assert "Article 1 (目的)" in page
    assert "the Chinese text prevails" in page
    assert f'<h1 lang="zh-Hans">{canteen.title}</h1>' in page
    assert "<b>第一条（目的）</b>" in page
    assert "days left" in page
    assert "data-words='{" in page


def test_a_plan_with_numbers_of_several_parts_has_an_english_page(client: FlaskClient) -> None:
    plan = "某市防汛应急预案\n1 总则\n1.1 编制目的\n为了防汛。\n2 职责\n2.1 指挥部\n负责指挥。"
    an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), slug="flood", text=plan, at=clock.now())
    page = client.get("/consultations/flood?lang=en")
    assert page.status_code == 200
    assert "Item 2.1 (指挥部)" in page.text


def test_the_way_from_form_to_receipt_is_english(client: FlaskClient, receipt: Receipt, canteen: Consultation) -> None:
    client.get("/help?lang=en")
    form = client.get("/consultations/canteen/comment?anchor=art-3").text
    assert "Opinion on: Article 3" in form
    assert "Your name or that of your organisation" in form
    empty = client.post("/consultations/canteen/comment", data={"verb": "send", "sender_kind": "person"})
    assert empty.status_code == 400
    assert "You have not written anything yet." in empty.text
    long_ = {"verb": "send", "sender_kind": "person", "pieces-0-content": "好", "name": "名" * 500}
    assert "A name can have at most" in client.post("/consultations/canteen/comment", data=long_).text
    page = client.get(f"/receipts/{receipt.number}?key={receipt.key}", follow_redirects=True).text
    assert "Progress" in page
    assert "Article 3, paragraph 1, item 1" in page
    assert "Still being studied." in page


def test_an_address_in_another_language_holds_no_key(client: FlaskClient, receipt: Receipt) -> None:
    wrong = client.get(f"/receipts/{receipt.number}?key=AAAA-AAAA-AAAA-AAAA&lang=en")
    assert wrong.status_code == 404
    assert "There is no such receipt." in wrong.text
    assert "AAAA" not in wrong.text


@pytest.mark.usefixtures("canteen")
def test_a_page_that_only_a_form_leads_to_offers_the_home_page_in_other_languages(client: FlaskClient) -> None:
    refused = client.post("/receipts/20260101-AAAAAAAA/consent", headers=TRADITIONAL)
    assert refused.status_code == 403
    assert tongue(refused.text) == "zh-Hant"
    assert 'href="/?lang=en"' in refused.text


@pytest.mark.usefixtures("app")
def test_the_lines_of_a_reports_figures_are_said_in_english(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        lines = [translated(member.label.words) for member in (*Channel, *SenderKind)]
    assert [line for line in lines if not line.isascii()] == []


def test_error_pages_speak_the_visitors_language(client: FlaskClient) -> None:
    assert "There is no such page" in client.get("/none?lang=en").text
    assert "沒有這一頁" in client.get("/none?lang=zh-Hant").text


@pytest.mark.usefixtures("app")
def test_the_portals_door_speaks_the_visitors_language(client: FlaskClient) -> None:
    assert "Please enter a username." in client.post("/portal/sign-in?lang=en", data={}).text
    closed = client.get("/portal/i/no-such-link")
    assert closed.status_code == 404
    assert "This link can&#39;t be used" in closed.text
    assert "We need to know who you are first" in client.get("/portal/").text


def test_a_refusal_is_told_in_the_language_of_the_page_with_its_inner_sentences(app: Flask) -> None:
    with pytest.raises(AttachmentRefused) as refused:
        check("报告.pdf", b"", max_bytes=10)
    long_ = TooLong(
        sentence("%(name)s有 %(n)s 字，最多 %(most)s 字，请缩短。", name=sentence("主题"), n=9, most=5), "subject"
    )
    with app.test_request_context("/?lang=en"):
        sentences = translated(str(refused.value)), translated(str(long_))
    assert sentences == (
        "The file “报告.pdf” is empty. Please check its content and upload it again.",
        "Subject: 9 characters, at most 5 are possible. Please shorten it.",
    )
    assert str(refused.value) == "附件《报告.pdf》是空文件。请检查文件内容后重新上传。"
