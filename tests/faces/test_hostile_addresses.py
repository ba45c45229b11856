"""No address makes a 500: every page of the URL map with values that nobody means well, as every role."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.faces.desk.conftest import SignIn, Staff, password_hash, signed_in, staff

__all__ = ["Staff", "password_hash", "signed_in", "staff"]

LEFT_OUT = ("static", "ops.readyz")
"""The server's own files, and the page that says that this database has no migrations."""
HOSTILE = (
    "%00",
    "a%00b",
    "1" + "0" * 30,
    "9" * 19,
    "-1",
    "%ED%A0%80",
    "x" * 5000,
    "%C2%B2",
    quote("一二三"),
    "..%2F..",
    "%27%22%3Cscript%3E",
)
QUESTION = (
    "after before page q id open state year version number key old new from to limit kind standing outcome group"
    " consultation act token lang next show"
)
NAMES = QUESTION.split()
"""What pages are asked for in their addresses."""
ROLES = ("drafter", "moderator", "publisher", "legal", "admin", "auditor")


def addresses(app: Flask) -> Iterator[str]:
    """Yield the path of every page that is read, with a hostile value in each of its places and in the question."""
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in LEFT_OUT:
            continue
        for value in HOSTILE:
            path = filled(rule, value)
            yield path
            if not rule.arguments:
                yield path + "?" + "&".join(f"{name}={value}" for name in NAMES)


def filled(rule: Rule, value: str) -> str:
    path = rule.rule
    for name in rule.arguments:
        for opening in (f"<{name}>", f"<int:{name}>", f"<path:{name}>", f"<string:{name}>"):
            path = path.replace(opening, value)
    return path


def broken(app: Flask, client: FlaskClient) -> list[str]:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        return [path[:200] for path in addresses(app) if client.get(path).status_code >= 500]
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = None


def test_a_nul_is_refused_with_a_page(client: FlaskClient) -> None:
    for address in ("/?q=a%00b", "/consultations/a%00b", "/?%00=1"):
        answer = client.get(address)
        assert answer.status_code == 400
        assert "请求不完整" in answer.text


def test_no_address_is_an_error_for_a_visitor(app: Flask, client: FlaskClient) -> None:
    assert broken(app, client) == []


@pytest.mark.parametrize("role", ROLES)
def test_no_address_is_an_error_for_staff(app: Flask, signed_in: SignIn, role: str) -> None:
    assert broken(app, signed_in(role)) == []
