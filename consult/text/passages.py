"""Finds a passage in the text that it was taken from, though blanks, widths, look-alikes or masks differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from consult.text.privacy.kinds import Kind
from consult.text.privacy.normalised import normalise

_MASK = re.compile("|".join(re.escape(f"【{kind.label.words}】") for kind in Kind))
MASKED = 120
"""Letters that a mask stands for at most; one at the beginning or the end isn't part of what is found."""

Piece = tuple[str, int | None]
"""Characters of a text, and the place of the passage that they belong to."""


def span_of(passage: str, text: str) -> tuple[int, int] | None:
    """Return where a passage stands in a text (characters, end exclusive), or None where it doesn't."""
    flat = normalise(text)
    letters = [place for place, character in enumerate(flat.text) if not character.isspace()]
    searched = "".join(flat.text[place] for place in letters)
    known = ["".join(normalise(part).text.split()) for part in _MASK.split(passage)]
    place = _place([words for words in known if words], searched)
    return flat.original(letters[place[0]], letters[place[1] - 1] + 1) if place is not None else None


def _place(known: Sequence[str], searched: str) -> tuple[int, int] | None:
    """Return where words stand one after the other, with no more between them than masks stand for."""
    if not known:
        return None
    first, *rest = known
    start = searched.find(first)
    while start >= 0:
        end = start + len(first)
        for words in rest:
            at = searched.find(words, end + 1, end + MASKED + len(words))
            if at < 0:
                break
            end = at + len(words)
        else:
            return start, end
        start = searched.find(first, start + 1)
    return None


def pieces(text: str, spans: Sequence[tuple[int, int] | None]) -> list[Piece]:
    """Cut a text where spans begin and end; where they overlap, the first of them holds."""
    edges = sorted({0, len(text), *(edge for span in spans if span is not None for edge in span)})
    cut: list[Piece] = []
    for start, end in pairwise(edges):
        holder = next(
            (at for at, span in enumerate(spans) if span is not None and span[0] <= start and end <= span[1]), None
        )
        if cut and cut[-1][1] == holder:
            cut[-1] = (cut[-1][0] + text[start:end], holder)
        else:
            cut.append((text[start:end], holder))
    return cut
