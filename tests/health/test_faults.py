"""What is taken away is said: by /readyz, by the figures, on the page for administrators, by mail to the operator."""

from __future__ import annotations

import json
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import g
from flask.testing import FlaskClient
from sqlalchemy import select, text

from config import ROOT
from consult import clock
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.app_context import blobs, settings
from consult.faces import jobs
from consult.health import checks, operator_mail
from consult.health.checks import Finding, JobState, Level
from consult.intake.models import Attachment, Submission
from consult.mailbox import imap_client
from consult.mailbox import settings as mailboxes
from consult.mailbox.models import Encryption
from consult.mailbox.settings import MailboxSettings
from consult.store import db
from tests.backup.sites import Site, Sites
from tests.builders import a_user
from tests.conftest import missing
from tests.signed_in import sign_in_as


def asked(site: Site, address: str) -> tuple[int, str]:
    with site.app.app_context():
        vars(g).clear()
        answer = site.app.test_client().get(address)
        return answer.status_code, answer.text


def ready(site: Site) -> tuple[int, dict[str, Any]]:
    status, body = asked(site, "/readyz")
    return status, json.loads(body)


def figure(site: Site, name: str) -> float:
    status, body = asked(site, "/metrics")
    assert status == 200
    return next(float(line.rpartition(" ")[2]) for line in body.splitlines() if line.startswith(name))


def level(site: Site, name: str) -> tuple[Level, str]:
    with site.inside():
        finding = next(finding for finding in checks.findings([], clock.now()) if finding.name == name)
    return finding.level, finding.words


def somebody(role: Role) -> int:
    """Return the id of an account that can be signed in to."""
    user = a_user(role)
    user.password_hash = "a hash"
    id_ = user.id
    db.session.commit()
    return id_


def signed_in(site: Site, user_id: int) -> FlaskClient:
    """Return a browser in which an account is signed in."""
    client = sign_in_as(site.app.test_client(), user_id)
    db.session.rollback()  # what was read before doesn't know of it
    return client


@contextmanager
def a_full_disk() -> Iterator[None]:
    """Let no file of this process grow beyond some kilobytes, as on a disk that is full."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_site_that_is_well_is_ready(sites: Sites) -> None:
    site, _ = sites.filled()
    assert ready(site) == (
        200,
        {"status": "ok", "checks": dict.fromkeys(("database", "data_dir", "keys", "redis"), "ok")},
    )
    assert figure(site, 'consult_health{check="storage"}') == 0


def test_a_full_disk_is_not_ready(sites: Sites) -> None:
    site, _ = sites.filled()
    with a_full_disk():
        status, document = ready(site)
    assert (status, document["status"]) == (503, "not ready")
    assert "not writable" in document["checks"]["data_dir"]
    assert ready(site)[0] == 200


def test_a_small_disk_that_is_full_is_not_ready(sites: Sites, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "none", disk], check=False, capture_output=True
    ).returncode:
        missing("no disk can be mounted here")
    try:
        site = sites.working(data_dir=disk / "data")
        assert ready(site)[0] == 200
        free = shutil.disk_usage(disk).free
        (disk / "filler").write_bytes(b"\0" * (free - 100_000))
        assert ready(site)[0] == 503
        assert level(site, "storage")[0] is Level.RED
        (disk / "filler").unlink()
        assert ready(site)[0] == 200
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        status, document = ready(site)
        assert (status, document["checks"]["data_dir"][:12]) == (503, "not writable")
    finally:
        sites.close()
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_folder_that_is_no_folder_any_more_is_not_ready(sites: Sites) -> None:
    site, _ = sites.filled()
    shutil.rmtree(site.settings.data_dir / "blobs")
    (site.settings.data_dir / "blobs").write_text("not a folder")
    assert ready(site)[0] == 503
    assert figure(site, 'consult_health{check="storage"}') == 2


def test_a_storage_that_was_emptied_is_red(sites: Sites) -> None:
    site, _ = sites.filled()
    assert level(site, "files") == (Level.OK, "")
    shutil.rmtree(site.settings.data_dir / "blobs")
    state, words = level(site, "files")
    assert state is Level.RED
    assert "存储" in words


def test_without_its_database_a_site_is_not_ready_and_still_gives_figures(sites: Sites) -> None:
    site, _ = sites.filled()
    with site.inside(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE alembic_version RENAME TO elsewhere"))
    assert ready(site)[0] == 503
    assert figure(site, 'consult_health{check="database"}') == 2
    assert figure(site, "consult_disk_free_bytes") > 0


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[int, Any]]:
    """A Redis of the test's own: its port, and its process."""
    if shutil.which("redis-server") is None:
        missing("redis-server isn't installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port, process
    process.kill()
    process.wait()


def test_without_redis_everything_goes_on_and_it_is_said(sites: Sites, redis: tuple[int, Any]) -> None:
    port, process = redis
    url = f"redis://127.0.0.1:{port}/0"
    site, _ = sites.filled(redis_url=url, ratelimit_storage_url=url)
    assert ready(site)[1]["status"] == "ok"
    process.kill()
    process.wait()
    status, document = ready(site)
    assert (status, document["status"]) == (200, "degraded")
    assert document["checks"]["redis"] != "ok"
    assert figure(site, 'consult_health{check="redis"}') == 1
    assert asked(site, "/consultations/canteens")[0] == 200
    with site.inside():
        jobs.ask("search")  # nobody waits for it, and nothing breaks


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.2)
        stopping, taken = threading.Event(), []

        def take() -> None:
            while not stopping.is_set():
                try:
                    taken.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        yield server.getsockname()[1]
        stopping.set()
        thread.join()
        for connection in taken:
            connection.close()


