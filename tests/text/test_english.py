"""Anchors as English citations."""

from __future__ import annotations

import pytest

from consult.text.english import in_english


def test_anchors_in_english() -> None:
    assert in_english("art-12-para-2-item-3") == "Article 12, paragraph 2, item 3"
    assert in_english("art-12-1") == "Article 12-1"
    assert in_english("annex-1-art-5-x2") == "Annex 1, Article 5 (occurrence 2)"
    assert in_english("draft") == in_english("") == "The whole draft"


def test_what_is_no_anchor_is_refused() -> None:
    with pytest.raises(ValueError):
        in_english("elsewhere-3")
