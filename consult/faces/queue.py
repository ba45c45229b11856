"""The queue: it only says when to look. Losing it loses nothing.

SQLite in the data folder by default, Redis where ``REDIS_URL`` says so.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey

from config import Settings

NAME = "consult"


def open_queue(settings: Settings) -> Huey:
    """Return the queue that the settings name."""
    if settings.redis_url:
        return RedisHuey(NAME, url=settings.redis_url, results=False)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(NAME, filename=str(settings.data_dir / "queue.sqlite3"), results=False)


def attach(app: Flask, run: Callable[[str], object]) -> Huey:
    """Return a queue with the task ``run_job``, which calls ``run`` with a job's name in the application's context."""
    queue = open_queue(app.config["SETTINGS"])

    @queue.task(name="run_job")
    def run_job(name: str) -> None:
        with app.app_context():
            run(name)

    queue.run_job = run_job
    return queue
