"""Cookies: their names and attributes, the same for all of them."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.wrappers import Response

from consult.accounts.sessions import Device
from consult.app_context import settings

HOST_ONLY = "__Host-"
"""Has a browser take a cookie only over HTTPS, from this very host and for all of it (RFC 6265bis, section 4.1.3.2)."""
SESSION = "session"


def register(app: Flask) -> None:
    """Name the session's cookie."""
    app.config["SESSION_COOKIE_NAME"] = name_of(SESSION, secure=app.config["SETTINGS"].cookie_secure)


def name_of(name: str, *, secure: bool) -> str:
    """Return the name that a cookie has on the wire."""
    return HOST_ONLY + name if secure else name


def read(name: str) -> str:
    """Return the value of a cookie; empty where the browser sent none."""
    return request.cookies.get(name_of(name, secure=settings().cookie_secure), "")


def keep(response: Response, name: str, value: str, *, seconds: int | None, path: str = "/") -> None:
    """Have the browser keep a cookie that scripts can't read; one for the whole host where HTTPS is."""
    secure = settings().cookie_secure
    response.set_cookie(
        name_of(name, secure=secure),
        value,
        max_age=seconds,
        path="/" if secure else path,
        httponly=True,
        secure=secure,
        samesite="Lax",
    )


def drop(response: Response, name: str, *, path: str = "/") -> None:
    """Have the browser forget a cookie."""
    secure = settings().cookie_secure
    response.delete_cookie(
        name_of(name, secure=secure),
        path="/" if secure else path,
        httponly=True,
        secure=secure,
        samesite="Lax",
    )


def signed_out(response: Response) -> Response:
    """Have the browser forget the pages of whoever has signed out (W3C Clear Site Data).

    Its cookies are dropped one by one, and its storage holds none of the account's data, only how the site looks.
    """
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def device() -> Device:
    """Return where the present request comes from."""
    return Device(request.remote_addr, request.user_agent.string)
