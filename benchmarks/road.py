"""The road under load, as ratios against a baseline measured in the same run.

    python -m benchmarks.road            # SQLite in a temporary folder
    DATABASE_URL=postgresql://… python -m benchmarks.road    # an empty database of its own
    python -m benchmarks.road submissions                    # only the first of what follows

Prints: submissions per second through the real form against a bare Flask route that does one durable INSERT on the
same database, behind the platform's guards and without any (goal: at least 60 %); the public consultation page, the
moderation queue at 100,000 submissions against 1,000 (goal: at most 1.2 times); the memory of one web worker (goal:
under 150 MB).
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import text

from config import ROOT, Settings
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.accounts.service import create_user
from consult.app import create_app
from consult.clock import now
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.batches import receive_many
from consult.intake.models import Channel
from consult.store import counters, db

ROUNDS = 5
VISITORS = 4
SENDINGS = 25
"""Sendings of one visitor in a round, of each kind in turn."""
SMALL, LARGE = 1_000, 100_000
PASSWORD = "a-long-password-for-benchmarks"
ARTICLES = "".join(f"第{'一二三四五六七八九'[n]}条 有关单位应当依照规定办理第{n}项事务。\n" for n in range(9))


def an_app(folder: Path) -> Flask:
    """Return the application on a fresh database, with the durability of production."""
    url = os.environ.get("DATABASE_URL", "")
    app = create_app(Settings(data_dir=folder, database_url=url, ratelimit_enabled=False, secret_key="benchmark"))
    with app.app_context():
        upgrade()
        with db.engine.begin() as connection:
            serial = "INTEGER PRIMARY KEY" if connection.dialect.name == "sqlite" else "BIGSERIAL PRIMARY KEY"
            connection.execute(text("DROP TABLE IF EXISTS bare"))
            connection.execute(text(f"CREATE TABLE bare (id {serial}, content TEXT NOT NULL)"))
    return app


def a_consultation(slug: str) -> Consultation:
    """Return an open consultation."""
    draft = f"事务办理办法（征求意见稿）\n{ARTICLES}"
    consultation = drafting.create(
        SYSTEM, title="事务办理办法（征求意见稿）", kind="normative-document", file_name="draft.txt",
        data=draft.encode(), slug=slug, at=now() - timedelta(days=2),
    )  # fmt: skip
    drafting.submit_for_review(SYSTEM, consultation, at=now() - timedelta(days=1))
    drafting.publish(SYSTEM, consultation, at=now() - timedelta(hours=1))
    return consultation


def fill(consultation: Consultation, n: int) -> None:
    """Put ``n`` submissions into a consultation through the one way in, in batches."""
    for start in range(0, n, 2_000):
        arrivals = [
            Arrival(
                channel=Channel.HOTLINE,
                parts=(ArrivalPart(f"第{k}条建议：办理时间应当延长到晚上八点，方便上班的人。", f"art-{k % 9 + 1}"),),
                raw=f"row {k}".encode(),
                raw_media_type="text/plain",
                idempotency_key=f"bench:{consultation.slug}:{k}",
            )
            for k in range(start, min(n, start + 2_000))
        ]
        receive_many(consultation, arrivals, at=now(), actor=SYSTEM)
    counters.compact()


def median_ms(call: Callable[[], Any], times: int = 40) -> float:
    """Return the median milliseconds of a call after a warm-up."""
    call()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds)


class Browser:
    """A keep-alive connection with cookies, as one visitor's browser holds."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        """Send a request; return status and text."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body.encode(), headers)
        answer = self.connection.getresponse()
        text_ = answer.read().decode()
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, value = header.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer.status, text_


Visit = tuple[Browser, str, list[str], int]
"""Who sends what where, and the status that is the right answer."""


