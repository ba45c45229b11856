"""The published feedback: figures, every opinion with its decision, files; nothing before publication."""

from __future__ import annotations

import re
from datetime import timedelta

import time_machine
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import select, update

from consult.accounts.models import Role
from consult.adoption import service as adoption
from consult.adoption.models import Opinion, Outcome
from consult.app_context import blobs
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.moderation import service as moderation
from consult.reporting import report_files, verification
from consult.reporting import service as reporting
from consult.reporting.models import FeedbackReport
from consult.store import db
from tests.builders import a_submission, an_actor
from tests.faces.public.conftest import A_DAY_IN, Staff
from tests.snapshot import Snapshot


def published_feedback(consultation: Consultation, staff: Staff) -> FeedbackReport:
    """Decide and review every opinion, compile, review and publish the report a month after the period."""
    assert consultation.closes_at is not None
    at = consultation.closes_at + timedelta(days=30)
    query = select(Opinion).where(Opinion.consultation_id == consultation.id).order_by(Opinion.id)
    for n, opinion in enumerate(db.session.scalars(query).all(), 1):
        decision = adoption.decide(staff.drafter, opinion, Outcome.PARTLY_ADOPTED, f"第{n}条的理由", at=at)
        adoption.review(staff.legal, decision, at=at)
    report = reporting.compile_report(staff.drafter, consultation, at=at, statement="感谢参与。")
    reporting.submit_for_review(staff.drafter, report, at=at)
    reporting.review(staff.legal, report, at=at)
    reporting.publish(an_actor(Role.PUBLISHER, "second-publisher"), report, at=at)
    report_files.finish(report, at=at)
    return report


def some_opinions(consultation: Consultation, staff: Staff, n: int) -> None:
    """Have ``n`` accepted submissions of one opinion each."""
    for i in range(n):
        part = ArrivalPart(f"第{i:03}号意见，电话13900139000。", "art-3")
        sent = a_submission(consultation, part, at=A_DAY_IN, name="王小明").submission
        moderation.accept(staff.moderator, sent, at=A_DAY_IN)


def test_there_is_no_report_before_its_publication(client: FlaskClient, canteen: Consultation) -> None:
    with time_machine.travel(A_DAY_IN, tick=False):
        assert client.get("/consultations/canteen/report").status_code == 404
        assert client.get("/consultations/canteen/report.json").status_code == 404


