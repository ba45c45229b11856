"""The worker: every minute the jobs that are due, others when asked, and every few seconds the record's upkeep.

Upkeep has a thread of its own rather than a job: a queue on Redis would give it to the worker of any host, and each
host ships its own journal.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Thread
from typing import Any

import structlog
from flask import Flask
from huey import Huey, crontab

from consult.app_context import settings
from consult.clock import now
from consult.faces import jobs, queue
from consult.ledger.upkeep import Upkeep
from consult.store import db

log = structlog.get_logger()


def attach(app: Flask) -> Huey:
    """Return the queue with the application's jobs, and the clock that looks every minute which are due."""
    attached = queue.attach(app, _run)

    @attached.periodic_task(crontab(), name="look")
    def look() -> None:
        with app.app_context():
            due = [job.name for job in jobs.known().values() if job.is_due(now())]
        for name in due:
            attached.run_job(name)

    return attached


def _run(name: str) -> None:
    if name in jobs.known():
        with suppress(jobs.JobTrouble):  # noted, and tried again on its schedule
            jobs.run(name)


def consumer(app: Flask, workers: int) -> Any:
    """Return the consumer of the queue, with ``workers`` threads and the clock; every job looks once at its start."""
    attached = attach(app)
    attached.storage.flush_queue()  # what waited while no worker ran
    with app.app_context():
        for name in jobs.known():
            attached.run_job(name)
    Thread(target=keep_record, args=(app, Event()), name="upkeep", daemon=True).start()
    return attached.create_consumer(workers=workers, worker_type="thread", periodic=True, check_worker_health=True)


def keep_record(app: Flask, stopping: Event) -> None:
    """Do a round of the record's upkeep every few seconds, until stopped; only one process of a host does."""
    upkeep = Upkeep()
    with app.app_context():
        seconds = settings().seal_seconds
    while not stopping.is_set():
        with app.app_context():
            try:
                with jobs.alone("upkeep") as is_alone:
                    if is_alone:
                        upkeep.round(now())
            except Exception:  # whatever database or disk raise: the next round tries again
                db.session.rollback()
                log.exception("upkeep_failed")
        stopping.wait(seconds)
