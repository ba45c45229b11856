"""A citizen in a real Chromium and a real mail server: subscribe, speak, get the receipt and the answer, leave."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from consult import clock
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.adoption import service as adoption
from consult.adoption.models import Outcome
from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.intake.models import Submission
from consult.moderation import service as moderation
from consult.reporting import report_files
from consult.reporting import service as reporting
from consult.store import db
from tests import chromium
from tests.builders import an_actor, an_open_consultation
from tests.post import Post, a_mail_server
from tests.world import opinions_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NEW = "餐厅应当每日公示菜品价格，并标明计价单位。"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from chromium.launched()


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with a_mail_server(monkeypatch) as handler:
        yield handler


class Letterbox:
    """What the mail server took, as the citizen reads it."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def read(self, subject: str) -> str:
        """Return the text of the one letter whose subject begins so; no other may have come."""
        jobs.run("mail")
        db.session.rollback()
        (envelope,) = self._post.taken
        self._post.taken.clear()
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert letter["Subject"].startswith(subject), letter["Subject"]
        assert envelope.rcpt_tos == ["li@example.cn"]
        return str(letter.get_content()) + str(letter["List-Unsubscribe"] or "")


def answer(consultation: Consultation, at: datetime) -> None:
    """Accept, adopt with the words that the draft will have, and publish the report."""
    who = {role: an_actor(role, f"late-{role.value}") for role in (Role.DRAFTER, Role.LEGAL, Role.PUBLISHER)}
    moderation.accept(SYSTEM, db.session.query(Submission).one(), at=at)
    (opinion,) = opinions_of(consultation)
    decision = adoption.decide(
        SYSTEM, opinion, Outcome.ADOPTED, "意见有利于明码标价，予以采纳。", at=at, proposed_text=NEW
    )
    adoption.review(who[Role.LEGAL], decision, at=at)
    report = reporting.compile_report(who[Role.DRAFTER], consultation, at=at)
    reporting.submit_for_review(who[Role.DRAFTER], report, at=at)
    reporting.review(who[Role.LEGAL], report, at=at)
    reporting.publish(who[Role.PUBLISHER], report, at=at)
    report_files.finish(report, at=at)


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_from_subscribing_to_the_changed_words_and_out_again(
    app: Flask, browser: Browser, post: Post, monkeypatch: pytest.MonkeyPatch, javascript: bool
) -> None:
    letters = Letterbox(post)
    page = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=javascript).new_page()
    page.set_default_timeout(8_000)
    with chromium.served(app) as url:
        monkeypatch.setattr(settings(), "public_url", url)
        page.goto(url)
        page.get_by_role("link", name="邮件", exact=True).click()
        page.get_by_label("邮箱", exact=True).fill("Li@example.cn")
        page.get_by_role("button", name="订阅").click()
        expect(page.get_by_text("请到邮箱里打开")).to_be_visible()
        (link,) = re.findall(r"http\S+/subscribe/\S+", letters.read("请确认订阅"))
        page.goto(link)
        page.get_by_role("button", name="确认订阅").click()
        expect(page.get_by_text("已经确认")).to_be_visible()

        people = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
        consultation = an_open_consultation(*people, at=clock.now(), slug="canteens")
        jobs.run("news")
        opened = letters.read("开始征求意见")
        (link,) = re.findall(r"http\S+/consultations/canteens(?=\s)", opened)
        page.goto(link)
        page.goto(f"{link}/comment?anchor=art-3")
        page.get_by_label("对第三条的意见").fill("建议每日公示菜品价格，并标明计价单位。")
        page.get_by_label("联系方式").fill("li@example.cn")
        page.get_by_label("把回执发到我的邮箱").check()
        page.get_by_role("button", name="提交意见").click()
        expect(page.get_by_text("回执会发到您的邮箱")).to_be_visible()
        (receipt,) = re.findall(r"http\S+/receipts/\S+", letters.read("已收到您的意见"))

        db.session.rollback()
        closed = consultation.closes_at
        assert closed is not None
        later = closed + timedelta(days=2)
        monkeypatch.setattr(clock, "now", lambda: later)
        monkeypatch.setattr(jobs, "now", lambda: later)
        answer(consultation, later)
        jobs.run("decision-letters")
        decided = letters.read("采纳情况")
        assert "予以采纳" in decided
        assert NEW in decided
        (row,) = re.findall(r"http\S+/report/rows/1", decided)
        page.goto(row)
        expect(page.get_by_text(NEW)).to_be_visible()
        page.goto(receipt)
        expect(page.get_by_text("予以采纳").first).to_be_visible()
        jobs.run("news")
        result = letters.read("结果反馈")
        way_out = re.findall(r"<(http\S+/unsubscribe/\S+)>", result)[0]
        assert page.request.post(way_out, form={"List-Unsubscribe": "One-Click"}).ok
        page.goto(way_out)
        expect(page.get_by_text("已经取消，邮箱地址已经删除")).to_be_visible()
    page.context.close()
