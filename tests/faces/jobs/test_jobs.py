"""Jobs: found by being there, run alone, noted; the worker does what is due."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from consult.faces import jobs
from consult.faces.jobs import Job, progress
from consult.faces.worker import attach

AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)


@pytest.fixture
def ran(app: Flask) -> Iterator[list[datetime]]:
    """Moments at which a job named ``probe`` ran; it is known for one test."""
    moments: list[datetime] = []

    def probe(at: datetime) -> int:
        moments.append(at)
        return 3

    jobs.known()["probe"] = Job("probe", probe)
    yield moments
    del jobs.known()["probe"]


def test_a_job_is_due_when_the_minute_divides() -> None:
    assert Job("j", lambda _at: 0, every_minutes=10).is_due(AT)
    assert not Job("j", lambda _at: 0, every_minutes=60).is_due(AT)


def test_a_run_is_noted_with_what_it_did(ran: list[datetime]) -> None:
    assert jobs.run("probe") == 3
    note = progress.read("probe")
    assert note is not None
    assert (note.done, note.error, note.succeeded_at) == (3, "", ran[0])


def test_a_failure_is_noted_without_its_words(app: Flask, ran: list[datetime]) -> None:
    def fail(_at: datetime) -> int:
        raise ValueError("what somebody wrote")

    jobs.run("probe")
    jobs.known()["probe"] = Job("probe", fail)
    with pytest.raises(ValueError, match="somebody"):
        jobs.run("probe")
    note = progress.read("probe")
    assert note is not None
    assert (note.error, note.succeeded_at) == ("ValueError", ran[0])


def test_a_job_that_runs_already_is_left_alone(app: Flask) -> None:
    jobs.known()["twice"] = Job("twice", lambda _at: 1 if jobs.run("twice") is None else 99)
    try:
        assert jobs.run("twice") == 1
    finally:
        del jobs.known()["twice"]


def test_the_queue_runs_a_job_by_its_name(app: Flask, ran: list[datetime]) -> None:
    queue = attach(app)
    queue.storage.flush_queue()
    for task in queue.read_periodic(datetime.now(UTC)):
        queue.execute(task)
    while (task := queue.dequeue()) is not None:
        queue.execute(task)
    assert len(ran) == 1


def test_run_once_prints_how_much_each_job_did(app: Flask, ran: list[datetime]) -> None:
    result = app.test_cli_runner().invoke(args=["jobs", "run-once", "probe", "--json"])
    assert json.loads(result.stdout) == {"done": {"probe": 3}, "failed": {}}
    assert "probe" in app.test_cli_runner().invoke(args=["jobs", "list"]).stdout


def test_an_unknown_job_is_refused_with_those_there_are(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["jobs", "run-once", "nonsense"])
    assert result.exit_code == 1
    assert "counts" in result.stderr
