"""Translations are complete: every sentence of public pages and portal is in both catalogues, whole and alike."""

from __future__ import annotations

import pytest

from consult.faces import i18n
from scripts import translations


def test_translations_are_complete() -> None:
    assert translations.complaints() == []


@pytest.mark.parametrize("locale", [translations.TRADITIONAL, translations.ENGLISH])
def test_a_catalogue_is_as_make_translations_writes_it(locale: str) -> None:
    assert translations.written(translations.updated(locale)) == i18n.catalogue_path(locale).read_bytes()


@pytest.mark.parametrize(
    ("translation", "complaint"),
    [
        ("", "not translated"),
        ("In %(place)s", "other places"),
        ("在 %(later)s", "still Chinese"),
        ("In <b>%(later)s", "tags"),
    ],
)
def test_a_translation_unlike_its_source_is_named(translation: str, complaint: str) -> None:
    catalog = i18n.Catalog(locale="en")
    catalog.add("在%(later)s里", translation)
    [fault] = translations.faults("en", catalog)
    assert complaint in fault


def test_words_that_nobody_marked_are_named() -> None:
    tree = translations.jinja().parse(
        "<p>{{ _('甲') }}乙{{ '丙' }}{% trans %}丁{% endtrans %}{{ f(_('戊'), x='己') }}</p>"
    )
    assert [words for words, _line in translations.bare_words(tree)] == ["乙", "丙", "己"]
