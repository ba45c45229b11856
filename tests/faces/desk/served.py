"""The desk, served to a real Chromium, for the tests of its pages in the browser."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask
from playwright.sync_api import Browser, Page

from consult import clock
from consult.drafting.models import Consultation
from consult.mailbox import settings
from consult.store import db
from tests import chromium
from tests.faces.desk.conftest import PASSWORD, Staff
from tests.faces.desk.making import drafted, in_review, received, released
from tests.faces.public.test_browser import SIZES


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


def serving(app: Flask, staff: Staff) -> Iterator[Office]:
    """Yield the desk while it is served."""
    running = released(staff)
    received(running, 3)
    settings.add(
        staff.of("admin"), settings.MailboxSettings("imap.dept.gov.cn", "yijian@dept.gov.cn", "x"), at=clock.now()
    )
    slugs = {"drafted": drafted(staff).slug, "review": in_review(staff).slug, "open": running.slug}
    db.session.rollback()
    with chromium.served(app) as url:
        yield Office(url, slugs)


def stored() -> Consultation:
    """Return the newest consultation as it is stored now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Consultation).order_by(Consultation.id.desc()).first()  # type: ignore[return-value]
