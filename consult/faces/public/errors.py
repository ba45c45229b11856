"""Errors as pages in plain words that say what to do; for programs, the same as JSON."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from consult.accounts.errors import NotAllowed
from consult.faces.address_guard import Unstorable
from consult.faces.api import problems
from consult.faces.i18n import gettext, translated
from consult.faces.request_id import request_id
from consult.files.blobs import BlobError
from consult.reporting.errors import ReportAltered
from consult.store.database import DatabaseBusy
from consult.store.locking import is_conflict
from consult.text.sentences import sentence

PAGES = (400, 403, 404, 405, 413, 415, 429, 500)
RETRY_SECONDS = 30
"""When to come again while another process keeps the database."""
MACHINE_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")

BARE = sentence("我们这边出了问题，不是您的错。请过几分钟再试；写的字还在上一页。")
ANOTHER_SITE = sentence("本站不使用这个网址。请用单位公布的网址访问。")

Answer = tuple[str | Response, int]


def register(app: Flask) -> None:
    """Turn refusals and failures into pages for the whole application."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(SecurityError, _of_another_site)
    app.register_error_handler(NotAllowed, _not_allowed)
    app.register_error_handler(Unstorable, _unstorable)
    for damage in (ReportAltered, BlobError):
        app.register_error_handler(damage, _altered)
    for failure in (DBAPIError, StaleDataError):
        app.register_error_handler(failure, _failed_in_database)
    for status in PAGES:
        app.register_error_handler(status, _page)


def _stale_form(_error: CSRFError) -> Answer:
    return _answer(400, "csrf", gettext("表单的安全标记不对"))


def _of_another_site(error: SecurityError) -> Answer | Response:
    """Refuse a name that isn't the site's (``TRUSTED_HOSTS``) without a page: its links would lead there."""
    if request.path.startswith(MACHINE_PATHS):
        return _page(error)
    return Response(translated(ANOTHER_SITE) + "\n", 400, mimetype="text/plain")


def _not_allowed(error: NotAllowed) -> Answer:
    return _answer(403, "403", str(error))


def _unstorable(error: Unstorable) -> Answer:
    return _answer(400, "400", error.description)


def _altered(error: Exception) -> Answer | Response:
    """Show nothing in place of what was published: what is stored isn't it."""
    current_app.logger.error("something stored was altered or is missing: %s", error)
    return problems.document(503) if request.path.startswith(problems.PREFIX) else _answer(503, "503")


def _failed_in_database(error: Exception) -> Answer | Response:
    """Tell who met another at the same moment, where a verb has no words of its own for it; all else is a failure."""
    if isinstance(error, DatabaseBusy):
        current_app.logger.error("the database stays locked by another process")
        answer = (
            problems.document(503) if request.path.startswith(problems.PREFIX) else make_response(_answer(503, "busy"))
        )
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer
    if not is_conflict(error):
        raise error
    current_app.logger.warning("two did the same at once", exc_info=error)
    return problems.document(409) if request.path.startswith(problems.PREFIX) else _answer(409, "409")


def _page(error: Exception) -> Answer | Response:
    if request.path.startswith(problems.PREFIX):
        return problems.from_http(error)
    if not isinstance(error, HTTPException):
        return _answer(500, "500")
    if isinstance(error.response, Response):  # a view made its own page of it
        return error.response
    status = error.code or 500
    return _answer(status, str(status))


def _answer(status: int, name: str, words: str = "") -> Answer:
    if request.path.startswith(MACHINE_PATHS):
        error = {"status": status, "message": words or HTTPStatus(status).phrase, "request_id": request_id()}
        return jsonify(error=error), status
    try:
        return render_template("errors/error.html", name=name, status=status, words=words), status
    except Exception:  # what broke the page may break this one too: then say it without a template
        current_app.logger.exception("the error page failed")
        return Response(f"{translated(BARE)}\n{request_id()}\n", 500, mimetype="text/plain"), 500
