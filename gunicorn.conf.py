"""How gunicorn serves the site: ``gunicorn wsgi:app`` reads this file by itself."""

from __future__ import annotations

import gc
import logging
import os
import re
import shutil
from typing import Any
from urllib.parse import quote

from gunicorn.glogging import Logger

from config import from_environment
from consult.logs import formatter

os.umask(0o077)
_settings = from_environment()
_metrics = _settings.data_dir.resolve() / "metrics"

bind = f"{_settings.bind_host}:{_settings.port}"
workers = _settings.web_workers
worker_class = "consult.faces.server.worker.BufferingWorker"
threads = 4
timeout = 120
graceful_timeout = 20
keepalive = 5
worker_connections = 1000  # beyond that, who has waited longest makes room
sendfile = False  # answers are kept until clients take them, and no thread waits for that
limit_request_line = 8190  # as long as proxies pass on: what is wrong with such a query, the application says in words
max_requests = 20_000
max_requests_jitter = 2_000
preload_app = True  # what is imported once is shared by all workers
proc_name = "consult"
control_socket_disable = True  # signals are enough, and it would lie outside the data folder

accesslog = "-"
errorlog = "-"
access_log_format = (
    '{"event": "request", "method": "%(m)s", "path": "%(U)s", "status": %(s)s, "bytes": %(B)s, "ms": %(M)s, '
    '"request_id": "%(R)s"}'
)
"""No address, no query (it may hold a receipt key), no referrer, no browser."""


class PlainLogger(Logger):  # type: ignore[misc]
    """Gunicorn's logger without what would name a visitor: paths that hold somebody's own key are cut short."""

    own_paths = re.compile(r"^(/receipts|/portal)/.+")

    def setup(self, cfg: Any) -> None:
        """Write what gunicorn itself says in the form of all other lines; a request's line is one already."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter())
        for handler in self.access_log.handlers:
            handler.setFormatter(logging.Formatter("%(message)s"))

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """Return what the access log prints of a request: nothing of its headers is as much as looked at."""
        return {
            "m": environ.get("REQUEST_METHOD"),
            "U": self.own_paths.sub(r"\1/…", quote(environ.get("PATH_INFO") or "", safe="/")),
            "s": str(resp.status).split(None, 1)[0],
            "B": resp.sent,
            "R": next((value for name, value in resp.headers if name.lower() == "x-request-id"), ""),
            "M": int(request_time.total_seconds() * 1000),
        }


logger_class = PlainLogger

if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:  # set already when the configuration is only read again
    shutil.rmtree(_metrics, ignore_errors=True)  # counts of processes that are gone
    _metrics.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)


def pre_fork(_server: Any, _worker: Any) -> None:
    """Leave what was imported out of the collector's reach, so that its pages stay shared."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # a request leaves few cycles behind: looking every 700 objects is a tenth of it


def post_fork(server: Any, _worker: Any) -> None:
    """Give each worker database connections of its own: one that crossed a fork is nobody's."""
    from consult.store import db

    application = server.app.wsgi()
    with application.app_context():
        db.engine.dispose(close=False)


def child_exit(_server: Any, worker: Any) -> None:
    """Fold the counts of a worker that has ended."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
