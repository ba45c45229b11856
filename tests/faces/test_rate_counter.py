"""Requests are counted across processes and threads; a counter that fails shuts nobody out."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from limits import RateLimitItemPerHour
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from structlog.testing import capture_logs

from config import ROOT, Settings
from consult.app import create_app
from consult.faces import rate_counter
from consult.faces.guards import limiter
from consult.faces.rate_counter import LenientStorage
from consult.store import db

LIMIT = RateLimitItemPerHour(10)
_HITS = """
import sys
from consult.faces.rate_counter import FileStorage
storage = FileStorage(sys.argv[1])
for _ in range(200):
    storage.incr("address", 3600)
"""


def counter(path: Path) -> LenientStorage:
    """Return a counter as the application has it."""
    storage = storage_from_string("lenient://", target=f"counts://{path}")
    assert isinstance(storage, LenientStorage)
    return storage


def test_what_processes_and_threads_count_is_counted_together(tmp_path: Path) -> None:
    path = tmp_path / "counts"
    processes = [
        subprocess.Popen([sys.executable, "-c", _HITS, f"counts://{path}"], cwd=ROOT) for _ in range(3)
    ]  # fmt: skip
    storage = rate_counter.FileStorage(f"counts://{path}")
    threads = [
        threading.Thread(target=lambda: [storage.incr("address", 3600) for _ in range(100)]) for _ in range(4)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert storage.get("address") == 3 * 200 + 4 * 100


def test_a_window_ends_and_begins_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, now = counter(tmp_path / "counts"), time.time()
    strategy = FixedWindowRateLimiter(storage)
    assert [strategy.hit(LIMIT, "a") for _ in range(11)] == [True] * 10 + [False]
    assert strategy.hit(LIMIT, "b"), "another address"
    assert strategy.get_window_stats(LIMIT, "a").remaining == 0
    monkeypatch.setattr(rate_counter.time, "time", lambda: now + 3_601)
    assert [strategy.hit(LIMIT, "a") for _ in range(11)] == [True] * 10 + [False]


def test_what_has_expired_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, now = counter(tmp_path / "counts"), time.time()
    storage.incr("long ago", 1)
    monkeypatch.setattr(rate_counter.time, "time", lambda: now + 10)
    monkeypatch.setattr(rate_counter, "SWEEP_SECONDS", -1.0)
    storage.incr("now", 3600)
    with sqlite3.connect(tmp_path / "counts") as file:
        assert [key for (key,) in file.execute("SELECT key FROM hits")] == ["now"]


@pytest.mark.parametrize("breakage", ["garbage", "folder", "locked"])
def test_a_file_that_fails_lets_everybody_in_and_is_logged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breakage: str
) -> None:
    path = tmp_path / "counts"
    holder = None
    if breakage == "garbage":
        path.write_bytes(b"no database" * 1000)
    elif breakage == "folder":
        path.mkdir()
    else:
        counter(path).incr("a", 1)
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(rate_counter, "RESTS_SECONDS", 0.0)
    strategy = FixedWindowRateLimiter(counter(path))
    with capture_logs() as logs:
        assert all(strategy.hit(LIMIT, "a") for _ in range(12))
    assert [entry["event"] for entry in logs] == ["requests_not_counted"]
    if holder is not None:
        holder.execute("ROLLBACK")
        with capture_logs() as logs:
            assert [strategy.hit(LIMIT, "a") for _ in range(11)] == [True] * 10 + [False], "counted again"
        assert [entry["event"] for entry in logs] == ["requests_counted_again"]


def test_a_file_that_was_removed_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "counts"
    storage = counter(path)
    assert storage.incr("a", 3600) == 1
    for file in tmp_path.glob("counts*"):
        file.unlink()
    assert [storage.incr("a", 3600), storage.incr("a", 3600)] == [1, 2]


def test_a_redis_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and says nothing
        storage = LenientStorage(target=f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        strategy, began = FixedWindowRateLimiter(storage), time.monotonic()
        assert all(strategy.hit(LIMIT, "a") for _ in range(30))
        assert time.monotonic() - began < 5, "the first waits, the others don't ask"


@pytest.mark.parametrize("url", ["", "redis://127.0.0.1:1/0"])
def test_the_site_counts_by_default_and_goes_on_without_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(limiter, "enabled", True)
    settings = Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path}/limits.sqlite3",
        secret_key="a key for tests only",
        ratelimit_read="3 per hour",
        ratelimit_storage_url=url,
    )
    statuses = []
    for _ in range(2):  # two processes of a host
        app = create_app(settings)
        with app.app_context():
            db.create_all()
        statuses += [app.test_client().get("/api/v1/consultations").status_code for _ in range(3)]
    assert statuses == ([200] * 3 + [429] * 3 if not url else [200] * 6)
    assert (tmp_path / rate_counter.FILE).exists() == (not url)
