"""What the file that a draft came in says about it: pointed at where it stands, as what the parser finds itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from consult.text.tree import Draft, DraftWarning


def pointing_at(draft: Draft, tables: Sequence[tuple[int, str]]) -> Draft:
    """Return the draft with a warning (`table`) at each of the tables: its first line in the source, and the words."""
    if not tables:
        return draft
    anchors: dict[int, str] = {}  # by the line that a provision begins on; the outermost of those that begin together
    for node, _, _ in draft.walk():
        if node.place > 0:
            anchors.setdefault(node.place, node.anchor)
    places = sorted(anchors)

    def anchor_at(line: int) -> str:
        before = bisect_right(places, line)
        return anchors[places[before - 1]] if before else ""

    told = [DraftWarning("table", words, line, anchor_at(line)) for line, words in tables]
    return replace(draft, warnings=tuple(sorted((*draft.warnings, *told), key=lambda one: one.line)))
