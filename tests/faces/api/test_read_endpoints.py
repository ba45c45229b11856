"""Reading by the JSON interface: only what is public, page by page, and errors as problem documents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.adoption import service as adoption
from consult.adoption.models import Opinion, Outcome
from consult.clock import now
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Submission
from consult.moderation import service as moderation
from consult.reporting import report_files
from consult.reporting import service as reporting
from consult.store import db
from tests.builders import a_consultation, a_submission, an_actor, an_open_consultation

BASE = "/api/v1/consultations"


def got(client: FlaskClient, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/json"
    return response.get_json()


def pages(client: FlaskClient, address: str) -> list[Any]:
    """Return the items of all pages."""
    items: list[Any] = []
    following: str | None = address
    while following:
        page = got(client, following)
        items += page["items"]
        following = page["next"]
    return items


def released(consultation: Consultation, moderator: Actor, *texts: str | ArrivalPart, **fields: Any) -> Submission:
    submission = a_submission(consultation, *texts, at=now(), **fields).submission
    moderation.accept(moderator, submission, at=now())
    return submission


def test_only_public_consultations_are_listed_newest_first(
    client: FlaskClient, consultation: Consultation, drafter: Actor, publisher: Actor
) -> None:
    a_consultation(drafter, slug="secret", at=now())
    an_open_consultation(drafter, publisher, at=now() - timedelta(days=60), slug="ended")
    listed = got(client, BASE)["items"]
    assert [(entry["slug"], entry["state"]) for entry in listed] == [("ended", "closed"), ("canteen", "open")]
    assert [entry["slug"] for entry in got(client, f"{BASE}?state=open")["items"]] == ["canteen"]
    assert client.get(f"{BASE}/secret").status_code == 404


def test_pages_follow_one_another_without_gap_or_repeat(client: FlaskClient, drafter: Actor, publisher: Actor) -> None:
    for n in range(5):
        an_open_consultation(drafter, publisher, at=now() - timedelta(days=2), slug=f"c{n}")
    assert [entry["slug"] for entry in pages(client, f"{BASE}?limit=2")] == ["c4", "c3", "c2", "c1", "c0"]


def test_a_consultation_shows_its_period_with_basis_and_its_counts(
    client: FlaskClient, consultation: Consultation
) -> None:
    a_submission(consultation, "好。", at=now())
    document = got(client, f"{BASE}/canteen")
    assert document["period"]["days"] >= 30
    assert "民法典" in document["period"]["basis"]
    assert (document["received"], document["report"]) == (1, None)
    assert document["page"] == "/consultations/canteen"


def test_provisions_come_in_the_drafts_order_with_their_anchors(
    client: FlaskClient, consultation: Consultation
) -> None:
    anchors = [entry["anchor"] for entry in pages(client, f"{BASE}/canteen/provisions?limit=3")]
    assert anchors[:3] == ["chapter-1", "art-1", "art-1-para-1"]
    assert len(anchors) == len(set(anchors))
    item = got(client, f"{BASE}/canteen/provisions/art-3-para-1-item-2")
    assert (item["place"], item["parent"]) == ("第三条第一款第二项", "art-3-para-1")
    assert "留存食品样品" in item["text"]
    assert client.get(f"{BASE}/canteen/provisions/art-99").status_code == 404


def test_only_released_opinions_go_out_masked_and_named_only_with_consent(
    client: FlaskClient, consultation: Consultation, moderator: Actor
) -> None:
    released(
        consultation, moderator, ArrivalPart("请致电13800138000。", "art-3"), name="李某", contact="li@example.com"
    )
    released(consultation, moderator, "赞成。", name="王某", publish_name=True)
    released(consultation, moderator, "请不要公开这一条。", keep_private=True)
    a_submission(consultation, "还没有审核的一条。", at=now())
    rejected = a_submission(consultation, "骂人的话。", at=now()).submission
    moderation.reject(moderator, rejected, reason_id="public-decency", at=now())
    text = client.get(f"{BASE}/canteen/opinions").get_data(as_text=True)
    for secret in ("13800138000", "李某", "li@example.com", "不要公开", "还没有审核", "骂人"):
        assert secret not in text
    items = pages(client, f"{BASE}/canteen/opinions?limit=1")
    assert [(opinion["anchor"], opinion["name"], opinion["outcome"]) for opinion in items] == [
        ("art-3", None, None),
        ("", "王某", None),
    ]
    assert len(got(client, f"{BASE}/canteen/opinions?anchor=art-3")["items"]) == 1
    assert len(got(client, f"{BASE}/canteen/opinions?anchor=draft-0")["items"]) == 1


@pytest.fixture
def reported(app: Flask, drafter: Actor, publisher: Actor, moderator: Actor) -> Consultation:
    """A consultation that has ended, whose report is published."""
    began = now() - timedelta(days=60)
    consultation = an_open_consultation(drafter, publisher, at=began, slug="done")
    for words in ("价格要公示。", "晚上也要开。"):
        submission = a_submission(consultation, ArrivalPart(words, "art-3"), at=began + timedelta(days=3)).submission
        moderation.accept(moderator, submission, at=now())
    for opinion in db.session.query(Opinion).all():
        decision = adoption.decide(drafter, opinion, Outcome.EXPLAINED, "法律法规另有规定。", at=now())
        adoption.review(publisher, decision, at=now())
    report = reporting.compile_report(drafter, consultation, at=now(), statement="谢谢大家。")
    reporting.submit_for_review(drafter, report, at=now())
    reporting.review(an_actor(Role.LEGAL), report, at=now())
    reporting.publish(publisher, report, at=now())
    report_files.finish(report, at=now())
    return consultation


def test_a_published_report_is_read_whole_and_its_decisions_stand_at_the_opinions(
    client: FlaskClient, reported: Consultation
) -> None:
    assert got(client, f"{BASE}/done")["report"] == f"{BASE}/done/report"
    report = got(client, f"{BASE}/done/report")
    assert (report["version"], report["statement"], report["figures"]["received"]) == (1, "谢谢大家。", 2)
    assert report["files"]["docx"] == "/consultations/done/report.docx"
    rows = pages(client, f"{BASE}/done/report/rows?limit=1")
    assert [(row["number"], row["outcome"], row["reason"]) for row in rows] == [
        (1, "explained", "法律法规另有规定。"),
        (2, "explained", "法律法规另有规定。"),
    ]
    assert {opinion["outcome"] for opinion in got(client, f"{BASE}/done/opinions")["items"]} == {"explained"}


def test_before_publication_there_is_no_report(client: FlaskClient, consultation: Consultation) -> None:
    assert client.get(f"{BASE}/canteen/report").status_code == 404
    assert client.get(f"{BASE}/canteen/report/rows").status_code == 404


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/api/", 404),
        ("GET", f"{BASE}/nobody", 404),
        ("GET", f"{BASE}/a%00b", 404),
        ("GET", f"{BASE}/canteen/provisions/a%00b", 404),
        ("DELETE", f"{BASE}/canteen", 405),
        ("GET", f"{BASE}/canteen/submissions", 405),
        ("GET", f"{BASE}?limit=0", 422),
        ("GET", f"{BASE}?limit=ten", 422),
        ("GET", f"{BASE}?limit=1&limit=2", 422),
        ("GET", f"{BASE}?colour=red", 422),
        ("GET", f"{BASE}/canteen/opinions?anchor=%00", 422),
        ("GET", f"{BASE}/canteen?x=1", 422),
    ],
)
def test_every_error_is_a_problem_document_in_chinese(
    client: FlaskClient, consultation: Consultation, method: str, address: str, status: int
) -> None:
    response = client.open(address, method=method)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert set(document) == {"type", "title", "status", "detail", "errors"}
    assert any("\u4e00" <= character <= "\u9fff" for character in document["detail"])
    assert ("Allow" in response.headers) == (status == 405)
