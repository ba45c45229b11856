"""The queue: it only says when to look. Losing it loses nothing.

SQLite in the data folder by default, Redis where ``REDIS_URL`` says so.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey, crontab

from config import Settings
from consult.clock import now
from consult.faces import jobs

NAME = "consult"


def open_queue(settings: Settings) -> Huey:
    """Return the queue that the settings name."""
    if settings.redis_url:
        return RedisHuey(NAME, url=settings.redis_url, results=False)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(NAME, filename=str(settings.data_dir / "queue.sqlite3"), results=False)


def attach(app: Flask) -> Huey:
    """Return a queue whose tasks run the application's jobs: every minute those that are due, others when asked."""
    queue = open_queue(app.config["SETTINGS"])

    @queue.task(name="run_job")
    def run_job(name: str) -> None:
        with app.app_context():
            if name in jobs.known():
                jobs.run(name)

    @queue.periodic_task(crontab(), name="look")
    def look() -> None:
        with app.app_context():
            due = [job.name for job in jobs.known().values() if job.is_due(now())]
        for name in due:
            run_job(name)

    queue.run_job = run_job
    return queue


def consumer(app: Flask, workers: int) -> Any:
    """Return the consumer of the queue, with ``workers`` threads and the clock; every job looks once at its start."""
    queue = attach(app)
    queue.storage.flush_queue()  # what waited while no worker ran
    with app.app_context():
        for name in jobs.known():
            queue.run_job(name)
    return queue.create_consumer(workers=workers, worker_type="thread", periodic=True, check_worker_health=True)
