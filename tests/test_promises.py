"""No sentence says that the platform does something that no code does: each names its verb or test."""

from __future__ import annotations

from scripts import promises


def test_every_sentence_that_promises_something_names_what_does_it() -> None:
    missing = {f"{where}: {words}" for words, where in promises.sentences().items() if words not in promises.entries()}
    assert missing == set(), "add an entry to tests/promises.toml, or say what is true"


def test_every_entry_has_its_sentence_and_what_does_it() -> None:
    stated = promises.sentences()
    assert [words for words in promises.entries() if words not in stated] == []
    assert [
        entry["by"] for entry in promises.entries().values() if "by" in entry and not promises.is_there(entry["by"])
    ] == []
    assert all(("by" in entry) != ("no_promise" in entry) for entry in promises.entries().values())


def test_a_sentence_of_a_template_a_verb_and_a_script_is_found() -> None:
    page = '{% trans n=1 %}<b>到期</b>删除 {{ n }} 件。{% endtrans %}{{ _("系统会提醒您。") }}'
    assert list(promises._of_template(page)) == ["系统会提醒您。", "<b>到期</b>删除 … 件。…"]
    assert list(promises._of_module('x = f"{n} 天后自动删除。"\ny = "(?:自动)回复"')) == ["… 天后自动删除。"]


def test_a_verb_or_test_that_is_gone_is_noticed() -> None:
    assert promises.is_there("consult.privacy.retention:run")
    assert promises.is_there("tests/test_promises.py::test_a_verb_or_test_that_is_gone_is_noticed")
    assert not promises.is_there("consult.privacy.retention:gone")
    assert not promises.is_there("consult.gone:run")
    assert not promises.is_there("tests/test_promises.py::test_gone")