def test_the_report_shows_its_figures_and_every_opinion_once_by_key(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    some_opinions(canteen, staff, 60)
    published_feedback(canteen, staff)
    page = client.get("/consultations/canteen/report").text
    assert re.search(r"<b>60</b> 件来件", page)
    assert "100%" in page
    seen: list[str] = []
    address: str | None = "/consultations/canteen/report"
    while address:
        page = client.get(address).text
        seen += re.findall(r"第(\d{3})号意见", page)
        address = next(iter(etree.HTML(page).xpath("//a[@rel='next']/@href")), None)
    assert sorted(seen) == [f"{n:03}" for n in range(60)]


def test_the_report_prints_no_private_data(client: FlaskClient, canteen: Consultation, staff: Staff) -> None:
    some_opinions(canteen, staff, 3)
    published_feedback(canteen, staff)
    page = client.get("/consultations/canteen/report").text
    assert "王小明" not in page
    assert "13900139000" not in page


def test_the_files_are_those_that_were_frozen(client: FlaskClient, canteen: Consultation, staff: Staff) -> None:
    some_opinions(canteen, staff, 2)
    published_feedback(canteen, staff)
    docx = client.get("/consultations/canteen/report.docx")
    assert docx.data.startswith(b"PK")
    assert docx.headers["Content-Disposition"].startswith("attachment")
    assert client.get("/consultations/canteen/report.json").get_json()
    assert client.get("/consultations/canteen/report.exe").status_code == 404


def test_a_report_that_is_not_what_was_published_is_not_shown(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    some_opinions(canteen, staff, 2)
    published_feedback(canteen, staff)
    pages = ("/consultations/canteen/report", "/consultations/canteen/report.docx")
    interface = "/api/v1/consultations/canteen/report"
    assert [client.get(page).status_code for page in (*pages, interface)] == [200, 200, 200]
    report = db.session.scalars(select(FeedbackReport)).one()
    forged = {**report.files, "docx": blobs().put(b"PK forged")}
    words = {**report.snapshot, "title": "另一个标题"}
    for change in ({"files": forged}, {"snapshot": words}, {"statement": "假的说明。"}, {"digest": "0" * 64}):
        kept = Snapshot()
        with db.engine.begin() as connection:
            connection.execute(update(FeedbackReport).values(change))
        db.session.expire_all()
        for page in pages:
            answer = client.get(page)
            assert answer.status_code == 503, (change, page)
            assert "与公布时的记录不符" in answer.text
            assert b"PK forged" not in answer.data
        assert client.get(interface).status_code == 503
        assert [fault.where for fault in verification.faults()] == ["report"]
        kept.restore()
        kept.close()
    assert client.get(pages[0]).status_code == 200


def test_only_opinions_of_one_outcome_are_shown_when_asked(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    some_opinions(canteen, staff, 2)
    published_feedback(canteen, staff)
    assert "第000号意见" in client.get("/consultations/canteen/report?outcome=partly_adopted").text
    assert "第000号意见" not in client.get("/consultations/canteen/report?outcome=adopted").text
    assert client.get("/consultations/canteen/report?outcome=nonsense&after=x&group=y").status_code == 200


def test_the_filters_count_the_rows_that_they_show_late_ones_too(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    some_opinions(canteen, staff, 2)
    assert canteen.closes_at is not None
    at = canteen.closes_at + timedelta(days=1)
    moderation.accept(staff.moderator, a_submission(canteen, "来晚了。", at=at).submission, at=at)
    published_feedback(canteen, staff)
    page = etree.HTML(client.get("/consultations/canteen/report").text)
    assert page.xpath("count(//tr[starts-with(@id, 'row-')])") == 3
    assert [" ".join(link.itertext()) for link in page.xpath("//nav[contains(@class, 'filters')]/a")] == [
        "全部 3",
        "部分采纳 2",
        "逾期收到 1",
    ]


def test_published_feedback_is_on_the_lists_and_in_the_feed(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    some_opinions(canteen, staff, 2)
    published_feedback(canteen, staff)
    for address in ("/", "/results"):
        page = client.get(address).text
        assert "/consultations/canteen/report" in page
        assert "部分采纳 100%" in page
    assert "结果反馈" in client.get("/feed.atom").text
    assert "看采纳情况" in client.get("/consultations/canteen").text


def words_of(client: FlaskClient, address: str) -> str:
    """Return the words of a page's main part, in one line."""
    return " ".join(etree.HTML(client.get(address).text).xpath("string(//main)").split())


def test_a_report_of_nothing_has_no_table_share_or_promise_of_answers(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    published_feedback(canteen, staff)
    page = words_of(client, "/consultations/canteen/report")
    assert "征求意见期间没有收到来件。没有需要答复的意见。" in page
    for words in ("采纳或者部分采纳", "较为集中", "按渠道", "全部 0", "没有这样的意见", "0 人次"):
        assert words not in page
    around = words_of(client, "/consultations/canteen") + client.get("/feed.atom").text
    assert "每条都有答复" not in around
    assert "0 条意见" not in around


def test_a_report_of_one_counts_one(client: FlaskClient, canteen: Consultation, staff: Staff) -> None:
    some_opinions(canteen, staff, 1)
    published_feedback(canteen, staff)
    page = words_of(client, "/consultations/canteen/report")
    assert "1 件来件，来自个人" in page
    assert "整理出意见1条。采纳情况：部分采纳。" in page
    assert "较为集中" not in page
