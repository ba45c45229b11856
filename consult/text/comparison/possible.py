"""Provisions that may be counterparts: rewritten, merged into another or split off, for a person to confirm.

What is left over on one side is compared with everything on the other by the pieces that few provisions share: what
every second article says (“由县级以上人民政府…责令改正”) counts little.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log, sqrt
from typing import Final

CARRIED: Final = 0.24  # share of a leftover's weight that a counterpart has and its known counterparts don't
ALIKE: Final = 0.165  # geometric mean of the two shares of common weight
CLEARLY: Final = 1.25  # how much more the best counterpart has than the second
SAME_MATTER: Final = (
    0.38  # mean of both shares from which a leftover belongs to a provision that others were matched to
)
WEAK: Final = 0.2  # share of the lighter text below which a pair found by its place alone is only possible
OF_A_MATCHED: Final = 0.2  # likeness from which something new may have been split off what has a counterpart
BESIDE: Final = 0.1  # share that suffices for the neighbour of a leftover that went the same way
RELATED: Final = (
    0.06  # share of the lighter text's weight that counterparts have in common, from which two are versions
)
UNITS: Final = 8  # units from which that share means something


@dataclass(frozen=True, slots=True)
class PossiblePair:
    """Indices of a provision of the older version and one of the newer; `score` (0 to 1) is the share carried over."""

    old: int
    new: int
    score: float


class Weighed:
    """Two lists of texts as sets of pieces of two and three characters, weighed by how few texts have a piece."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self.old, self.new = [_pieces(text) for text in old], [_pieces(text) for text in new]
        shared = Counter(piece for pieces in (*self.old, *self.new) for piece in pieces)
        number = len(self.old) + len(self.new)
        self.weights = {piece: log(number / n) for piece, n in shared.items()}

    def of(self, pieces: Iterable[str]) -> float:
        """Return the weight of pieces."""
        return sum(self.weights[piece] for piece in pieces)

    @cached_property
    def old_weights(self) -> list[float]:
        """The weight of each old text."""
        return [self.of(pieces) for pieces in self.old]

    @cached_property
    def new_weights(self) -> list[float]:
        """The weight of each new text."""
        return [self.of(pieces) for pieces in self.new]


def _pieces(text: str) -> frozenset[str]:
    letters = "".join(filter(str.isalnum, text))
    return frozenset(letters[at : at + size] for size in (2, 3) for at in range(len(letters) - size + 1))


def are_versions(weighed: Weighed, groups: Iterable[tuple[Sequence[int], Sequence[int]]]) -> bool:
    """Whether two lists of texts are versions of one, by what their counterparts have in common.

    Two different statutes share formulas (purpose, effect, crime) and nothing else: 0.03 at most in all that were
    tried; a statute and its complete revision 0.12 at least. Of few texts nothing can be said.
    """
    if min(len(weighed.old), len(weighed.new)) < UNITS:
        return True
    common = 0.0
    for old, new in groups:
        before = frozenset[str]().union(*(weighed.old[i] for i in old))
        common += weighed.of(before & frozenset[str]().union(*(weighed.new[j] for j in new)))
    return common >= RELATED * min(sum(weighed.old_weights), sum(weighed.new_weights))


def is_weak(weighed: Weighed, old: Sequence[int], new: Sequence[int]) -> bool:
    """Whether one provision was paired with one mostly by its place: they share little of what is theirs alone."""
    if len(old) != 1 or len(new) != 1 or min(len(weighed.old), len(weighed.new)) < UNITS:
        return False
    lighter = min(weighed.old_weights[old[0]], weighed.new_weights[new[0]])
    return weighed.of(weighed.old[old[0]] & weighed.new[new[0]]) < WEAK * lighter


