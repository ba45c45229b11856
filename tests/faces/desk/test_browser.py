"""The desk in a real Chromium: accessible, fitting the screen, by keyboard, without script; from a file to its page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from consult import clock
from consult.drafting.models import Consultation, State
from consult.intake.mailbox import boxes
from consult.store import db
from tests.builders import DRAFT, a_submission, docx_of
from tests.faces.desk.conftest import PASSWORD, Staff
from tests.faces.desk.keys import press
from tests.faces.desk.making import TITLE, drafted, in_review, received, released
from tests.faces.public.test_browser import AXE, CHROMIUM, RULES, SIZES

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


class Office:
    """The served desk with a consultation in three states."""

    def __init__(self, url: str, slugs: dict[str, str]) -> None:
        self.url = url
        self.slugs = slugs
        self.complaints: list[str] = []

    def visit(self, browser: Browser, size: str, name: str = "", **options: object) -> Page:
        """Return a page, signed in as ``name``, that notes every error of the console."""
        width, height = SIZES[size]
        page = browser.new_context(
            viewport={"width": width, "height": height}, has_touch=size == "phone", **options
        ).new_page()
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if name:
            page.goto(f"{self.url}/desk/sign-in")
            page.fill("#username", name)
            page.fill("#password", PASSWORD)
            page.click("button:has-text('登录')")
            page.wait_for_url("**/desk/")
        return page

    def address(self, path: str) -> str:
        """Return the full address of a page."""
        return self.url + path.format(**self.slugs)


@pytest.fixture
def office(app: Flask, staff: Staff) -> Iterator[Office]:
    """The desk, served."""
    running = released(staff)
    received(running, 3)
    boxes.add(staff.of("admin"), boxes.Terms("imap.dept.gov.cn", "yijian@dept.gov.cn", "x"), at=clock.now())
    slugs = {"drafted": drafted(staff).slug, "review": in_review(staff).slug, "open": running.slug}
    db.session.rollback()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Office(f"http://127.0.0.1:{server.server_port}", slugs)
    server.shutdown()
    thread.join()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_quiet_and_fits_the_screen(browser: Browser, office: Office, name: str, size: str) -> None:
    who, path = PAGES[name]
    page = office.visit(browser, size, who)
    page.goto(office.address(path))
    page.evaluate(AXE)
    found = page.evaluate(f"() => axe.run(document, {RULES})")["violations"]
    told = [f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found]
    assert not told, told
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


def stored() -> Consultation:
    """Return the newest consultation as it is stored now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Consultation).order_by(Consultation.id.desc()).first()  # type: ignore[return-value]


@pytest.mark.parametrize("size", SIZES)
def test_from_a_word_file_to_an_open_consultation(browser: Browser, office: Office, tmp_path: Path, size: str) -> None:
    file = tmp_path / "文稿.docx"
    file.write_bytes(docx_of(DRAFT))
    page = office.visit(browser, size, "drafter")
    page.click("text=新建征求意见 >> nth=0")
    page.set_input_files("#file", str(file))
    page.click("button:has-text('上传并核对')")
    page.wait_for_url("**/preview?**")
    assert page.input_value("#title") == TITLE
    page.check("input[value=normative-document]")
    page.click("button:has-text('条文没有问题，建立')")
    page.wait_for_url("**/notice")
    page.click("#explanation_html-rich")
    page.keyboard.type("为什么制定")
    page.keyboard.press("Enter")
    page.keyboard.type("近年来社区食堂多了。")
    page.fill("#summary", "怎样开、谁来管。")
    page.click("button:has-text('保存，回到概览')")
    page.wait_for_url("**/consultations/*")
    assert stored().explanation_html == "<p>为什么制定</p><p>近年来社区食堂多了。</p>"
    page.fill("#if-opens", "2026-09-01")
    page.wait_for_selector(".arithmetic >> text=9月2日起算30日")
    page.click("button:has-text('送审')")
    page.wait_for_selector("text=等信息发布员审核")
    other = office.visit(browser, size, "publisher")
    other.goto(f"{office.url}/desk/consultations/{stored().slug}")
    other.fill("#days", "35")
    other.wait_for_selector("#publish .arithmetic >> text=起算35日")
    other.click("button:has-text('审核通过，发布')")
    other.wait_for_selector("text=公众看到的页面")
    one = stored()
    assert one.state(clock.now()) is State.OPEN
    assert one.period_days == 35
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


def test_pasting_from_a_word_processor_keeps_the_words_and_the_structure(browser: Browser, office: Office) -> None:
    page = office.visit(browser, "desk", "drafter")
    page.goto(office.address("/desk/consultations/{drafted}/notice"))
    pasted = (
        "<html><head><style>p{color:red}</style></head><body><div style='mso-x:1'><p class=MsoNormal>第一段"
        "<span style='color:red'>红字</span></p><script>alert(1)</script>"
        "<table><tr><td width=9>格</td></tr></table></div>"
    )
    page.evaluate(
        """(html) => {
          const box = document.querySelector('#explanation_html-rich');
          box.focus(); document.execCommand('selectAll');
          const data = new DataTransfer(); data.setData('text/html', html);
          box.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        pasted,
    )
    value = page.input_value("#explanation_html")
    assert "第一段红字" in value
    assert "<td>格</td>" in value
    for gone in ("style", "span", "script", "alert", "class", "width"):
        assert gone not in value
    assert office.complaints == []


def test_without_script_the_same_forms_do_the_same(browser: Browser, office: Office, tmp_path: Path) -> None:
    file = tmp_path / "文稿.txt"
    file.write_text(DRAFT, encoding="gb18030")
    page = office.visit(browser, "phone", "drafter", java_script_enabled=False)
    page.goto(f"{office.url}/desk/consultations/new")
    page.set_input_files("#file", str(file))
    page.click("button:has-text('上传并核对')")
    page.check("input[value=normative-document]")
    page.click("button:has-text('条文没有问题，建立')")
    page.fill("#explanation_html", "没有脚本也能写。")
    page.click("button:has-text('保存，回到概览')")
    assert stored().explanation_html == "<p>没有脚本也能写。</p>"
    page.fill("#if-opens", "2026-09-01")
    page.click("button:has-text('算一算')")
    assert "9月2日起算30日" in page.inner_text(".arithmetic")
