"""The public pages in a real Chromium: accessible, quiet, fitting the screen; the way from words to a receipt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import axe_playwright_python
import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from sqlalchemy import select

from consult import clock
from consult.accounts.models import Role
from consult.drafting import questions
from consult.drafting.models import Consultation, QuestionTopic
from consult.intake.models import Doubt, Submission, SubmissionPart
from consult.moderation import service as moderation
from consult.store import db
from tests import chromium
from tests.builders import a_submission, an_actor, an_open_consultation
from tests.faces.public.conftest import Staff
from tests.faces.public.test_reports import published_feedback

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
SIZES = {"phone": (360, 740), "desk": (1280, 900)}
PAGES = {
    "home": "/",
    "consultation": "/consultations/open",
    "article": "/consultations/open/articles/art-3",
    "form": "/consultations/open/comment?anchor=art-3",
    "receipts": "/receipts",
    "receipt": "/receipts/{number}?key={key}",
    "results": "/results",
    "report": "/consultations/answered/report",
    "help": "/help",
    "subscribe": "/subscribe?consultation=open",
}
SMALL_TARGETS = """() => [...document.querySelectorAll('.btn, .act, .nav a, .input, .choice, summary, .toc a')]
  .filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < 43.5 && !e.closest('.honey'))
  .map((e) => e.outerHTML.slice(0, 120))"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
]


@dataclass
class Site:
    """A served site with an open and an answered consultation, and a receipt."""

    url: str
    number: str
    key: str
    complaints: list[str] = field(default_factory=list)

    def address(self, path: str) -> str:
        """Return the full address of a page."""
        return self.url + path.format(number=self.number, key=self.key)

    def visit(self, browser: Browser, size: str, **options: object) -> Page:
        """Return a fresh page that notes every console error."""
        width, height = SIZES[size]
        page = browser.new_context(
            viewport={"width": width, "height": height}, has_touch=size == "phone", bypass_csp=False, **options
        ).new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from chromium.launched()


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    staff = Staff(*(an_actor(role) for role in (Role.DRAFTER, Role.PUBLISHER, Role.MODERATOR, Role.LEGAL)))
    now = clock.now()
    answered = _consultation(staff, "answered", days_ago=90)
    for n in range(6):
        sent = a_submission(answered, f"第{n}条意见：希望写得更清楚。", at=now - timedelta(days=80)).submission
        moderation.accept(staff.moderator, sent, at=now)
    published_feedback(answered, staff)
    running = _consultation(staff, "open", days_ago=3)
    receipt = a_submission(running, "价格要公示。", at=now, name="赵一", publish_name=True)
    with chromium.served(app) as url:
        yield Site(url, receipt.number, receipt.key)


def _consultation(staff: Staff, slug: str, *, days_ago: int) -> Consultation:
    at = clock.now() - timedelta(days=days_ago)
    return an_open_consultation(staff.drafter, staff.publisher, slug=slug, at=at)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_and_is_quiet(site: Site, browser: Browser, name: str, size: str) -> None:
    examine(site, site.visit(browser, size), name, size)


@pytest.mark.parametrize("name", ["home", "consultation", "form", "receipt", "subscribe"])
def test_a_page_in_english_is_accessible_fits_and_is_quiet(site: Site, browser: Browser, name: str) -> None:
    page = site.visit(browser, "phone")
    page.goto(site.address("/help?lang=en"))
    examine(site, page, name, "phone")


def test_the_scripts_of_an_english_page_speak_english(site: Site, browser: Browser) -> None:
    page = site.visit(browser, "desk")
    page.goto(site.address("/consultations/open?lang=en"))
    page.locator("#art-3 [data-say]").click()
    page.get_by_label("Opinion on: Article 3", exact=True).fill("Prices should be posted daily.")
    page.get_by_role("button", name="Add to my sheet").click()
    assert page.locator("#live").inner_text() == (
        "Added to your sheet, which now holds 1. When you have finished, choose “Check and submit”."
    )
    page.get_by_role("link", name="Check and submit").click()
    expect(page.get_by_label("Opinion on: Article 3", exact=True)).to_have_value("Prices should be posted daily.")
    page.context.close()