def with_forms(port: int, slug: str, n: int) -> list[Visit]:
    """Return visitors who have opened the real form ``n`` times each and filled it in."""
    address = f"/consultations/{slug}/comment"

    def prepare() -> tuple[Browser, list[str]]:
        browser = Browser(port)
        bodies = []
        for k in range(n):
            fields = dict(
                re.findall(r'<input[^>]*name="([\w-]+)"[^>]*value="([^"]*)"', browser.send("GET", address)[1])
            )
            wanted = {name: fields[name] for name in ("csrf_token", "token")}
            wanted |= {"pieces-0-content": f"建议延长办理时间，第{k}次。", "name": "张三"}
            wanted |= {"pieces-0-anchor": f"art-{k % 9 + 1}" if k % 2 else ""}
            bodies.append(urlencode(wanted | {"verb": "send", "sender_kind": "person"}))
        browser.connection.close()  # the server may have closed it already; the next request opens it again
        return browser, bodies

    return [(browser, address, bodies, 303) for browser, bodies in (prepare() for _ in range(VISITORS))]


def with_nothing(port: int, n: int) -> list[Visit]:
    """Return as many visitors who send to a bare route."""
    return [(Browser(port), "/bare", ["content=x"] * n, 200) for _ in range(VISITORS)]


def together(visits: list[Visit]) -> float:
    """Let all visitors send at once; return the seconds until the last is answered."""

    def visit(browser: Browser, address: str, bodies: list[str], expected: int) -> None:
        for body in bodies:
            status, answer = browser.send("POST", address, body)
            if status != expected:
                raise SystemExit(f"{address}: {status} {answer[:300]}")

    start = time.perf_counter()
    with ThreadPoolExecutor(len(visits)) as pool:
        for done in [pool.submit(visit, *each) for each in visits]:
            done.result()
    return time.perf_counter() - start


def submissions(app: Flask, folder: Path) -> None:
    """Print submissions per second against the bare routes, round by round in turn, each server with 2 workers.

    One bare route stands in the platform, behind its guards; the other is a Flask application of nothing else.
    """
    with app.app_context():
        slug = a_consultation("bench-form").slug
        db.engine.dispose()
    with serving(folder, workers=2) as (port, master), serving_bare(folder, workers=2) as (bare_port, bare_master):
        sendings: dict[str, tuple[Callable[[int], list[Visit]], int]] = {
            "form": (lambda n: with_forms(port, slug, n), master),
            "a bare route in the platform": (lambda n: with_nothing(port, n), master),
            "a Flask application of one bare route": (lambda n: with_nothing(bare_port, n), bare_master),
        }
        for visits, _ in sendings.values():
            together(visits(5))
        rounds = [{name: measured(visits, pid) for name, (visits, pid) in sendings.items()} for _ in range(ROUNDS)]
    rate, cost = (statistics.median(figures["form"][k] for figures in rounds) for k in (0, 1))
    print(f"submissions through the form: {rate:.0f}/s, {cost:.1f} ms of the web workers' processor time each")
    for name in list(sendings)[1:]:
        share = statistics.median(figures["form"][0] / figures[name][0] for figures in rounds)
        cost = statistics.median(figures[name][1] for figures in rounds)
        rate = statistics.median(figures[name][0] for figures in rounds)
        print(
            f"  against {name} with one durable INSERT ({rate:.0f}/s, {cost:.1f} ms): {100 * share:.0f} % "
            "(goal: at least 60 %)"
        )


def measured(visits: Callable[[int], list[Visit]], master: int) -> tuple[float, float]:
    """Let all visitors send; return sendings per second, and the processor's milliseconds for each in the workers."""
    ready = visits(SENDINGS)
    before = processor_seconds(master)
    seconds = together(ready)
    n = VISITORS * SENDINGS
    return n / seconds, 1000 * (processor_seconds(master) - before) / n


