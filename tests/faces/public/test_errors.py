"""Errors are pages in plain words that say what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy import delete, insert

from consult.accounts.models import Division
from consult.store import transaction


def test_an_unknown_address_is_a_page_that_says_what_to_do(client: FlaskClient) -> None:
    page = client.get("/no/such/page")
    assert page.status_code == 404
    assert "怎么办" in page.text


def test_programs_get_errors_as_json(client: FlaskClient) -> None:
    answer = client.get("/api/v1/no-such-thing")
    assert answer.status_code == 404
    assert answer.is_json


def test_a_stale_form_is_explained(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    page = client.post("/receipts", data={"number": "x", "key": "y"})
    assert page.status_code == 400
    assert "表单要重新提交一次" in page.text


def test_too_much_at_once_is_explained(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
    page = client.post("/receipts", data={"number": "x" * 2000})
    assert page.status_code == 413
    assert "文件太大" in page.text


def test_a_failure_shows_no_traceback(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise RuntimeError("a detail that nobody outside should read")

    monkeypatch.setitem(app.view_functions, "public.help_page", broken)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.config, "TESTING", False)
    page = client.get("/help")
    assert page.status_code == 500
    assert "我们这边出了问题" in page.text
    assert "a detail" not in page.text


def of_the_same_name() -> None:
    """Add what another has added since it was looked for."""
    with transaction() as session:
        session.add_all([Division(name="建设处"), Division(name="建设处")])


def without_a_name() -> None:
    """Add what can't be, whoever else is there."""
    with transaction() as session:
        session.execute(insert(Division).values(name=None))


def gone_meanwhile() -> None:
    """Change what another has taken away since."""
    with transaction() as session:
        division = Division(name="建设处")
        session.add(division)
        session.flush()
        session.execute(delete(Division).execution_options(synchronize_session=False))
        division.name = "规划处"


@pytest.mark.parametrize("done", [of_the_same_name, gone_meanwhile])
@pytest.mark.parametrize("address", ["/help", "/api/v1/consultations"])
def test_who_meets_another_at_the_same_moment_is_told_so_and_loses_no_word(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, done: Callable[[], None], address: str
) -> None:
    with app.test_request_context(address):
        endpoint = str(request.endpoint)
    monkeypatch.setitem(app.view_functions, endpoint, lambda: done())
    answer = client.get(address)
    assert answer.status_code == 409
    if address.startswith("/api/"):
        assert answer.content_type == "application/problem+json"
        assert "Idempotency-Key" in answer.json["detail"]
    else:
        assert "刚才有人同时办了同一件事" in answer.text
        assert "写的字还在" in answer.text


def test_what_the_database_refuses_for_another_reason_stays_a_failure(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.view_functions, "public.help_page", lambda: without_a_name())
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.config, "TESTING", False)
    assert client.get("/help").status_code == 500


def test_when_even_the_error_page_fails_there_are_plain_words(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_values: object) -> str:
        raise RuntimeError("a detail that nobody outside should read")

    monkeypatch.setattr("consult.faces.public.errors.render_template", broken)
    page = client.get("/no/such/page")
    assert page.status_code == 500
    assert page.text.startswith("我们这边出了问题")


def test_what_is_not_allowed_is_explained(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.view_functions, "public.help_page", lambda: abort(403))
    page = client.get("/help")
    assert page.status_code == 403
    assert "您不能看这一页" in page.text


@pytest.mark.parametrize("address", ["/", "/help", "/receipts", "/results", "/closed"])
def test_pages_carry_a_strict_policy_and_no_inline_style_or_script(client: FlaskClient, address: str) -> None:
    page = client.get(address)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert " style=" not in page.text
    assert "<script>" not in page.text