def test_a_mail_server_that_says_nothing_is_a_failed_job_and_a_red_mailbox(
    sites: Sites, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_client, "TIMEOUT_SECONDS", 1)
    site = sites.working()
    with site.inside():
        place = MailboxSettings("127.0.0.1", "yijian", "secret", port=silent, encryption=Encryption.NONE)
        mailboxes.add(SYSTEM, place, at=clock.now() - timedelta(hours=1))
    result = site.command("jobs", "run-once", "mailbox", "--json")
    assert result.exit_code == 1
    assert "mailbox" in json.loads(result.stdout)["failed"]
    listed = json.loads(site.command("jobs", "list", "--json").stdout)["jobs"]
    assert next(job for job in listed if job["job"] == "mailbox")["error"]
    assert "没有完成" in site.command("jobs", "list").stdout
    assert figure(site, 'consult_job_failing{job="mailbox"}') == 1
    assert figure(site, 'consult_mailbox_failing{mailbox="1"}') == 1
    assert level(site, "mailbox:1")[0] is Level.RED


def test_a_damaged_file_is_a_page_that_says_so_with_the_id_of_the_request(sites: Sites) -> None:
    site, _ = sites.filled(public_url="")
    with site.inside():
        admin = somebody(Role.ADMIN)
        attachment = db.session.scalars(select(Attachment).order_by(Attachment.id)).first()
        assert attachment is not None
        number = db.session.get_one(Submission, attachment.submission_id).number
        path = blobs().path(attachment.digest)
        path.chmod(0o600)
        path.write_bytes(b"other")
        address = f"/desk/consultations/canteens/moderation/{number}/attachments/{attachment.position}"
        client = signed_in(site, admin)
        answer = client.get(address)
    assert answer.status_code == 503, answer.headers.get("Location")
    assert "文件已损坏" in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


def test_every_error_page_and_answer_has_the_id_of_its_request(sites: Sites) -> None:
    site = sites.working()
    with site.app.app_context():
        vars(g).clear()
        page = site.app.test_client().get("/nowhere")
        vars(g).clear()
        answer = site.app.test_client().get("/api/v1/nowhere")
    assert page.headers["X-Request-ID"] in page.text
    assert page.headers["X-Request-ID"] != answer.headers["X-Request-ID"]


def test_an_error_is_a_line_of_json_with_the_id_of_its_request(
    sites: Sites, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = sites.working()
    site.app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)

    def fail() -> None:
        raise ArithmeticError("something nobody foresaw")

    monkeypatch.setitem(site.app.view_functions, "public.home", fail)
    with site.app.app_context():
        vars(g).clear()
        answer = site.app.test_client().get("/")
    assert answer.status_code == 500
    number = answer.headers["X-Request-ID"]
    assert number in answer.text
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if number in line]
    assert any(line["level"] == "error" and "ArithmeticError" in line.get("exception", "") for line in lines)


def test_the_page_says_in_words_what_is_red(sites: Sites) -> None:
    site, _ = sites.filled(public_url="")
    with site.inside():
        admin, auditor = somebody(Role.ADMIN), somebody(Role.AUDITOR)
        shutil.rmtree(blobs().root)
        client = signed_in(site, admin)
        page = client.get("/desk/health")
        assert page.status_code == 200, page.headers.get("Location")
        assert "在存储里找不到" in page.text
        assert signed_in(site, auditor).get("/desk/health").status_code == 403


def test_the_operator_is_written_to_once_and_once_more_when_it_is_over(sites: Sites) -> None:
    site = sites.working(operator_mail="admin@example.gov.cn", operator_mail_minutes=10)
    red = [
        Finding("storage", "文件存储", Level.RED, "写不进去。"),
        Finding("redis", "Redis", Level.DEGRADED, "没有回应。"),
    ]
    at = clock.now()
    with site.inside():
        outbox = settings().data_dir / "outbox"

        def letters() -> list[str]:
            return [path.read_text() for path in sorted(outbox.glob("*.eml"))]

        assert operator_mail.look(red, at) == 0
        assert operator_mail.look(red, at + timedelta(minutes=9)) == 0
        assert operator_mail.look(red, at + timedelta(minutes=11)) == 1
        assert operator_mail.look(red, at + timedelta(minutes=12)) == 0
        assert len(letters()) == 1
        assert operator_mail.look(red[1:], at + timedelta(minutes=20)) == 1
        assert operator_mail.look([], at + timedelta(minutes=21)) == 0
        assert len(letters()) == 2


def test_a_worker_that_stopped_is_red(sites: Sites) -> None:
    at = clock.now()
    hour = timedelta(hours=1)
    (worker,) = checks.jobs([JobState("search", at - hour, 1), JobState("health", at - hour, 1)], at)
    assert worker.level is Level.RED
    (worker, *_) = checks.jobs([JobState("search", at, 1), JobState("health", at - hour, 1)], at)
    assert worker.level is Level.DEGRADED
    well, failing = checks.jobs([JobState("search", at, 1, "没有读到")], at)
    assert (well.level, failing.level) == (Level.OK, Level.DEGRADED)


def test_every_figure_of_the_alert_rules_is_one_that_is_given(sites: Sites) -> None:
    site, _ = sites.filled()
    with site.inside():
        jobs.run("health")
    given = asked(site, "/metrics")[1]
    rules = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    asked_for = {name for rule in rules for name in re.findall(r"consult_\w+", rule["expr"])}
    without_mailboxes = asked_for - {"consult_mailbox_timestamp_seconds"}
    assert without_mailboxes
    assert {name for name in without_mailboxes if f"# HELP {name.removesuffix('_total')}" not in given} == set()
