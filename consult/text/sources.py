"""What the file that a draft came in says about it: pointed at where it stands, as what the parser finds itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from consult.text.tree import Draft, DraftWarning


def pointing_at(draft: Draft, tables: Sequence[tuple[int, str]]) -> Draft:
    """Return the draft with a warning (`table`) at each of the tables: its first line in the source, and the words."""
    if not tables:
        return draft
    told = [DraftWarning("table", words, line, _anchor_at(draft, line)) for line, words in tables]
    return replace(draft, warnings=tuple(sorted((*draft.warnings, *told), key=lambda one: one.line)))


def _anchor_at(draft: Draft, line: int) -> str:
    """The anchor of the provision that a line of the source belongs to; "" above the first."""
    before = [step.provision for step in draft.walk() if 0 < step.provision.place <= line]
    return max(before, key=lambda node: node.place).anchor if before else ""