def examine(site: Site, page: Page, name: str, size: str) -> None:
    """Open a page and assert that nothing about it is amiss."""
    page.goto(site.address(PAGES[name]))
    page.wait_for_load_state("networkidle")
    width = page.evaluate("document.documentElement.scrollWidth")
    small = page.evaluate(SMALL_TARGETS) if size == "phone" else []
    complaints = list(site.complaints)
    page.evaluate(AXE)
    violations = page.evaluate(f"axe.run(document, {RULES})")["violations"]
    page.context.close()
    assert [(violation["id"], violation["nodes"][0]["html"][:120]) for violation in violations] == []
    assert width <= SIZES[size][0]
    assert complaints == []
    assert small == []


@pytest.mark.parametrize("name", ["home", "consultation", "form", "report"])
def test_a_page_is_accessible_in_the_dark_and_in_large_text(site: Site, browser: Browser, name: str) -> None:
    page = site.visit(browser, "phone", color_scheme="dark")
    page.add_init_script("localStorage.setItem('text', 'large')")
    page.goto(site.address(PAGES[name]))
    page.evaluate(AXE)
    violations = page.evaluate(f"axe.run(document, {RULES})")["violations"]
    width = page.evaluate("document.documentElement.scrollWidth")
    page.context.close()
    assert [violation["id"] for violation in violations] == []
    assert width <= SIZES["phone"][0]


@pytest.mark.parametrize("size", SIZES)
def test_selected_words_go_through_the_tray_and_the_form_to_a_receipt(site: Site, browser: Browser, size: str) -> None:
    page = site.visit(browser, size)
    page.goto(site.address(PAGES["consultation"]))
    page.evaluate(
        """() => {
          const line = [...document.querySelectorAll('#art-3 p')].find((p) => p.textContent.includes('公示菜品价格'));
          const words = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
          while (words.nextNode() && !words.currentNode.data.includes('公示菜品价格'));
          const range = document.createRange();
          const start = words.currentNode.data.indexOf('公示菜品价格');
          range.setStart(words.currentNode, start);
          range.setEnd(words.currentNode, start + 6);
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }"""
    )
    page.get_by_role("button", name="对选中的字句提意见").click()
    page.keyboard.type("价格要写清每道菜的分量。")
    page.get_by_role("button", name="放入意见单").click()
    page.locator("#art-4 [data-say]").click()
    page.keyboard.type("公开方式要说明白。")
    page.get_by_role("button", name="放入意见单").click()
    expect(page.get_by_text("意见单：2 条")).to_be_visible()
    page.get_by_role("link", name="核对并提交").click()
    page.get_by_text("已带入您在这台设备上写过").wait_for()
    page.get_by_role("button", name="提交意见").click()
    page.wait_for_url("**/receipts/*")
    expect(page.get_by_role("heading", name="已收到您的意见，谢谢")).to_be_visible()
    assert page.locator("img.qr").evaluate("(image) => image.complete && image.naturalWidth > 0")
    left = page.evaluate("Object.keys(localStorage)")
    page.context.close()
    db.session.rollback()
    parts = db.session.scalars(select(SubmissionPart).order_by(SubmissionPart.id)).all()[-2:]
    assert [(part.anchor, part.quote, part.content) for part in parts] == [
        ("art-3", "公示菜品价格", "价格要写清每道菜的分量。"),
        ("art-4", "", "公开方式要说明白。"),
    ]
    assert left == []
    assert site.complaints == []


def test_what_was_typed_is_still_there_after_leaving_the_form(site: Site, browser: Browser) -> None:
    page = site.visit(browser, "phone")
    page.goto(site.address("/consultations/open/comment"))
    page.locator("textarea").first.fill("写到一半。")
    page.get_by_text("已自动保存在本机").wait_for()
    page.goto(site.address("/help"))
    page.goto(site.address("/consultations/open/comment"))
    assert page.locator("textarea").first.input_value() == "写到一半。"
    page.context.close()


