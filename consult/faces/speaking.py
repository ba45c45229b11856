"""Words in the language of the page: in views, in forms and refusals of the stages, in templates and their scripts."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

import flask_babel
from babel.support import NullTranslations
from flask import Flask
from markupsafe import Markup, escape

from consult.faces import catalogues
from consult.faces.languages import OFFICIAL, Language, language
from consult.text.sentences import Sentence, sentence


def gettext(pattern: str, /, **values: Any) -> str:
    """Return words of a face in the language of the page, with values in the places that they name."""
    return str(flask_babel.gettext(pattern, **values))


def translated(words: str) -> str:
    """Return a sentence, or words whose source is in the catalogue, in the language of the page."""
    if not words or language() is OFFICIAL:
        return words
    return words.through(gettext) if isinstance(words, Sentence) else gettext(words)


class _Catalogues(flask_babel.Domain):
    """Gives Flask-Babel the catalogue of the page's language."""

    def get_translations(self) -> NullTranslations:
        """Return what translates the present page."""
        return catalogues.translations(language().locale)


class _Babel(flask_babel.Babel):
    """Flask-Babel with catalogues that need no compiling."""

    @cached_property
    def domain_instance(self) -> flask_babel.Domain:
        """The catalogues."""
        return _Catalogues()


@cache
def _without_values(spoken: Language, context: str, pattern: str) -> str:
    """Return a translation without places; where nothing in it is markup, as plain text, which costs less to print."""
    words = _as_markup(spoken, context, pattern) % {}
    plain = str.__str__(words)
    return plain if escape(plain) == words else words


@cache
def _as_markup(spoken: Language, context: str, pattern: str) -> Markup:
    """Return a translated pattern as a template prints it; patterns are written in templates, so there are few."""
    catalogue = catalogues.translations(spoken.locale)
    return Markup(catalogue.upgettext(context, pattern) if context else catalogue.gettext(pattern))  # noqa: S704


def _said(pattern: str, /, **values: object) -> str:
    """Jinja's ``_()`` of the new style, but for pages that ask hundreds of times: values are escaped, % is %%."""
    return _as_markup(language(), "", pattern) % values if values else _without_values(language(), "", pattern)


def _said_of(context: str, pattern: str, /, **values: object) -> str:
    return _as_markup(language(), context, pattern) % values


def _counted(one: str, many: str, num: int, /, **values: object) -> Markup:
    catalogue = catalogues.translations(language().locale)
    return Markup(catalogue.ngettext(one, many, num)) % ({"num": num} | values)  # noqa: S704


def _script_words() -> dict[str, str]:
    return catalogues.script_words(language().locale)


def register(app: Flask) -> None:
    """Give templates their translations."""
    app.config["WTF_I18N_ENABLED"] = False  # it would read its own catalogue from the disk for every form
    _Babel(app, default_locale=OFFICIAL.locale, locale_selector=lambda: language().locale)
    environment = app.jinja_env
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters["translated"] = translated
    environment.globals.update(_=_said, gettext=_said, pgettext=_said_of, ngettext=_counted)
    environment.globals.update(sentence=sentence, script_words=_script_words)
