"""Adds warnings from the uploaded file (tables) to those that the parser found."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from consult.text.parser.tree import Draft, DraftWarning


def with_table_warnings(draft: Draft, tables: Sequence[tuple[int, str]]) -> Draft:
    """Return the draft with a warning (code `table`) for each of `tables`: first line in the source, message."""
    if not tables:
        return draft
    anchors: dict[int, str] = {}  # by the first line of a provision; the outermost where several begin together
    for node, _, _ in draft.walk():
        if node.place > 0:
            anchors.setdefault(node.place, node.anchor)
    places = sorted(anchors)

    def anchor_at(line: int) -> str:
        before = bisect_right(places, line)
        return anchors[places[before - 1]] if before else ""

    warnings = [DraftWarning("table", words, line, anchor_at(line)) for line, words in tables]
    return replace(draft, warnings=tuple(sorted((*draft.warnings, *warnings), key=lambda warning: warning.line)))
