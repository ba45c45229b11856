"""The whole road in a real Chromium: from the drafter's sign-in to the decision under the citizen's receipt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.accounts.service import create_user
from tests import chromium
from tests.builders import DRAFT, NOON, docx_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "一个只用于测试的长密码 2026"
PEOPLE = {
    "drafter": Role.DRAFTER,
    "second": Role.DRAFTER,
    "publisher": Role.PUBLISHER,
    "other": Role.PUBLISHER,
    "moderator": Role.MODERATOR,
}


@dataclass
class Site:
    """A served site with accounts, a browser, and a screen size."""

    url: str
    browser: Browser
    width: int

    def page(self) -> Page:
        """Return a page of a fresh visitor."""
        context = self.browser.new_context(viewport={"width": self.width, "height": 800}, accept_downloads=True)
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    def signed_in(self, username: str) -> Page:
        """Return a page of a member of staff who has just signed in."""
        page = self.page()
        page.goto(f"{self.url}/desk/sign-in")
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASSWORD)
        page.click("button:has-text('登录')")
        page.wait_for_url("**/desk/")
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from chromium.launched()


@pytest.fixture(params=[360, 1280])
def site(request: pytest.FixtureRequest, app: Flask, browser: Browser) -> Iterator[Site]:
    for username, role in PEOPLE.items():
        create_user(
            SYSTEM,
            username=username,
            name=f"{username}的姓名",
            role=role,
            password=PASSWORD,
            at=NOON,
            division="社区服务处",
        )
    with chromium.served(app) as url:
        yield Site(url, browser, request.param)


@pytest.mark.timeout(240)
def test_a_draft_goes_from_sign_in_to_the_decision_under_the_citizens_receipt(site: Site, tmp_path: Path) -> None:
    with time_machine.travel(NOON, tick=True) as clock:
        slug = draft_and_send_for_review(site, tmp_path)
        publish(site, slug)
        clock.shift(timedelta(days=3))
        number, key = comment(site, slug)
        read_receipt(site, number, key, "已收到")
        screen(site, slug)
        clock.shift(timedelta(days=45))
        decide(site, slug)
        review(site, slug)
        report(site, slug)
        page = read_receipt(site, number, key, "部分采纳")
        expect(page.locator("main")).to_contain_text("财政承受能力有限")
        page.goto(f"{site.url}/consultations/{slug}/report")
        expect(page.locator("main")).to_contain_text("第三条")
        assert "13800138000" not in page.content()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def draft_and_send_for_review(site: Site, folder: Path) -> str:
    """Upload a DOCX, check what was read, write the explanation, send for review; return the slug."""
    file = folder / "社区食堂管理办法.docx"
    file.write_bytes(docx_of(DRAFT))
    page = site.signed_in("drafter")
    page.goto(f"{site.url}/desk/consultations/new")
    page.set_input_files("input[type=file]", str(file))
    page.click("button:has-text('上传并核对')")
    chromium.let_worker_read(page)
    expect(page.locator("body")).to_contain_text("社区食堂应当遵守下列规定")
    page.check("input[name=kind][value=normative-document]")
    page.click("button:has-text('确认无误')")
    page.wait_for_url("**/desk/consultations/2026-001**")
    page.goto(f"{site.url}/desk/consultations/2026-001/notice")
    write(page, "explanation_html", "为了方便老年人就餐，起草了本办法。")
    page.locator("button:has-text('保存并返回概览')").click()
    page.wait_for_url("**/desk/consultations/2026-001*")
    expect(page.locator("main")).to_contain_text("30")
    page.click("button:has-text('送审')")
    expect(page.locator("main")).to_contain_text("信息发布员")
    return "2026-001"


def write(page: Page, name: str, text: str) -> None:
    """Write into a field that may be a rich-text box beside its textarea."""
    rich = page.locator(f"[contenteditable][aria-label*='起草说明'], [contenteditable][data-for='{name}']")
    if rich.count():
        rich.first.fill(text)
    else:
        page.fill(f"[name={name}]", text)


def publish(site: Site, slug: str) -> None:
    """Have the publisher look at it and publish it now."""
    page = site.signed_in("publisher")
    page.goto(f"{site.url}/desk/consultations/{slug}")
    page.click("button:has-text('审核同意并发布')")
    expect(page.locator("#period")).to_contain_text("截止")


def comment(site: Site, slug: str) -> tuple[str, str]:
    """Find the draft, comment on an article and on the whole, and keep number and key."""
    page = site.page()
    page.goto(site.url)
    page.click("text=社区食堂管理办法（征求意见稿）")
    expect(page.locator("main")).to_contain_text("还剩")
    page.goto(f"{site.url}/consultations/{slug}/comment?anchor=art-3")
    page.fill("[name=pieces-0-content]", "第三条建议改为六十五周岁，我的电话是13800138000。")
    page.select_option("[name=add_anchor]", "")
    page.click("button:has-text('加上这一条')")
    page.fill("[name=pieces-1-content]", "总体赞成，希望早日施行。")
    page.fill("[name=name]", "张三丰")
    page.locator("button[name=verb][value=send]:visible").last.click()
    page.wait_for_url("**/receipts/**")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return page.inner_text("[data-number]").strip(), page.inner_text("[data-receipt-key]").strip()


def read_receipt(site: Site, number: str, key: str, words: str) -> Page:
    """Look a receipt up by hand, as somebody who comes back later."""
    page = site.page()
    page.goto(f"{site.url}/receipts")
    page.fill("[name=number]", number)
    page.fill("[name=key]", key.lower().replace("-", " "))
    page.locator("main form button[type=submit], main form button:not([type])").first.click()
    page.wait_for_url(f"**/receipts/{number}*")
    assert key not in page.url
    expect(page.locator("main")).to_contain_text(words)
    return page


def screen(site: Site, slug: str) -> None:
    """Accept what came, its private data masked as proposed."""
    page = site.signed_in("moderator")
    page.goto(f"{site.url}/desk/consultations/{slug}/moderation")
    if site.width < 800:
        page.locator(".pane-row a, .pane a").first.click()
    expect(page.locator("#work")).to_contain_text("【电话】")
    page.locator("#screening button:has-text('通过')").first.click()
    expect(page.locator("body")).to_contain_text("通过")


def decide(site: Site, slug: str) -> None:
    """Decide on each opinion with a reason."""
    page = site.signed_in("drafter")
    for _ in range(2):
        page.goto(f"{site.url}/desk/consultations/{slug}/adoption?show=undecided")
        links = page.locator("a[href*='open=']")
        page.goto(site.url + str(links.first.get_attribute("href")))
        page.check("#decision input[value=partly_adopted]")
        page.fill("#decision [name=reason]", "财政承受能力有限，分步实施。")
        page.locator("#decision button:has-text('提交复核')").click()
        page.wait_for_load_state()


def review(site: Site, slug: str) -> None:
    """Have another drafter confirm each decision."""
    page = site.signed_in("second")
    for _ in range(2):
        page.goto(f"{site.url}/desk/consultations/{slug}/adoption/review")
        page.goto(site.url + str(page.locator("a[href*='open=']").first.get_attribute("href")))
        page.locator("form[action*='/confirm'] button").first.click()
        page.wait_for_load_state()


def report(site: Site, slug: str) -> None:
    """Compile the report, have it reviewed by another publisher, publish it."""
    address = f"{site.url}/desk/consultations/{slug}/report"
    page = site.signed_in("publisher")
    page.goto(address)
    page.fill("[name=statement]", "感谢各位参与。")
    page.locator("form[action*='compile'] button, button:has-text('编制')").last.click()
    page.locator("button:has-text('送审')").click()
    expect(page.locator("main")).to_contain_text("等待其他人员审核")
    reviewer = site.signed_in("other")
    reviewer.goto(address)
    reviewer.click("button:has-text('审核同意')")
    expect(reviewer.locator("main")).to_contain_text("等待信息发布员公布")
    page.goto(address)
    page.click("button:has-text('公布')")
    page.wait_for_selector("text=公众页面")