def processor_seconds(master: int) -> float:
    """Return the processor time that a server's workers have used, in seconds."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    nanoseconds = 0
    for tasks in (Path(f"/proc/{pid}/task") for pid in children):
        nanoseconds += sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())
    return nanoseconds / 1e9


def pages(app: Flask) -> None:
    """Print how much slower pages are at 100,000 submissions than at 1,000."""
    with app.app_context():
        create_user(
            SYSTEM,
            username="bench",
            name="审核员",
            role=Role.ADMIN.value,
            division="办公室",
            password=PASSWORD,
            at=now(),
        )
        small, large = a_consultation("bench-small"), a_consultation("bench-large")
        fill(small, SMALL)
        fill(large, LARGE)
        slugs = {SMALL: small.slug, LARGE: large.slug}
    client = app.test_client()
    page = client.get("/desk/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    client.post(
        "/desk/sign-in", data={"username": "bench", "password": PASSWORD, "csrf_token": token[1] if token else ""}
    )
    for name, address in (
        ("public consultation page", "/consultations/{}"),
        ("one article with its opinions", "/consultations/{}/articles/art-1"),
        ("moderation queue", "/desk/consultations/{}/moderation"),
    ):
        milliseconds = {n: median_ms(lambda n=n, a=address: ok(client, a.format(slugs[n]))) for n in slugs}  # type: ignore[misc]
        ratio = milliseconds[LARGE] / milliseconds[SMALL]
        print(
            f"{name}: {milliseconds[LARGE]:.1f} ms at {LARGE:,} submissions, "
            f"{milliseconds[SMALL]:.1f} ms at {SMALL:,}: {ratio:.2f} times (goal: at most 1.2)"
        )


def ok(client: FlaskClient, address: str) -> None:
    """Get a page, or stop when it isn't one."""
    answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status_code}")


@contextmanager
def serving(folder: Path, *, workers: int) -> Iterator[tuple[int, int]]:
    """Serve the application on a free port by gunicorn; yield the port and the process id of its master."""
    with gunicorn(folder, "benchmarks.serving:app", ROOT, "--workers", str(workers)) as served:
        yield served


@contextmanager
def serving_bare(folder: Path, *, workers: int) -> Iterator[tuple[int, int]]:
    """Serve the bare application by as many processes and threads, without the platform's settings and access log."""
    options = ["--workers", str(workers), "--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
    with gunicorn(folder, "benchmarks.bare:app", folder, *options) as served:
        yield served


@contextmanager
def gunicorn(folder: Path, app: str, settings_in: Path, *options: str) -> Iterator[tuple[int, int]]:
    """Serve an application on a free port; ``settings_in`` is the folder whose gunicorn.conf.py is read."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATA_DIR": str(folder),
        "SECRET_KEY": "benchmark",
        "PORT": str(port),
        "RATELIMIT_ENABLED": "false",
        "PYTHONPATH": str(ROOT),
    }
    command = [str(Path(sys.executable).with_name("gunicorn")), app, *options]
    command += ["--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    server = subprocess.Popen(command, cwd=settings_in, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(120):
            with suppress(OSError):
                Browser(port).send("GET", "/")
                break
            time.sleep(0.25)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=20)


def memory(folder: Path) -> None:
    """Print the resident memory of one gunicorn worker after it has served some pages."""
    with serving(folder, workers=1) as (port, master):
        browser = Browser(port)
        for _ in range(20):
            for path in ("/", "/consultations/bench-large", "/consultations/bench-large/comment", "/feed.atom"):
                browser.send("GET", path)
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        largest = max(resident(pid) for pid in children or [str(master)])
        print(f"memory of one web worker: {largest:.0f} MB resident (goal: under 150 MB)")


def resident(pid: str) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(match[1]) / 1024 if match else 0.0


def main(only_submissions: bool) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app = an_app(folder)
        with app.app_context():
            print(f"database: {db.engine.dialect.name}")
        submissions(app, folder)
        if only_submissions:
            return
        pages(app)
        with app.app_context():
            db.engine.dispose()
        memory(folder)


if __name__ == "__main__":
    main(only_submissions=sys.argv[1:] == ["submissions"])
