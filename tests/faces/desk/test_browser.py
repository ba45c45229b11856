"""The desk in a real Chromium: accessible, fitting the screen, by keyboard, without script; from a file to its page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from consult import clock
from consult.drafting.models import Consultation, State
from consult.store import db
from tests import chromium
from tests.builders import DRAFT, a_submission, docx_of
from tests.faces.desk.keys import press
from tests.faces.desk.making import TITLE
from tests.faces.desk.served import Office, stored
from tests.faces.public.test_browser import AXE, RULES, SIZES

SMALL_TARGETS = """() => [...document.querySelectorAll('.btn, .act, .nav a, .input, .choice, summary')]
  .filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < 43.5)
  .map((e) => e.outerHTML.slice(0, 120))"""
PAGES = {
    "sign-in": ("", "/desk/sign-in"),
    "home": ("admin", "/desk/"),
    "upload": ("drafter", "/desk/consultations/new"),
    "drafting": ("drafter", "/desk/consultations/{drafted}"),
    "review": ("publisher", "/desk/consultations/{review}"),
    "open": ("publisher", "/desk/consultations/{open}"),
    "notice": ("drafter", "/desk/consultations/{drafted}/notice"),
    "notice-read": ("legal", "/desk/consultations/{open}/notice"),
    "draft": ("legal", "/desk/consultations/{open}/draft"),
    "version": ("drafter", "/desk/consultations/{open}/new-version"),
    "enter": ("moderator", "/desk/consultations/{open}/enter"),
    "tables": ("moderator", "/desk/consultations/{open}/tables"),
    "accounts": ("admin", "/desk/accounts"),
    "mailboxes": ("admin", "/desk/mailboxes"),
    "record": ("auditor", "/desk/ledger"),
    "password": ("auditor", "/desk/password"),
}

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_quiet_and_fits_the_screen(browser: Browser, office: Office, name: str, size: str) -> None:
    who, path = PAGES[name]
    page = office.visit(browser, size, who)
    page.goto(office.address(path))
    page.evaluate(AXE)
    violations = page.evaluate(f"() => axe.run(document, {RULES})")["violations"]
    complaints = [
        f"{violation['id']}: {[node['html'][:160] for node in violation['nodes'][:3]]}" for violation in violations
    ]
    assert not complaints, complaints
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    if size == "phone":
        assert page.evaluate(SMALL_TARGETS) == []
    assert office.complaints == []


def test_a_word_without_end_widens_no_page_of_screening(browser: Browser, office: Office) -> None:
    running = db.session.scalars(db.select(Consultation).where(Consultation.slug == office.slugs["open"])).one()
    a_submission(running, "长" + "A" * 400, at=clock.now(), name="B" * 190, contact="C" * 290, subject="D" * 400)
    db.session.rollback()
    page = office.visit(browser, "phone", "moderator")
    for path in ("/desk/consultations/{open}/moderation?after=3", "/desk/consultations/{open}/moderation/accept-page"):
        page.goto(office.address(path))
        assert "AAAA" in page.inner_text("main")
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]


@pytest.mark.parametrize("size", SIZES)
def test_from_a_word_file_to_an_open_consultation(browser: Browser, office: Office, tmp_path: Path, size: str) -> None:
    file = tmp_path / "文稿.docx"
    file.write_bytes(docx_of(DRAFT))
    page = office.visit(browser, size, "drafter")
    page.click("text=新建征求意见 >> nth=0")
    page.set_input_files("#file", str(file))
    page.click("button:has-text('上传并核对')")
    chromium.let_worker_read(page)
    page.wait_for_url("**/preview?**")
    assert page.input_value("#title") == TITLE
    page.check("input[value=normative-document]")
    page.click("button:has-text('确认无误，创建')")
    page.wait_for_url("**/notice")
    page.click("#explanation_html-rich")
    page.keyboard.type("为什么制定")
    page.keyboard.press("Enter")
    page.keyboard.type("近年来社区食堂多了。")
    page.fill("#summary", "怎样开、谁来管。")
    page.click("button:has-text('保存并返回概览')")
    page.wait_for_url("**/consultations/*")
    assert stored().explanation_html == "<p>为什么制定</p><p>近年来社区食堂多了。</p>"
    page.fill("#if-opens", "2026-09-01")
    page.wait_for_selector(".arithmetic >> text=9月2日起算30日")
    page.click("button:has-text('送审')")
    page.wait_for_selector("text=等待信息发布员审核")
    other = office.visit(browser, size, "publisher")
    other.goto(f"{office.url}/desk/consultations/{stored().slug}")
    other.fill("#days", "35")
    other.wait_for_selector("#publish .arithmetic >> text=起算35日")
    other.click("button:has-text('审核同意并发布')")
    other.wait_for_selector("text=公众页面")
    consultation = stored()
    assert consultation.state(clock.now()) is State.OPEN
    assert consultation.period_days == 35
    assert office.complaints == []


def test_the_keyboard_goes_from_the_overview_to_the_notice_and_saves(browser: Browser, office: Office) -> None:
    page = office.visit(browser, "desk", "drafter")
    page.goto(office.address("/desk/consultations/{drafted}"))
    press(page, "e")
    page.wait_for_url("**/notice")
    page.fill("#summary", "用键盘写的。")
    press(page, "Control+s")
    page.wait_for_selector("text=已保存")
    press(page, "g")
    page.wait_for_url("**/desk/")
    assert office.complaints == []


def test_without_script_the_same_forms_do_the_same(browser: Browser, office: Office, tmp_path: Path) -> None:
    file = tmp_path / "文稿.txt"
    file.write_text(DRAFT, encoding="gb18030")
    page = office.visit(browser, "phone", "drafter", java_script_enabled=False)
    page.goto(f"{office.url}/desk/consultations/new")
    page.set_input_files("#file", str(file))
    page.click("button:has-text('上传并核对')")
    chromium.let_worker_read(page)
    page.check("input[value=normative-document]")
    page.click("button:has-text('确认无误，创建')")
    page.fill("#explanation_html", "没有脚本也能写。")
    page.click("button:has-text('保存并返回概览')")
    assert stored().explanation_html == "<p>没有脚本也能写。</p>"
    page.fill("#if-opens", "2026-09-01")
    page.click("button:has-text('试算')")
    assert "9月2日起算30日" in page.inner_text(".arithmetic")
