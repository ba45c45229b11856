"""Words in the language of the page: in views, in forms and refusals of the stages, in templates and their scripts."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import flask_babel
from babel.support import NullTranslations
from flask import Flask

from consult.faces import catalogues
from consult.faces.languages import OFFICIAL, language
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


def _script_words() -> dict[str, str]:
    return catalogues.script_words(language().locale)


def register(app: Flask) -> None:
    """Give templates their translations."""
    app.config["WTF_I18N_ENABLED"] = False  # it would read its own catalogue from the disk for every form
    _Babel(app, default_locale=OFFICIAL.locale, locale_selector=lambda: language().locale)
    environment = app.jinja_env
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters["translated"] = translated
    environment.globals.update(sentence=sentence, script_words=_script_words)
