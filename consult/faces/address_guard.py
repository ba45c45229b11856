"""What no request may hold, refused once for all pages: numbers beyond any row, NUL characters, halves of characters.

PostgreSQL stores no NUL and neither database a number beyond 64 bits; a query with one would be an error of the server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import BadRequest, SecurityError, UnsupportedMediaType
from werkzeug.routing import IntegerConverter, Map

from consult.faces.row_ids import LARGEST
from consult.text.sentences import sentence

JSON_INTERFACE = "/api/"
View = TypeVar("View", bound=Callable[..., Any])
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class RowId(IntegerConverter):
    """A number in a path that a row can have; for any other there is no such page."""

    def __init__(self, url_map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(url_map, *args, **kwargs)
        self.max = LARGEST if self.max is None else min(self.max, LARGEST)


def register(app: Flask) -> None:
    """Guard every address; registered before any page, whose rules take the converter from here."""
    app.url_map.converters["int"] = RowId
    app.before_request(_refuse_address)


class Unstorable(BadRequest):
    """A request holds what can't be stored."""

    description = sentence("内容里有不能保存的字符（空字符或者半个字符），没有处理。请回到上一页，删去后再提交。")


def cleans_text(view: View) -> View:
    """Say that what is typed into a page is cleaned where it is stored: no text is refused for a character."""
    view.cleans_text = True  # type: ignore[attr-defined]
    return view


def takes_json(view: View) -> View:
    """Say that a page reads a JSON document itself, and stores nothing of it; every other page takes forms only."""
    view.takes_json = True  # type: ignore[attr-defined]
    return view


def refuse_body() -> None:
    """Refuse a form with what can't be stored, and JSON in place of one; once the limits of the request are set.

    Flask-WTF fills forms from JSON of any shape, which their fields don't expect.

    Raises:
        Unstorable: says so.
        UnsupportedMediaType: the page takes no JSON.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if request.path.startswith(JSON_INTERFACE) or getattr(view, "takes_json", False):
        return
    if request.is_json and view is not None and request.method == "POST":
        raise UnsupportedMediaType
    if not getattr(view, "cleans_text", False):
        _check(_body())


def _refuse_address() -> None:
    if isinstance(request.routing_exception, SecurityError):  # before anything is answered by a page of the site
        raise request.routing_exception
    if not request.path.startswith(JSON_INTERFACE):  # which describes its answers, and checks each value against that
        _check(_address())


def _check(texts: Iterator[str]) -> None:
    if any(UNSTORABLE.search(text) for text in texts):
        raise Unstorable


def _address() -> Iterator[str]:
    yield request.path
    for fields in (request.args, request.cookies):
        for name, values in fields.lists():
            yield name
            yield from values
    for _, value in request.headers:
        yield value


def _body() -> Iterator[str]:
    for name, values in request.form.lists():
        yield name
        yield from values
    for name, file in request.files.items(multi=True):
        yield name
        yield file.filename or ""
