"""The application object, which is set up in two steps: at once under a web server, each when needed under ``flask``.

Importing every page, report and parser takes several times what a command does (docs/decisions/0026). So ``flask``
gets an application that knows the names of its command groups; a group that is asked for sets up database and hooks,
and the first request, template or look at the addresses registers the pages.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any, cast

from flask import Flask
from flask.templating import Environment
from werkzeug.routing import Map

from consult.bounded_forms import BoundedRequest

ROOT = Path(__file__).resolve().parent.parent

Step = Callable[[Flask], None]


class Platform(Flask):
    """The application. Nothing in it is asynchronous: Flask would ask so of every function, in every request.

    Arguments:
        base: connects database, models and hooks; called before the first command, and before ``pages``.
        pages: registers the pages and all that goes with requests.
    """

    request_class = BoundedRequest

    def __init__(self, base: Step, pages: Step) -> None:
        self._lock = RLock()
        self._base: Step | None = None
        self._pages: Step | None = None
        super().__init__("consult", root_path=str(ROOT), template_folder="templates", static_folder="static")
        self.config["TEMPLATES_AUTO_RELOAD"] = False  # unset, choosing a debug mode would ask for the templates
        self._base, self._pages = base, pages

    def set_up_base(self) -> None:
        """Connect database, models and hooks, unless that was done."""
        with self._lock:
            step, self._base = self._base, None
            if step is not None:
                step(self)

    def set_up_pages(self) -> None:
        """Register everything that answers requests, unless that was done."""
        if self._pages is None:
            return
        with self._lock:
            self.set_up_base()
            step, self._pages = self._pages, None
            if step is not None:
                step(self)

    @property
    def secret_key(self) -> bytes:  # type: ignore[override]
        """What Flask signs sessions and forms with."""
        from consult import keys

        return keys.of_sessions()

    @property
    def url_map(self) -> Map:
        """The addresses; asked for by every request, by ``url_for`` and by ``flask routes``."""
        self.set_up_pages()
        return self._url_map

    @url_map.setter
    def url_map(self, addresses: Map) -> None:
        self._url_map = addresses

    def create_jinja_environment(self) -> Environment:
        """Return the templates' environment with the filters that the pages register."""
        self.set_up_pages()
        made = self.__dict__.get("jinja_env")  # registering pages asked for it, and changed it
        return cast(Environment, made) if made is not None else super().create_jinja_environment()

    def make_shell_context(self) -> dict[str, Any]:
        """Return the names of ``flask shell``, which may ask for anything."""
        self.set_up_pages()
        return super().make_shell_context()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func
