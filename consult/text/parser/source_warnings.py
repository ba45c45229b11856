"""Adds warnings from the uploaded file (tables, pictures) to those that the parser found."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from consult.text.parser.tree import Draft, DraftWarning


def with_source_warnings(draft: Draft, remarks: Sequence[tuple[int, str, str]]) -> Draft:
    """Return the draft with a warning for each of `remarks`: line in the source, code, message."""
    if not remarks:
        return draft
    anchors: dict[int, str] = {}  # by the first line of a provision; the outermost where several begin together
    for node, _, _ in draft.walk():
        if node.place > 0:
            anchors.setdefault(node.place, node.anchor)
    places = sorted(anchors)

    def anchor_at(line: int) -> str:
        before = bisect_right(places, line)
        return anchors[places[before - 1]] if before else ""

    warnings = [DraftWarning(code, words, line, anchor_at(line)) for line, code, words in remarks]
    return replace(draft, warnings=tuple(sorted((*draft.warnings, *warnings), key=lambda warning: warning.line)))
