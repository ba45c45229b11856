"""A Chromium without a window, and the application served to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from consult.faces import jobs
from consult.store import db

CHROMIUM = "/usr/bin/chromium"


def launched() -> Iterator[Browser]:
    """Yield a Chromium that asks nothing of another network."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application in a thread; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def let_worker_read(page: Page) -> None:
    """Have the worker read what a page has just uploaded, and wait until the page shows it."""
    page.wait_for_selector("[data-follow]", state="attached")
    db.session.rollback()  # else a reading transaction of before doesn't see the upload
    jobs.run("uploads")
    db.session.rollback()
    page.wait_for_selector("[data-follow]", state="detached")
