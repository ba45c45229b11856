"""What operators ask: alive, ready, figures; and how static files are kept."""

from __future__ import annotations

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from flask_migrate import stamp


def test_the_process_says_that_it_is_alive(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_a_database_that_was_never_migrated_is_not_ready(app: Flask, client: FlaskClient) -> None:
    stamp(revision="base")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "flask db upgrade" in answer.get_json()["checks"]["database"]


def test_a_database_with_the_newest_schema_is_ready(app: Flask, client: FlaskClient) -> None:
    stamp()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ok")


def test_figures_name_endpoints_and_never_paths(client: FlaskClient) -> None:
    client.get("/healthz?key=secret")
    figures = client.get("/metrics").text
    assert 'consult_requests_total{endpoint="ops.healthz",method="GET",status="200"}' in figures
    assert "secret" not in figures
    assert "consult_ledger_behind 0.0" in figures


def test_figures_are_for_this_host_only(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 403


def test_with_a_token_figures_are_for_who_has_it(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["SETTINGS"].model_copy(update={"metrics_token": "open sesame"})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer open sesame"}).status_code == 200


def test_a_static_address_names_its_content_and_is_kept_for_a_year(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        address = url_for("static", filename="site.css")
    assert "?v=" in address
    assert client.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/site.css").headers["Cache-Control"] == "no-cache"


def test_a_browser_that_asks_for_the_old_icon_gets_the_icon(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico", follow_redirects=True)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


def test_a_static_file_that_is_missing_is_not_kept(client: FlaskClient) -> None:
    assert "max-age=31536000" not in client.get("/static/none.css?v=1").headers.get("Cache-Control", "")


def test_the_commands_of_migrations_are_offered(app: Flask) -> None:
    """Before and after the first command of migrations in this process, which loads Flask-Migrate."""
    app.extensions.pop("migrate", None)
    for _ in range(2):
        assert "数据库：升级到最新结构（flask db upgrade）。" in app.test_cli_runner().invoke(args=["--help"]).stdout
        assert app.extensions["migrate"]
    assert "upgrade" in app.test_cli_runner().invoke(args=["db", "--help"]).stdout
