"""Every request has an id: in its log lines, in its answer's header, and on the page of an error."""

from __future__ import annotations

import re
from secrets import token_hex

import structlog
from flask import Flask, Response, g, request

from consult.app_context import settings

HEADER = "X-Request-ID"
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")


def register(app: Flask) -> None:
    """Give requests their ids before anything else looks at them."""
    app.before_request(_begin)
    app.after_request(_answer)
    app.teardown_request(_end)
    app.jinja_env.globals["request_id"] = request_id


def request_id() -> str:
    """Return the id of the running request."""
    known: str | None = g.get("request_id")
    if known is None:
        known = g.request_id = _given() or token_hex(8)
    return known


def _given() -> str:
    """Return the id that a proxy in front has given the request, so that both logs have one."""
    given = request.headers.get(HEADER, "")
    return given if settings().trusted_proxies and _GIVEN.match(given) else ""


def _begin() -> None:
    structlog.contextvars.bind_contextvars(request_id=request_id())


def _answer(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    return response


def _end(_error: BaseException | None) -> None:
    structlog.contextvars.unbind_contextvars("request_id")
