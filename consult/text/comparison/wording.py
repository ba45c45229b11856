"""Compares two texts character by character, in pieces that a reader can follow."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from rapidfuzz.distance import Indel

_CRUMB = 2  # kept characters between two changes that are too few to be shown as kept


class Op(StrEnum):
    """Whether a piece of text was kept, deleted or inserted."""

    KEEP = "keep"
    DELETE = "delete"
    INSERT = "insert"


class Piece(NamedTuple):
    """A run of characters that was kept, deleted or inserted."""

    op: Op
    text: str


def changed_characters(old: str, new: str) -> tuple[Piece, ...]:
    """Compare two texts: kept and deleted pieces in order give `old`, kept and inserted ones give `new`.

    One or two characters kept by chance inside a changed passage count as changed, so that the passage stays whole.
    """
    if old == new:
        return (Piece(Op.KEEP, old),) if old else ()
    runs: list[tuple[str, str, str]] = []  # kept, deleted, inserted
    for code in Indel.opcodes(old, new):
        before, after = old[code.src_start : code.src_end], new[code.dest_start : code.dest_end]
        if code.tag == "equal":
            runs.append((before, "", ""))
        elif runs and not runs[-1][0]:
            runs[-1] = ("", runs[-1][1] + before, runs[-1][2] + after)
        else:
            runs.append(("", before, after))
    return _pieces(_without_crumbs(runs))


def _without_crumbs(runs: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Merge very short kept text into the changes around it, unless it ends a clause."""
    folded: list[tuple[str, str, str]] = []
    for index, (kept, deleted, inserted) in enumerate(runs):
        crumb = kept and 0 < index < len(runs) - 1 and len(kept) <= _CRUMB and _is_between_big(runs, index)
        if crumb:
            deleted, inserted, kept = kept, kept, ""
        if folded and not kept and not folded[-1][0]:
            folded[-1] = ("", folded[-1][1] + deleted, folded[-1][2] + inserted)
        else:
            folded.append((kept, deleted, inserted))
    return folded


def _is_between_big(runs: list[tuple[str, str, str]], index: int) -> bool:
    """Whether the changes on both sides are longer than the kept text between them."""
    size = len(runs[index][0])
    return all(max(len(runs[at][1]), len(runs[at][2])) > size for at in (index - 1, index + 1))


def _pieces(runs: list[tuple[str, str, str]]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for kept, deleted, inserted in runs:
        if kept:
            pieces.append(Piece(Op.KEEP, kept))
        if deleted:
            pieces.append(Piece(Op.DELETE, deleted))
        if inserted:
            pieces.append(Piece(Op.INSERT, inserted))
    return tuple(pieces)
