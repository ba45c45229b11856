"""Recognises provisions that were split off from a neighbour, or merged with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from consult.text.comparison.matching import Grams, Pair, shared_part

_CARRIED: Final = 0.2  # share of an unmatched text that was in its neighbour's counterpart and is gone from there
_CARRIED_FAR: Final = 0.6  # the same for a text that is not a neighbour
_LINE_CARRIED: Final = 0.5  # similarity of a paragraph to one that the neighbour's counterpart has lost
_CLEARLY: Final = 0.1  # how much more similar it must be to the unmatched text than to what stayed


@dataclass(slots=True)
class Group:
    """Counterparts by their indices in the two versions."""

    old: list[int]
    new: list[int]
    moved: bool = False


class _Side:
    """The texts of one version, with their pieces and lines."""

    def __init__(self, texts: list[str]) -> None:
        self.grams = [Grams(text) for text in texts]
        self.lines = [[line for line in text.split("\n") if line] for text in texts]


def regroup(pairs: list[Pair], old: list[str], new: list[str]) -> list[Group]:
    """Groups of counterparts: an unmatched text joins the pair it was split from or merged into, or remains alone."""
    left, right = _Side(old), _Side(new)
    groups = [Group([pair.old], [pair.new], pair.moved) for pair in pairs]
    by_old = {pair.old: group for pair, group in zip(pairs, groups, strict=True)}
    by_new = {pair.new: group for pair, group in zip(pairs, groups, strict=True)}
    counterpart_of_new = {pair.new: pair.old for pair in pairs}
    counterpart_of_old = {pair.old: pair.new for pair in pairs}
    alone: list[Group] = []
    for j in range(len(new)):
        if j in by_new:
            continue
        source = _source(j, right, left, counterpart_of_new)
        if source is None:
            alone.append(Group([], [j]))
        else:
            by_old[source].new.append(j)
    for i in range(len(old)):
        if i in by_old:
            continue
        target = _source(i, left, right, counterpart_of_old)
        if target is None or len(by_new[target].new) > 1:
            alone.append(Group([i], []))
        else:
            by_new[target].old.append(i)
    for group in groups:
        group.old.sort()
        group.new.sort()
    return groups + alone


def _source(leftover: int, own_side: _Side, other: _Side, counterparts: dict[int, int]) -> int | None:
    """The provision of the other version from which `leftover` was split off, or into which it was merged.

    `counterparts` maps indices on the leftover's side to indices on the other.
    """
    if not own_side.grams[leftover].pieces:
        return None
    before = max((at for at in counterparts if at < leftover), default=None)
    after = min((at for at in counterparts if at > leftover), default=None)
    near = [at for at in (before, after) if at is not None]
    scored = [(_carried(leftover, at, counterparts[at], own_side, other), counterparts[at]) for at in near]
    best = max(scored, default=(0.0, -1))
    if best[0] >= _CARRIED:
        return best[1]
    far = max(
        (
            (shared_part(own_side.grams[leftover], other.grams[place], own_side.grams[at]), place)
            for at, place in counterparts.items()
            if at not in near and len(own_side.lines[leftover]) <= len(other.lines[place])
        ),
        default=(0.0, -1),
    )
    return far[1] if far[0] >= _CARRIED_FAR else None


def _carried(leftover: int, sibling: int, whole: int, own_side: _Side, other: _Side) -> float:
    """The share of `leftover` that is in `whole` but no longer in its counterpart `sibling`, from 0 to 1."""
    share = shared_part(own_side.grams[leftover], other.grams[whole], own_side.grams[sibling])
    if len(other.lines[whole]) == 1:
        return share
    return max(
        share, *(_line_carried(line, own_side.lines[leftover], own_side.lines[sibling]) for line in other.lines[whole])
    )


def _line_carried(line: str, leftover: list[str], sibling: list[str]) -> float:
    """The similarity of a paragraph to the leftover's, if it is clearly less similar to any that stayed."""
    here = max((fuzz.ratio(line, other) / 100 for other in leftover), default=0.0)
    if here < _LINE_CARRIED:
        return 0.0
    stayed = max((fuzz.ratio(line, other) / 100 for other in sibling), default=0.0)
    return here if here > stayed + _CLEARLY else 0.0
