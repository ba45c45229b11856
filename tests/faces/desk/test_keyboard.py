"""The queue and the workspace by keyboard, in a real Chromium."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.accounts.service import create_user
from consult.adoption.models import Decision, Outcome
from consult.intake.models import Submission, SubmissionState
from consult.store import db
from tests import chromium
from tests.faces.desk.keys import press
from tests.world import PUBLISHED, accepted, open_consultation, submission

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "一个只用于测试的长密码 2026"


@pytest.fixture
def served(app: Flask, browser: Browser) -> Iterator[str]:
    for username, role in (("drafter", Role.DRAFTER), ("moderator", Role.MODERATOR)):
        create_user(
            SYSTEM, username=username, name=username, role=role, password=PASSWORD, division="社区服务处", at=PUBLISHED
        )
    with chromium.served(app) as url:
        yield url


def _late(route: Route) -> None:
    """Hand the keyboard's script over behind the page, as a slow network does."""
    time.sleep(0.1)
    route.continue_()


def at_the_desk(browser: Browser, served: str, username: str, path: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(15_000)
    page.route("**/keys.js*", _late)
    page.goto(f"{served}/desk/sign-in")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"{served}/desk/consultations/canteens/{path}")
    return page


def states() -> list[SubmissionState]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Submission.state).order_by(Submission.id)))


def test_a_queue_is_screened_without_a_mouse(browser: Browser, served: str) -> None:
    consultation = open_consultation()
    for n in range(4):
        submission(consultation, f"第 {n} 件来件，菜价要公示。")
    page = at_the_desk(browser, served, "moderator", "moderation")
    press(page, "j")
    expect(page.locator("#work .original").first).to_contain_text("第 1 件")
    press(page, "k")
    expect(page.locator("#work .original").first).to_contain_text("第 0 件")
    press(page, "a")
    expect(page.locator("#work .original").first).to_contain_text("第 1 件")
    press(page, "m")
    page.keyboard.press("Control+End")
    page.keyboard.type("加写：a r u ")  # letters in a text act on nothing
    expect(page.locator("#work textarea").first).to_have_value("第 1 件来件，菜价要公示。加写：a r u ")
    page.keyboard.press("Escape")
    press(page, "r")
    page.get_by_label("广告、垃圾信息").check()
    press(page, "Control+Enter")
    expect(page.locator("#work .original").first).to_contain_text("第 2 件")
    assert states() == [
        SubmissionState.ACCEPTED,
        SubmissionState.REJECTED,
        SubmissionState.RECEIVED,
        SubmissionState.RECEIVED,
    ]


def test_a_rejection_being_written_is_not_sent_as_an_acceptance(browser: Browser, served: str) -> None:
    submission(open_consultation(), "一件来件。")
    page = at_the_desk(browser, served, "moderator", "moderation")
    press(page, "r")
    page.locator("#reason").fill("写到一半")
    press(page, "Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("请选择不予公开的理由")
    expect(page.locator("#reason")).to_have_value("写到一半")
    assert states() == [SubmissionState.RECEIVED]


def test_opinions_are_decided_without_a_mouse(browser: Browser, served: str) -> None:
    consultation = open_consultation()
    for text in ("菜价要公示。", "优惠应当从六十五周岁起。"):
        accepted(consultation, ("art-3", text))
    page = at_the_desk(browser, served, "drafter", "adoption?at=art-3")
    press(page, "3")
    press(page, "w")
    page.keyboard.type("已有规定 1 2 j")
    press(page, "Control+Enter")
    expect(page.locator("#work .whole")).to_contain_text("优惠应当从六十五周岁起")
    press(page, "1")
    press(page, "Control+Enter")
    expect(page.locator(".flashes")).to_contain_text("已提交复核：采纳")
    db.session.rollback()
    made = list(db.session.scalars(db.select(Decision).order_by(Decision.id)))
    assert [(decision.outcome, decision.reason) for decision in made] == [
        (Outcome.NOT_ADOPTED, "已有规定 1 2 j"),
        (Outcome.ADOPTED, ""),
    ]
