"""The check of the house's English finds what it looks for, and nothing in rooms that are done."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import plain_english


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(plain_english, "ROOT", tmp_path)

    def of(source: str) -> list[str]:
        path = tmp_path / "module.py"
        path.write_text(source, encoding="utf-8")
        return list(plain_english.faults(path))

    return of


def test_phrases_are_found_in_docstrings_and_comments(faults):
    assert len(faults('"""Read anew."""\n')) == 1
    assert len(faults("x = 1  # whoever is told of it\n")) == 1
    assert faults('x = "anew"\n') == []


def test_names_that_say_nothing_are_found(faults):
    assert len(faults("def f(one):\n    found = one\n    for said in found:\n        pass\n")) == 3
    assert faults("row = 1\nrow.found = 2\n") == []


def test_the_rooms_that_are_done_hold_none(capsys):
    assert plain_english.main() == 0, capsys.readouterr().out
