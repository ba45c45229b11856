"""Translation of the interface: the catalogues, and words in the language of the page for views, forms and templates.

The catalogues are read from their sources: nothing is compiled beforehand, so nothing can be stale.
"""

from __future__ import annotations

from functools import cache, cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import flask_babel
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask

from consult.faces.languages import OFFICIAL, language
from consult.text.sentences import Sentence, sentence

FOLDER = Path(__file__).resolve().parent.parent / "translations"
SCRIPTS = "static/"
"""Where messages of scripts come from, as the catalogues' references say."""


def catalogue_path(locale: str) -> Path:
    """Return the file of a language's catalogue."""
    return FOLDER / locale / "LC_MESSAGES" / "messages.po"


def read_catalogue(locale: str) -> Catalog:
    """Return a language's catalogue with references and comments."""
    with catalogue_path(locale).open("rb") as file:
        return read_po(file, locale=locale)


@cache
def translations(locale: str) -> NullTranslations:
    """Return what translates into a language; the language of the sources has no catalogue and needs none."""
    if not catalogue_path(locale).exists():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(locale))
    compiled.seek(0)
    return Translations(compiled)


@cache
def script_words(locale: str) -> dict[str, str]:
    """Return the translations that the pages' scripts ask for, by their sources."""
    if not catalogue_path(locale).exists():
        return {}
    return {
        str(message.id): str(message.string)
        for message in read_catalogue(locale)
        if message.id and any(name.startswith(SCRIPTS) for name, _line in message.locations)
    }


def gettext(pattern: str, /, **values: Any) -> str:
    """Return words of a face in the language of the page, with values in the places that they name."""
    if language() is OFFICIAL:  # the language of the sources: commands, which have no page, are in it
        return pattern % values if values else pattern
    return str(flask_babel.gettext(pattern, **values))


def translated(words: str) -> str:
    """Return a sentence, or words whose source is in the catalogue, in the language of the page."""
    if not words or language() is OFFICIAL:
        return words
    return words.translated(gettext) if isinstance(words, Sentence) else gettext(words)


class _Catalogues(flask_babel.Domain):
    """Gives Flask-Babel the catalogue of the page's language."""

    def get_translations(self) -> NullTranslations:
        """Return what translates the present page."""
        return translations(language().locale)


class _Babel(flask_babel.Babel):
    """Flask-Babel with catalogues that need no compiling."""

    @cached_property
    def domain_instance(self) -> flask_babel.Domain:
        """The catalogues."""
        return _Catalogues()


def _script_words() -> dict[str, str]:
    return script_words(language().locale)


def register(app: Flask) -> None:
    """Give templates their translations."""
    app.config["WTF_I18N_ENABLED"] = False  # it would read its own catalogue from the disk for every form
    _Babel(app, default_locale=OFFICIAL.locale, locale_selector=lambda: language().locale)
    environment = app.jinja_env
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters["translated"] = translated
    environment.globals.update(sentence=sentence, script_words=_script_words)