def possible_pairs(
    weighed: Weighed, groups: Sequence[tuple[Sequence[int], Sequence[int]]], placed: Sequence[tuple[int, int]] = ()
) -> list[PossiblePair]:
    """Return what may be the counterparts of texts that have none, each side's, in the order of the older version.

    Arguments:
        groups: indices of the counterparts that are known; one without the other side is left over.
        placed: pairs that their place among the others suggests, and little else.
    """
    new_of: dict[int, set[int]] = defaultdict(set)
    old_of: dict[int, set[int]] = defaultdict(set)
    for old, new in groups:
        for i in old:
            new_of[i].update(new)
        for j in new:
            old_of[j].update(old)
    gone = [i for i in range(len(weighed.old)) if not new_of[i]]
    came = [j for j in range(len(weighed.new)) if not old_of[j]]
    forward = _Side(weighed, weighed.old, weighed.old_weights, weighed.new, weighed.new_weights, old_of)
    pairs = {(i, j): score for i, j, score in forward.offers(gone)}
    for i, j in pairs:
        new_of[i].add(j)  # what a leftover says beyond that may have gone elsewhere, too
    backward = _Side(weighed, weighed.new, weighed.new_weights, weighed.old, weighed.old_weights, new_of, is_newer=True)
    taken = {j for _, j in pairs}
    pairs |= {(i, j): score for j, i, score in backward.offers([j for j in came if j not in taken])}
    for i, j in placed:
        if not new_of[i] and not old_of[j] and j not in {new for _, new in pairs}:
            pairs[i, j] = weighed.of(weighed.old[i] & weighed.new[j]) / min(
                weighed.old_weights[i], weighed.new_weights[j]
            )
    return [PossiblePair(i, j, round(score, 3)) for (i, j), score in sorted(pairs.items())]


@dataclass(frozen=True)
class _Side:
    """One side's texts, whose leftovers are looked for among the other's.

    `known` are counterparts by the other's index.
    """

    weighed: Weighed
    texts: Sequence[frozenset[str]]
    text_weights: Sequence[float]
    other: Sequence[frozenset[str]]
    other_weights: Sequence[float]
    known: Mapping[int, set[int]]
    is_newer: bool = False

    def offers(self, leftovers: Sequence[int]) -> list[tuple[int, int, float]]:
        """Return leftover, counterpart and score; a neighbour that went the same way with them."""
        chosen = {at: best for at in leftovers if (best := self._best(at)) is not None}
        for at in leftovers:
            if at not in chosen and (beside := self._beside(at, chosen)) is not None:
                chosen[at] = beside
        return [(at, place, score) for at, (place, score) in chosen.items()]

    def _best(self, at: int) -> tuple[int, float] | None:
        weight = self.text_weights[at]
        if not weight:
            return None
        scored = sorted((self._scores(at, place) for place in self._candidates(at)), reverse=True)
        if scored:
            best, second = scored[0], scored[1][0] if len(scored) > 1 else 0.0
            least = OF_A_MATCHED if self.is_newer and self.known.get(best[2]) else ALIKE
            if best[0] >= CARRIED and best[1] >= least and best[0] >= CLEARLY * second:
                return best[2], best[0]
        by_likeness = sorted(scored, key=lambda score: -score[1])
        if by_likeness and self.known.get(by_likeness[0][2]):
            second = by_likeness[1][1] if len(by_likeness) > 1 else 0.0
            if by_likeness[0][1] >= max(SAME_MATTER, CLEARLY * second):
                return by_likeness[0][2], by_likeness[0][1]
        return None

    def _scores(self, at: int, place: int) -> tuple[float, float, int]:
        """Return the share of a leftover that a place alone explains, the likeness of the two, and the place."""
        common = self.texts[at] & self.other[place]
        known = frozenset[str]().union(*(self.texts[each] for each in self.known.get(place, ())))
        weight, whole = self.text_weights[at], self.weighed.of(common)
        likeness = whole / sqrt(weight * self.other_weights[place]) if self.other_weights[place] else 0.0
        return self.weighed.of(common - known) / weight, likeness, place

    def _candidates(self, at: int) -> list[int]:
        counts = Counter(place for piece in self.texts[at] for place in self._holders.get(piece, ()))
        return [place for place, _ in counts.most_common(12)]

    @cached_property
    def _holders(self) -> dict[str, list[int]]:
        """For each piece that few have, the other side's texts with it."""
        holders: dict[str, list[int]] = defaultdict(list)
        for place, pieces in enumerate(self.other):
            for piece in pieces:
                holders[piece].append(place)
        most = max(6, len(self.other) // 8)
        return {piece: places for piece, places in holders.items() if len(places) <= most}

    def _beside(self, at: int, chosen: Mapping[int, tuple[int, float]]) -> tuple[int, float] | None:
        for neighbour in (at - 1, at + 1):
            if neighbour in chosen and self.text_weights[at]:
                place = chosen[neighbour][0]
                common = self.weighed.of((self.texts[at] & self.other[place]) - self.texts[neighbour])
                if common / self.text_weights[at] >= BESIDE:
                    return place, common / self.text_weights[at]
        return None