def test_answers_to_questions_are_kept_as_opinions_are(site: Site, browser: Browser) -> None:
    running = db.session.scalars(select(Consultation).where(Consultation.slug == "open")).one()
    for text in ("执行成本是多少？", "需要多长的过渡期？"):
        questions.store(running, QuestionTopic.OWN, text, an_actor(Role.DRAFTER, f"asking-{text}"), clock.now())
    db.session.commit()
    page = site.visit(browser, "phone")
    page.goto(site.address("/consultations/open/comment"))
    page.get_by_label("执行成本是多少？").fill("每家约两万元。")
    page.get_by_text("已自动保存在本机").wait_for()
    page.goto(site.address("/help"))
    page.goto(site.address("/consultations/open/comment?anchor=art-3"))
    assert page.get_by_label("执行成本是多少？").input_value() == "每家约两万元。"
    assert page.get_by_label("需要多长的过渡期？").input_value() == ""
    assert page.locator("textarea[name='pieces-0-content']").input_value() == ""
    page.get_by_role("button", name="公用电脑，不要保存").click()
    assert "两万元" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    page.get_by_role("button", name="恢复自动保存").click()
    assert "两万元" in page.evaluate("JSON.stringify(localStorage)")
    page.get_by_role("button", name="清空").click()
    assert page.get_by_label("执行成本是多少？").input_value() == ""
    page.get_by_label("需要多长的过渡期？").fill("半年。")
    page.get_by_role("button", name="提交意见").click()
    page.wait_for_url("**/receipts/*")
    expect(page.get_by_text("半年。")).to_be_visible()
    page.goto(site.address("/help"))
    assert page.evaluate("Object.keys(localStorage)") == []
    page.context.close()
    assert site.complaints == []


def test_work_is_proven_unseen_and_back_after_sending_brings_no_draft_back(site: Site, browser: Browser) -> None:
    page = site.visit(browser, "phone")
    page.goto(site.address("/consultations/open/comment"))
    assert page.locator("input[name=altcha]").input_value() == ""
    page.locator("textarea").first.fill("证明过的意见。")
    page.locator("input[name=altcha][value]").wait_for(state="attached")
    page.get_by_text("已自动保存在本机").wait_for()
    page.get_by_role("button", name="提交意见").dblclick()
    page.wait_for_url("**/receipts/*")
    page.go_back()
    page.get_by_text("这份意见已经提交成功").wait_for()
    page.goto(site.address("/help"))
    left = page.evaluate("Object.keys(localStorage)")
    page.goto(site.address("/consultations/open/comment"))
    assert page.locator("textarea").first.input_value() == ""
    page.context.close()
    db.session.rollback()
    sent = db.session.scalars(select(Submission).order_by(Submission.id)).all()
    assert [submission.parts[0].content for submission in sent].count("证明过的意见。") == 1
    assert sent[-1].doubt is Doubt.NONE
    assert left == []
    assert site.complaints == []


def test_on_a_shared_computer_nothing_typed_is_kept(site: Site, browser: Browser) -> None:
    page = site.visit(browser, "phone")
    page.goto(site.address("/consultations/open/comment"))
    page.locator("textarea").first.fill("别留下。")
    page.get_by_role("button", name="公用电脑，不要保存").click()
    page.locator("textarea").first.fill("别留下，一个字也别留下。")
    page.get_by_text("不在这台设备上保存草稿").wait_for()
    page.goto(site.address("/help"))
    assert page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage)]") == [["no-drafts"], []]
    page.goto(site.address("/consultations/open/comment"))
    assert page.locator("textarea").first.input_value() == ""
    page.get_by_role("button", name="恢复自动保存").click()
    page.locator("textarea").first.fill("这台是我的。")
    page.get_by_text("已自动保存在本机").wait_for()
    page.reload()
    page.get_by_role("button", name="清空").click()
    assert page.evaluate("Object.keys(localStorage)") == []
    page.context.close()


def test_without_script_the_article_link_leads_to_a_form_that_works(site: Site, browser: Browser) -> None:
    page = site.visit(browser, "phone", java_script_enabled=False)
    page.goto(site.address(PAGES["consultation"]))
    page.locator("#art-3 [data-say]").click()
    page.locator("textarea").first.fill("没有脚本也能提意见。")
    page.locator("#add_anchor").select_option("art-4")
    page.get_by_role("button", name="加上这一条").click()
    assert page.locator("textarea").first.input_value() == "没有脚本也能提意见。"
    page.locator("textarea").nth(1).fill("第四条也说一句。")
    page.get_by_role("button", name="提交意见").click()
    expect(page.get_by_role("heading", name="已收到您的意见，谢谢")).to_be_visible()
    page.context.close()


def test_the_form_is_filled_and_sent_by_keyboard_alone(site: Site, browser: Browser) -> None:
    page = site.visit(browser, "desk")
    page.goto(site.address("/consultations/open/comment"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
    page.keyboard.type("只用键盘。")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "提交意见":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/receipts/*")
    page.context.close()
