"""While another process keeps SQLite's lock, writers are refused in words and soon, and readers notice nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from consult.store import database, db
from tests.world import open_consultation

_HOLDERS = {
    "the database": "import sqlite3; c = sqlite3.connect(path, isolation_level=None); c.execute('BEGIN IMMEDIATE')",
    "the turn": "import fcntl; f = open(path + '-turn', 'w'); fcntl.flock(f, fcntl.LOCK_EX)",
}


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Have another process hold a lock."""
    program = f"import sys; path = sys.argv[1]; {_HOLDERS[what]}; print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield
    finally:
        holder.kill()
        holder.wait()


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    """Begin and end without trouble."""
    database._trouble["until"] = 0.0
    yield
    database._trouble["until"] = 0.0


@pytest.mark.parametrize("what", list(_HOLDERS))
def test_writers_are_refused_in_words_and_readers_go_on(app: Flask, what: str) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("a lock of SQLite's")
    slug, path = open_consultation().slug, Path(str(db.engine.url.database))
    db.session.commit()
    address = f"/api/v1/consultations/{slug}/submissions"

    def post(_: int) -> tuple[int, str | None, float]:
        began = time.monotonic()
        with app.app_context():
            answer = app.test_client().post(address, json={"content": "建议延长开放时间。"})
        return answer.status_code, answer.headers.get("Retry-After"), time.monotonic() - began

    with held(path, what):
        with ThreadPoolExecutor(5) as threads:
            posts = [threads.submit(post, n) for n in range(5)]
            pages = [app.test_client().get(page).status_code for page in ("/", "/healthz", f"/consultations/{slug}")]
            refused = [waiting.result() for waiting in posts]
        assert pages == [200, 200, 200]
        assert [(status, again) for status, again, _ in refused] == [(503, "30")] * 5
        assert max(waited for *_, waited in refused) < database.VISITOR_WAITS + 10
        page = app.test_client().post(
            f"/consultations/{slug}/comment", data={"pieces-0-content": "建议延长开放时间。", "token": "t" * 24}
        )
        assert page.status_code == 503
        assert "数据库正被另一项工作占用" in page.text
        assert post(0)[2] < 5, "the next ones wait a moment only"
    assert post(0)[0] == 201


def test_who_waits_a_little_is_served(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("a lock of SQLite's")
    slug, path = open_consultation().slug, Path(str(db.engine.url.database))
    db.session.commit()

    def post() -> int:
        with app.app_context():
            answer = app.test_client().post(f"/api/v1/consultations/{slug}/submissions", json={"content": "好"})
        return answer.status_code

    with ThreadPoolExecutor(1) as threads:
        with held(path, "the database"):
            waiting = threads.submit(post)
            time.sleep(1)
        assert waiting.result() == 201
