"""Limits of the JSON interface, in an application of its own that counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from gunicorn.config import Config
from gunicorn.http import RequestParser

from config import ROOT, Settings
from consult.app import create_app
from consult.faces.guards import limiter
from consult.store import db


def test_beyond_the_limit_a_problem_document_says_when_to_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "enabled", True)  # and as it was afterwards: the limiter is one for all applications
    settings = Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path}/limits.sqlite3",
        secret_key="a key for tests only",
        ratelimit_submit="2 per hour",
        ratelimit_read="3 per hour",
    )
    app = create_app(settings)
    with app.app_context():
        db.create_all()
    client = app.test_client()
    address = "/api/v1/consultations/nobody/submissions"
    answers = [client.post(address, json={"content": "好。"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert answers[2].content_type == "application/problem+json"
    assert 0 < int(answers[2].headers["Retry-After"]) <= 3601
    reads = [client.get("/api/v1/consultations").status_code for _ in range(4)]
    assert reads == [200, 200, 200, 429]
    with app.app_context():
        db.engine.dispose()


def test_an_address_as_long_as_proxies_pass_on_reaches_the_application() -> None:
    server = Config()
    setting = re.search(r"^limit_request_line = (\d+)", (ROOT / "gunicorn.conf.py").read_text(encoding="utf-8"), re.M)
    if setting:
        server.set("limit_request_line", setting[1])
    line = b"GET /api/v1/consultations?q=" + b"%E9" * 2_600 + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    assert len(next(RequestParser(server, iter([line]), ("127.0.0.1", 1))).uri) > 7_800
