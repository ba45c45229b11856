"""Killed in the middle, out of space, under load: nothing, or what says that it isn't whole; never half of it."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from config import ROOT
from consult import clock
from consult.app import create_app
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.store import db
from tests.backup.sites import Site, Sites, faults_of, rows_of, send
from tests.backup.test_restore import CHANGED_BY_THE_RESTORE, made, restored

FLASK = (sys.executable, "-m", "flask")
STOP_AT = """
import os, signal, sys
import {module} as module
original = module.{function}
def stop(*args, **kwargs):
    if {after}:
        original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
module.{function} = stop
from flask.cli import main
sys.argv = ["flask", *sys.argv[1:]]
main()
"""
"""A command that is killed when it comes to a function, or once it has gone through it."""
PLACES = [
    ("consult.backup.record_files", "put_back", True),
    ("consult.backup.kept_files", "put_back", True),
    ("consult.backup.rows", "set_sequences", True),
    ("consult.backup.service", "_lost", False),
    ("consult.accounts.session_ends", "end_everybodys", True),
    ("consult.backup.place", "end", False),
]


def run(site: Site, *args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **site.environment(), "FLASK_APP": "wsgi.py"}
    return subprocess.run(
        [*FLASK, *args], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False, **options
    )


@pytest.mark.parametrize(("module", "function", "after"), PLACES)
def test_a_restore_that_was_killed_says_so_and_begins_again(
    sites: Sites, tmp_path: Path, module: str, function: str, after: bool
) -> None:
    site, _ = sites.filled()
    made(site, tmp_path / "backup.zip")
    place = sites.empty()
    environment = {**os.environ, **place.environment(), "FLASK_APP": "wsgi.py"}
    code = STOP_AT.format(module=module, function=function, after=after)
    killed = subprocess.run(
        [sys.executable, "-c", code, "backup", "restore", str(tmp_path / "backup.zip")],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    refused = run(place, "ledger", "verify")
    assert refused.returncode == 1
    assert "恢复没有完成" in refused.stderr
    served = subprocess.run(
        [sys.executable, "-c", "import wsgi"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert served.returncode != 0
    assert "恢复没有完成" in served.stderr
    again = run(place, "backup", "restore", str(tmp_path / "backup.zip"), "--json")
    assert again.returncode == 0, again.stdout + again.stderr
    place = Site(create_app(place.settings), place.settings)  # one that hasn't read keys yet
    before, now = rows_of(site), rows_of(place)
    same = before.keys() - CHANGED_BY_THE_RESTORE
    assert {name: now[name] for name in same} == {name: before[name] for name in same}
    assert faults_of(place)[0] == []


def test_a_backup_that_was_killed_leaves_no_file_under_its_name(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    code = STOP_AT.format(module="consult.backup.kept_files", function="write", after=True)
    killed = subprocess.run(
        [sys.executable, "-c", code, "backup", "create", str(tmp_path / "backup.zip")],
        env={**os.environ, **site.environment(), "FLASK_APP": "wsgi.py"},
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "backup.zip").exists()
    made(site, tmp_path / "backup.zip")
    assert list(tmp_path.glob(".backup*")) == []


def test_a_full_disk_is_an_error_in_words_and_leaves_nothing(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    folder = tmp_path / "full"
    folder.mkdir()
    result = run(site, "backup", "create", str(folder / "backup.zip"), preexec_fn=small)
    assert result.returncode == 1
    assert f"“{folder / 'backup.zip'}”不能读写：文件过大" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(folder.iterdir()) == []


@pytest.fixture
def busy(sites: Sites) -> Iterator[tuple[Site, list[str]]]:
    """A site that four threads send to without a pause, and the numbers that they were given."""
    site, shown = sites.filled()
    numbers = [number for number, _ in shown]
    stopping = threading.Event()

    def keep_sending(who: int) -> None:
        n = 0
        while not stopping.is_set():
            with site.inside():
                consultation = db.session.scalars(select(Consultation)).one()
                numbers.append(send(consultation, f"{who}-{n} 号意见。").number)
            n += 1

    threads = [threading.Thread(target=keep_sending, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    while len(numbers) < 20:
        time.sleep(0.05)
    yield site, numbers
    stopping.set()
    for thread in threads:
        thread.join()


def test_a_backup_made_under_load_restores_whole(busy: tuple[Site, list[str]], sites: Sites, tmp_path: Path) -> None:
    site, numbers = busy
    given_before = list(numbers)
    result = run(site, "backup", "create", str(tmp_path / "backup.zip"), "--json")
    assert result.returncode == 0, result.stderr
    given_after = list(numbers)
    assert len(given_after) > len(given_before)
    place = sites.empty()
    document = restored(place, tmp_path / "backup.zip")
    assert document["whole"] is True, document["faults"]
    point = json.loads(result.stdout)["at"]
    with place.inside():
        there = set(db.session.scalars(select(Submission.number)))
        assert point < clock.now().isoformat()
    assert set(given_before) <= there
    assert there <= set(numbers)
    assert faults_of(place)[0] == []
