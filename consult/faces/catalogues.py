"""The catalogues of the interface, read as they stand: nothing is compiled, so nothing can be stale."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).resolve().parent.parent / "translations"
SCRIPTS = "static/"
"""Where messages of scripts come from, as the catalogues' references say."""


def path_of(locale: str) -> Path:
    """Return the file of a language's catalogue."""
    return FOLDER / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> Catalog:
    """Return a language's catalogue with references and comments."""
    with path_of(locale).open("rb") as file:
        return read_po(file, locale=locale)


@cache
def translations(locale: str) -> NullTranslations:
    """Return what translates into a language; the language of the sources has no catalogue and needs none."""
    if not path_of(locale).exists():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read(locale))
    compiled.seek(0)
    return Translations(compiled)


@cache
def script_words(locale: str) -> dict[str, str]:
    """Return the translations that the pages' scripts ask for, by their sources."""
    if not path_of(locale).exists():
        return {}
    return {
        str(message.id): str(message.string)
        for message in read(locale)
        if message.id and any(name.startswith(SCRIPTS) for name, _line in message.locations)
    }
