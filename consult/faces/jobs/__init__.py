"""Periodic work that finds itself by state.

A module of this package that offers ``JOBS`` adds its jobs by being there. Each is a function ``(at) -> int`` that
looks for what is to be done at ``at``, does it, and returns how much that was. It may be killed anywhere and started
again, or run twice at once: what it does is kept by the database, never by the queue.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import structlog
from flask import Flask, current_app

from consult.accounts.errors import Refused
from consult.app_context import settings
from consult.clock import now
from consult.faces.jobs import progress
from consult.store import db

EXTENSION = "consult.jobs"
ASKING = "consult.jobs.asking"
log = structlog.get_logger()


class JobTrouble(Exception):
    """A job did what it could, and something kept it from the rest; the words say what, in Chinese.

    Arguments:
        done: how much it did all the same.
    """

    def __init__(self, words: str, done: int = 0) -> None:
        super().__init__(words)
        self.done = done


@dataclass(frozen=True)
class Job:
    """A job by its name, what it does, and how often to look, in minutes (1 to 1440)."""

    name: str
    run: Callable[[datetime], int]
    every_minutes: int = 1

    def is_due(self, at: datetime) -> bool:
        """Whether the scheduler looks in the minute of ``at``."""
        return int(at.timestamp()) // 60 % self.every_minutes == 0


def register(app: Flask) -> None:
    """Collect the jobs of this package's modules."""
    jobs: dict[str, Job] = {}
    for module in sorted(iter_module.name for iter_module in iter_modules(__path__)):
        for job in getattr(import_module(f"{__name__}.{module}"), "JOBS", ()):
            jobs[job.name] = job
    app.extensions[EXTENSION] = jobs
    app.extensions[ASKING] = partial(_ask, app)


def ask(name: str) -> None:
    """Let the worker do a job now. It looks every minute all the same: a queue that doesn't answer does no harm."""
    _registered()[ASKING](name)


def _ask(app: Flask, name: str) -> None:
    from consult.faces import queue  # heavy, and few pages need it

    try:
        queue.attach(app, run).run_job(name)
    except Exception:  # whatever the queue's storage raises: the worker runs the job on its schedule all the same
        log.warning("queue_unavailable", job=name, exc_info=True)


def known() -> dict[str, Job]:
    """Return the jobs of the running application by name."""
    jobs: dict[str, Job] = _registered()[EXTENSION]
    return jobs


def _registered() -> dict[str, Any]:
    """Return the application's extensions, with the jobs among them: a command may be the first to ask."""
    if EXTENSION not in current_app.extensions:
        register(current_app._get_current_object())  # type: ignore[attr-defined]
    return current_app.extensions


def run(name: str) -> int | None:
    """Run a job now and note how it went; return how much it did, or ``None`` when it runs in another process."""
    job = known()[name]
    with alone(name) as is_alone:
        if not is_alone:
            return None
        started, at = time.perf_counter(), now()
        try:
            done = job.run(at)
        except JobTrouble as trouble:
            db.session.rollback()
            progress.failed(name, at, str(trouble), trouble.done)
            log.warning("job_incomplete", job=name, done=trouble.done, why=str(trouble))
            raise
        except Exception as error:
            db.session.rollback()
            progress.failed(name, at, str(error) if isinstance(error, Refused) else type(error).__name__)
            log.exception("job_failed", job=name)
            raise
        progress.succeeded(name, at, done)
        if done:
            log.info("job_done", job=name, done=done, seconds=round(time.perf_counter() - started, 3))
        return done


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Hold the job's lock on this host, or say that another process does; the kernel frees it when that is killed."""
    folder = settings().data_dir / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
