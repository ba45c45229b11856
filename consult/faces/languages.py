"""The languages of the pages for the public and for enterprises: which one a visitor reads, and how to change it.

The desk, the commands and the programs' interface speak Chinese alone. What is written by people (drafts, notices,
opinions, reasons) and what is published as a file is never translated.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from flask import Flask, Response, current_app, has_request_context, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from consult.app_context import settings
from consult.faces import cookies

PARAMETER = "lang"
COOKIE = "language"
YEAR_SECONDS = 31_536_000
CHINESE_PATHS = ("/desk", "/api/")
CHINESE_PAGES = ("public.feed", "public.calendar")
"""Subscriptions are read by programs, which keep one copy for all."""
KEPT_OUT = (PARAMETER, "key")
"""Parameters that an address in another language doesn't repeat."""


@dataclass(frozen=True, eq=False)
class Language:
    """A language of the interface: its name as its readers write it, its locale, and its tag (BCP 47)."""

    name: str
    locale: str
    tag: str


OFFICIAL = Language("简体", "zh_Hans_CN", "zh-Hans")
TRADITIONAL = Language("繁體", "zh_Hant", "zh-Hant")
ENGLISH = Language("English", "en", "en")
LANGUAGES = (OFFICIAL, TRADITIONAL, ENGLISH)
BY_TAG = {each.tag: each for each in LANGUAGES}
AS_THE_PAGE = Markup("")
IN_CHINESE = Markup(' lang="zh-Hans"')
TRADITIONAL_REGIONS = frozenset({"tw", "hk", "mo"})


_chosen: ContextVar[Language | None] = ContextVar("language", default=None)
"""The language of the present request, once something asked for it; pages ask hundreds of times."""


def language() -> Language:
    """Return the language of the present page; outside a request it is the official one."""
    held = _chosen.get()
    if held is None:
        if not has_request_context():
            return OFFICIAL
        held = _choose()
        _chosen.set(held)
    return held


def _choose() -> Language:
    """Return what the address asks for, else what the visitor chose before, else what the browser asks for."""
    if request.path.startswith(CHINESE_PATHS) or request.endpoint in CHINESE_PAGES:
        return OFFICIAL
    asked = BY_TAG.get(request.args.get(PARAMETER, "")) or BY_TAG.get(cookies.read(COOKIE))
    header = request.headers.get("Accept-Language", "")
    return asked or (_asked_by_browser(header, settings().language_from_browser) if header else OFFICIAL)


@lru_cache(maxsize=512)
def _asked_by_browser(header: str, follow: str) -> Language:
    """Return the first of the browser's languages (RFC 9110, section 12.5.4) that pages are given in unasked."""
    for tag, quality in parse_accept_header(header, LanguageAccept):
        primary, *rest = tag.lower().split("-")
        if not quality:
            continue
        if primary == "zh":
            return TRADITIONAL if _is_traditional(rest) else OFFICIAL
        if primary == "en" and follow == "any":
            return ENGLISH
    return OFFICIAL


def _is_traditional(subtags: list[str]) -> bool:
    """Say whether the subtags of a Chinese tag mean traditional characters: by script, else by region."""
    return "hant" in subtags or ("hans" not in subtags and not TRADITIONAL_REGIONS.isdisjoint(subtags))


def addresses() -> list[tuple[Language, str]]:
    """Return the address of this page in every language; of the home page where this one can't be asked for again.

    They are relative, so that no page repeats its own path: it may hold a secret.
    """
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in KEPT_OUT]
    base = "" if _can_be_asked_for() else url_for("public.home")
    start = f"{base}?{urlencode(kept)}&{PARAMETER}=" if kept else f"{base}?{PARAMETER}="
    return [(each, start + each.tag) for each in LANGUAGES]


def _can_be_asked_for() -> bool:
    if request.method in ("GET", "HEAD"):
        return True
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(request.path, method="GET")


def _answer(response: Response) -> Response:
    """Set ``Content-Language`` and ``Vary``, and store a choice in a cookie."""
    if _chosen.get() is not None and response.mimetype == "text/html":
        response.headers["Content-Language"] = language().tag
        response.vary.update(("Accept-Language", "Cookie"))
    if PARAMETER.encode() in request.query_string and not request.path.startswith(CHINESE_PATHS):
        chosen = BY_TAG.get(request.args.get(PARAMETER, ""))
        if chosen is not None:
            _remember(response, chosen)
    return response


def _remember(response: Response, chosen: Language) -> None:
    cookies.keep(response, COOKIE, chosen.tag, seconds=YEAR_SECONDS)


def original_language() -> Markup:
    """Return the attribute that marks text in the language of its writers, where the page around it is in another."""
    return AS_THE_PAGE if language() is OFFICIAL else IN_CHINESE


def _forget(_error: BaseException | None) -> None:
    _chosen.set(None)


def register(app: Flask) -> None:
    """Register the language headers, and the languages to choose from for templates."""
    app.jinja_env.globals.update(language=language, addresses=addresses, original_language=original_language)
    app.after_request(_answer)
    app.teardown_request(_forget)
