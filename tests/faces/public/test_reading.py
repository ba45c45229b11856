"""What everybody reads: the home page, one consultation, one article, lists, subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import time_machine
from flask.testing import FlaskClient
from icalendar import Calendar
from lxml import etree

from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.moderation import service as moderation
from tests.builders import NOON, a_consultation, a_submission, an_open_consultation
from tests.faces.public.conftest import A_DAY_IN, Staff

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def test_the_home_page_shows_open_drafts_with_the_days_left(client: FlaskClient, canteen: Consultation) -> None:
    with time_machine.travel(A_DAY_IN, tick=False):
        page = client.get("/").text
    assert canteen.title in page
    assert "还剩<b>37</b>天" in page
    assert "10月8日 24:00 截止" in page


def test_the_last_day_is_called_today(client: FlaskClient, canteen: Consultation) -> None:
    assert canteen.closes_at is not None
    with time_machine.travel(canteen.closes_at - timedelta(minutes=1), tick=False):
        assert "<b>今天</b>截止" in client.get("/").text


def test_a_number_of_several_parts_is_set_off_from_its_heading(client: FlaskClient, staff: Staff) -> None:
    text = "某市突发事件应急预案\n1 总则\n1.1 编制目的\n为提高处置能力，制定本预案。\n1.2 本预案适用于本市。\n"
    an_open_consultation(staff.drafter, staff.publisher, slug="plan", text=text)
    with time_machine.travel(A_DAY_IN, tick=False):
        page = client.get("/consultations/plan").text
    assert "<b>1.1 编制目的</b>" in page
    assert "<b>1.2 </b>本预案适用于本市。" in page


def test_a_draft_that_is_not_released_or_not_yet_open_is_nowhere_to_be_seen(client: FlaskClient, staff: Staff) -> None:
    hidden = a_consultation(staff.drafter, slug="hidden", title="起草中的办法")
    later = a_consultation(staff.drafter, slug="later", title="以后才公布的办法")
    drafting.submit_for_review(staff.drafter, later, at=NOON)
    drafting.publish(staff.publisher, later, at=NOON, opens=(NOON + timedelta(days=5)).date())
    with time_machine.travel(A_DAY_IN, tick=False):
        home = client.get("/").text
        feed = client.get("/feed.atom").text
        assert client.get("/consultations/hidden").status_code == 404
        assert client.get("/consultations/later").status_code == 404
    for title in (hidden.title, later.title):
        assert title not in home
        assert title not in feed


def test_search_finds_words_of_the_draft_and_says_when_there_is_nothing(
    client: FlaskClient, canteen: Consultation
) -> None:
    with time_machine.travel(A_DAY_IN, tick=False):
        assert canteen.title in client.get("/?q=食品样品 公示").text
        nothing = client.get("/?q=加装电梯").text
    assert canteen.title not in nothing
    assert "没有找到" in nothing


def test_search_takes_percent_signs_and_quotes_as_they_are(client: FlaskClient, canteen: Consultation) -> None:
    with time_machine.travel(A_DAY_IN, tick=False):
        page = client.get("/", query_string={"q": "%_'\"<script>"})
    assert page.status_code == 200
    assert canteen.title not in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


def test_a_period_that_ends_in_another_year_says_which(client: FlaskClient, staff: Staff) -> None:
    december = datetime(2026, 12, 14, 2, tzinfo=UTC)
    an_open_consultation(staff.drafter, staff.publisher, at=december, slug="winter")
    with time_machine.travel(december + timedelta(days=1), tick=False):
        assert "2027年1月13日 24:00 截止" in client.get("/").text
        page = client.get("/consultations/winter").text
        assert "24:00 on 13 January 2027" in client.get("/consultations/winter?lang=en").text
    assert "12月14日公布，2027年1月13日 24:00 截止" in page
    assert "至 2027年1月13日" in page


def test_the_page_of_a_draft_tells_until_when_why_and_how(client: FlaskClient, canteen: Consultation) -> None:
    with time_machine.travel(A_DAY_IN, tick=False):
        page = client.get("/consultations/canteen").text
    assert "9月1日公布，10月8日 24:00 截止" in page
    assert canteen.period_words in page
    assert canteen.period_basis.split("；")[-1] in page
    assert canteen.mail_phrase in page
    for words in ("第三条", "留存食品样品", "优惠的具体标准由街道办事处规定。", 'id="art-3"'):
        assert words in page
    assert 'href="/consultations/canteen/comment?anchor=art-3"' in page


def test_an_extension_and_a_withdrawal_show_their_reasons(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    last = (NOON + timedelta(days=62)).date()
    drafting.extend_period(staff.publisher, canteen, last_day=last, reason="要再听听老年人的意见", at=A_DAY_IN)
    with time_machine.travel(A_DAY_IN, tick=False):
        assert "要再听听老年人的意见" in client.get("/consultations/canteen").text
    drafting.withdraw(staff.publisher, canteen, "上位法已经修改", at=A_DAY_IN)
    with time_machine.travel(A_DAY_IN, tick=False):
        page = client.get("/consultations/canteen").text
    assert "上位法已经修改" in page
    assert "data-tray" not in page


def test_an_article_shows_what_moderation_released_and_nothing_else(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    released = a_submission(
        canteen, ArrivalPart("价格要公示到每道菜，电话 13800138000。", "art-3"), at=A_DAY_IN, name="王小明"
    ).submission
    moderation.accept(staff.moderator, released, at=A_DAY_IN)
    private = a_submission(canteen, ArrivalPart("这条请不要公开。", "art-3"), at=A_DAY_IN, keep_private=True).submission
    moderation.accept(staff.moderator, private, at=A_DAY_IN)
    a_submission(canteen, ArrivalPart("这条还没有审核。", "art-3"), at=A_DAY_IN)
    with time_machine.travel(A_DAY_IN, tick=False):
        page = client.get("/consultations/canteen/articles/art-3").text
    assert "价格要公示到每道菜" in page
    assert "共收到 3 件" in page
    for words in ("13800138000", "王小明", "请不要公开。", "还没有审核"):
        assert words not in page


def test_a_name_is_printed_only_with_its_senders_consent(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    sent = a_submission(
        canteen, ArrivalPart("支持。", "art-1"), at=A_DAY_IN, name="李大同", publish_name=True
    ).submission
    moderation.accept(staff.moderator, sent, at=A_DAY_IN)
    with time_machine.travel(A_DAY_IN, tick=False):
        assert "李大同" in client.get("/consultations/canteen/articles/art-1").text


def test_opinions_on_an_article_are_paged_by_key_and_each_is_on_one_page(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    for n in range(45):
        sent = a_submission(canteen, ArrivalPart(f"第{n:02}号意见。", "art-2-para-1"), at=A_DAY_IN).submission
        moderation.accept(staff.moderator, sent, at=A_DAY_IN)
    seen: list[str] = []
    address: str | None = "/consultations/canteen/articles/art-2"
    with time_machine.travel(A_DAY_IN, tick=False):
        while address:
            page = client.get(address).text
            seen += [f"第{n:02}号意见。" for n in range(45) if f"第{n:02}号意见。" in page]
            tree = etree.HTML(page)
            address = next(iter(tree.xpath("//a[@rel='next']/@href")), None)
    assert sorted(seen) == [f"第{n:02}号意见。" for n in range(45)]


def test_an_article_that_the_draft_does_not_have_is_not_found(client: FlaskClient, canteen: Consultation) -> None:
    with time_machine.travel(A_DAY_IN, tick=False):
        missing = client.get("/consultations/canteen/articles/art-99")
    assert missing.status_code == 404
    assert "怎么办" in missing.text


def test_the_feed_and_the_calendar_can_be_read_by_programs(client: FlaskClient, canteen: Consultation) -> None:
    with time_machine.travel(A_DAY_IN, tick=False):
        feed = etree.fromstring(client.get("/feed.atom").data)
        calendar = Calendar.from_ical(client.get("/calendar.ics").data)
    assert feed.xpath("string(a:entry/a:title)", namespaces=ATOM) == f"征求意见：{canteen.title}"
    assert feed.xpath("string(a:entry/a:link/@href)", namespaces=ATOM).endswith("/consultations/canteen")
    event = calendar.walk("VEVENT")[0]
    assert event.decoded("dtstart").isoformat() == "2026-10-08"
    assert canteen.title in event["summary"]


def test_closed_drafts_are_listed_as_being_studied(client: FlaskClient, canteen: Consultation, staff: Staff) -> None:
    assert canteen.closes_at is not None
    an_open_consultation(
        staff.drafter, staff.publisher, slug="second", title="另一件办法", at=NOON + timedelta(days=50)
    )
    with time_machine.travel(canteen.closes_at + timedelta(days=20), tick=False):
        home = client.get("/").text
        assert canteen.title in client.get("/closed").text
    assert home.index("另一件办法") < home.index("已截止，正在研究") < home.index(canteen.title)
