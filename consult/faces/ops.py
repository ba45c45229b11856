"""For operators: is the process alive, is it ready to serve, and figures for Prometheus."""

from __future__ import annotations

import hmac
import ipaddress
import os
import time
from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Flask, Response, abort, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from config import split
from consult.app_context import settings
from consult.backup import service as backup
from consult.clock import local, now
from consult.faces.guards import limiter
from consult.faces.jobs import progress
from consult.faces.jobs.states import job_states
from consult.health import checks
from consult.intake import queries as intake
from consult.ledger import key_rotation
from consult.ledger import queries as ledger
from consult.mail_queue import service as mail_queue
from consult.mailbox import queries as mailboxes
from consult.store import db

ops = Blueprint("ops", __name__)

REQUESTS = Counter("consult_requests", "Requests answered.", ["endpoint", "method", "status"])
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
"""Fields that a proxy adds to what it passes on."""
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
    """Say whether a submission could be stored just now: database and data folder are written to, to see it.

    Without Redis everything goes on: that is ``degraded``, with status 200.
    """
    needed = {"database": checks.database() or "ok", "data_dir": checks.storage() or "ok"}
    if needed["database"] == "ok":
        needed["keys"] = "not those of the record: see flask keys list" if any(key_rotation.faults()) else "ok"
    ready = all(state == "ok" for state in needed.values())
    redis = checks.redis_away() or "ok"
    status = "not ready" if not ready else "ok" if redis == "ok" else "degraded"
    return jsonify(status=status, checks={**needed, "redis": redis}), 200 if ready else 503


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


@ops.get("/.well-known/security.txt")
def security_txt() -> ResponseReturnValue:
    """Say where weaknesses are reported (RFC 9116); nothing without a contact, or once it has expired."""
    config = settings()
    if not config.security_contact or config.security_expires is None or config.security_expires < local(now()).date():
        abort(404)
    fields = [("Contact", contact) for contact in split(config.security_contact)]
    fields.append(("Expires", f"{config.security_expires:%Y-%m-%d}T23:59:59+08:00"))
    fields.append(("Preferred-Languages", config.security_languages))
    if config.public_url:
        fields.append(("Canonical", f"{config.public_url.rstrip('/')}/.well-known/security.txt"))
    return Response("".join(f"{name}: {value}\n" for name, value in fields), content_type="text/plain; charset=utf-8")


def _may_read() -> bool:
    token = settings().metrics_token
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    if settings().trusted_proxies or any(name in request.headers for name in FORWARDED):
        return False  # behind a proxy everybody may look like this host
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


class _Platform(Collector):
    """Figures out of the database and the worker's notes, asked for when somebody looks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _health()
        try:
            yield from self._of_database()
        except SQLAlchemyError:  # which consult_health says; the other figures are wanted all the more
            db.session.rollback()
        ended = GaugeMetricFamily("consult_job_timestamp_seconds", "Last time a job ended well.", labels=["job"])
        ran = GaugeMetricFamily("consult_job_run_timestamp_seconds", "Last time a job ran.", labels=["job"])
        failing = GaugeMetricFamily("consult_job_failing", "Whether a job's last run failed.", labels=["job"])
        for job, note in progress.notes():
            ended.add_metric([job], note.succeeded_at.timestamp() if note.succeeded_at else 0)
            ran.add_metric([job], note.ran_at.timestamp())
            failing.add_metric([job], int(note.error != ""))
        yield from (ended, ran, failing)

    def _of_database(self) -> Iterator[GaugeMetricFamily]:
        at = now()
        seals = ledger.seal_progress()
        yield GaugeMetricFamily("consult_ledger_leaves", "Entries in the tree.", value=seals.leaves)
        yield GaugeMetricFamily(
            "consult_ledger_behind", "How far the newest entry is ahead of the newest sealed one.", value=seals.behind
        )
        signed_at = seals.checkpoint_at
        yield GaugeMetricFamily(
            "consult_ledger_checkpoint_timestamp_seconds",
            "Newest checkpoint.",
            value=signed_at.timestamp() if signed_at else 0,
        )
        letters = GaugeMetricFamily("consult_mail_out", "Letters on their way out, by state.", labels=["state"])
        for state, n in mail_queue.counts().items():
            letters.add_metric([state.value], n)
        yield letters
        oldest = mail_queue.oldest_waiting()
        yield _age("consult_mail_out_oldest_seconds", "Age of the letter that has waited longest.", oldest, at)
        yield _age("consult_ledger_unsealed_seconds", "Age of the oldest unsealed entry.", ledger.oldest_unsealed(), at)
        read = GaugeMetricFamily("consult_mailbox_timestamp_seconds", "Last whole reading.", labels=["mailbox"])
        away = GaugeMetricFamily("consult_mailbox_failing", "Whether the last reading failed.", labels=["mailbox"])
        for mailbox in mailboxes.states():
            read.add_metric([str(mailbox.id)], mailbox.fetched_at.timestamp() if mailbox.fetched_at else 0)
            away.add_metric([str(mailbox.id)], int(mailbox.error != ""))
        yield from (read, away)
        unfinished, scans = mailboxes.count_unfinished(), intake.scans_waiting()
        yield GaugeMetricFamily("consult_mail_in_unfinished", "Messages stored, not classified.", value=unfinished)
        yield GaugeMetricFamily("consult_scans_waiting", "Files without the scanner's answer.", value=scans)
        made = backup.last_made()
        stamp = made.timestamp() if made else 0
        yield GaugeMetricFamily("consult_backup_timestamp_seconds", "Newest backup.", value=stamp)


def _health() -> Iterator[GaugeMetricFamily]:
    """Yield every check's level, and the space on the disk."""
    health = GaugeMetricFamily("consult_health", "Checks: 0 well, 1 degraded, 2 red.", labels=["check"])
    levels = list(checks.Level)
    for finding in checks.findings(job_states(), now()):
        health.add_metric([finding.name], levels.index(finding.level))
    free, total = checks.free_bytes()
    yield health
    yield GaugeMetricFamily("consult_disk_free_bytes", "Free on the disk of the data folder.", value=free)
    yield GaugeMetricFamily("consult_disk_bytes", "Size of that disk.", value=total)


def _age(name: str, words: str, since: datetime | None, at: datetime) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=(at - since).total_seconds() if since else 0)
