"""Static files: an address with a hash of the content is cached for ever, any other is revalidated each time."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

VERSION = "v"
YEAR_SECONDS = 31_536_000


def register(app: Flask) -> None:
    """Add the content's digest to every static address that pages print, and the headers that go with it."""
    app.url_defaults(functools.partial(_name_content, Path(app.static_folder or "")))
    app.after_request(_keep)
    app.add_url_rule("/favicon.ico", view_func=favicon)
    app.add_url_rule("/robots.txt", view_func=robots)


def favicon() -> ResponseReturnValue:
    """Lead to the icon: browsers ask for it here beside what is no page of the site, such as JSON."""
    return redirect(url_for("static", filename="icons/favicon.svg"))


def robots() -> ResponseReturnValue:
    """Keep search engines to the public pages."""
    closed = ("/desk/", "/portal/", "/receipts", "/api/", "/metrics")
    return Response("\n".join(["User-agent: *", *(f"Disallow: {path}" for path in closed), ""]), mimetype="text/plain")


def _name_content(folder: Path, endpoint: str, values: dict[str, Any]) -> None:
    if endpoint != "static" or VERSION in values:
        return
    path = folder / str(values.get("filename", ""))
    try:
        stat = path.stat()
        values[VERSION] = _digest(path, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return  # the page shows a broken link; the address stays plain


@functools.lru_cache(maxsize=4096)
def _digest(path: Path, _changed_ns: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _keep(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in (200, 304):
        if VERSION in request.args:
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
        else:
            response.headers["Cache-Control"] = "no-cache"
    return response
