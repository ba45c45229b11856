"""For operators: is the process alive, is it ready to serve, and figures for Prometheus."""

from __future__ import annotations

import hmac
import ipaddress
import os
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from consult.faces.guards import limiter
from consult.faces.jobs import progress
from consult.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf
from consult.migrating import newest_revisions
from consult.settings import settings
from consult.store import db

ops = Blueprint("ops", __name__)

REQUESTS = Counter("consult_requests", "Requests answered.", ["endpoint", "method", "status"])
SECONDS = Histogram("consult_request_seconds", "Time to answer a request, in seconds.", ["endpoint"])


def register(app: Flask) -> None:
    """Add the operators' addresses and count every request by its endpoint, never by its path."""
    limiter.exempt(ops)
    app.register_blueprint(ops)
    app.before_request(_start)
    app.after_request(_count)


def _start() -> None:
    g.started = time.perf_counter()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, request.method, str(response.status_code)).inc()
    if "started" in g:
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.started)
    return response


@ops.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(status="ok")


@ops.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Say whether a visitor can be served: the database answers and is up to date, the data folder can be written."""
    checks = {"database": _database(), "data_dir": "ok" if os.access(settings().data_dir, os.W_OK) else "not writable"}
    ready = all(state == "ok" for state in checks.values())
    return jsonify(status="ok" if ready else "not ready", checks=checks), 200 if ready else 503


def _database() -> str:
    try:
        current = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
    except (OperationalError, ProgrammingError) as error:
        db.session.rollback()
        return f"not reachable, or no schema yet (flask db upgrade makes it): {type(error).__name__}"
    return "ok" if current == newest_revisions() else "schema out of date: run flask db upgrade"


@ops.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Return figures in Prometheus' text format, to who may read them."""
    if not _may_read():
        return Response("forbidden\n", status=403, mimetype="text/plain")
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(_Platform())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read() -> bool:
    token = settings().metrics_token
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


class _Platform(Collector):
    """Figures out of the database and the worker's notes, asked for when somebody looks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        entries = db.session.scalar(select(func.max(LedgerEntry.id))) or 0
        leaves = db.session.scalar(select(func.max(LedgerLeaf.position)))
        sealed_to = db.session.scalar(select(func.max(LedgerLeaf.entry_id))) or 0
        yield GaugeMetricFamily(
            "consult_ledger_leaves", "Entries in the tree.", value=0 if leaves is None else leaves + 1
        )
        yield GaugeMetricFamily(
            "consult_ledger_behind",
            "How far the newest entry is ahead of the newest sealed one.",
            value=entries - sealed_to,
        )
        at = db.session.scalar(select(func.max(LedgerCheckpoint.at)))
        yield GaugeMetricFamily(
            "consult_ledger_checkpoint_timestamp_seconds", "Newest checkpoint.", value=at.timestamp() if at else 0
        )
        ended = GaugeMetricFamily("consult_job_timestamp_seconds", "Last time a job ended well.", labels=["job"])
        failing = GaugeMetricFamily("consult_job_failing", "Whether a job's last run failed.", labels=["job"])
        for job, note in progress.notes():
            ended.add_metric([job], note.succeeded_at.timestamp() if note.succeeded_at else 0)
            failing.add_metric([job], int(note.error != ""))
        yield ended
        yield failing
