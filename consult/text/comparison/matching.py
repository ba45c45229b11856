"""Finds counterparts in two lists of texts, whatever their order."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz

SURE: Final = 0.85  # similarity from which two texts are counterparts wherever they are
LIKELY: Final = 0.6  # similarity from which unmatched texts out of order count as moved and changed
POSSIBLE: Final = 0.3  # similarity from which texts between the same neighbours are counterparts
_SOME: Final = 0.08  # share of the shorter text's pieces that must be kept for two texts to be compared at all
_SIGNIFICANT: Final = 8  # pieces of a text from which their share is significant
_ALL_PAIRS: Final = 60_000  # number of pairs up to which all are compared
_CANDIDATES: Final = 12  # new texts compared with each old one in a long draft
_END: Final = 10**9


@dataclass(frozen=True, slots=True)
class Pair:
    """Two counterparts by their indices in the lists; `moved` if their order among the others has changed."""

    old: int
    new: int
    moved: bool


class Grams:
    """The overlapping three-character pieces of a text, for measuring how much of it occurs in another."""

    __slots__ = ("pieces",)

    def __init__(self, text: str) -> None:
        compact = "".join(text.split())
        self.pieces = {compact[at : at + 3] for at in range(max(1, len(compact) - 2))} if compact else set()


def shared_part(part: Grams, whole: Grams, without: Grams | None = None) -> float:
    """The share of `part` that occurs in `whole` and not in `without`, from 0 to 1."""
    if not part.pieces:
        return 0.0
    common = part.pieces & whole.pieces
    if without is not None:
        common = common - without.pieces
    return len(common) / len(part.pieces)


def match_texts(old: list[str], new: list[str]) -> list[Pair]:
    """Pair the texts of two versions, each at most once.

    Identical texts come first, then very similar ones; the remaining texts between the same neighbours are aligned in
    order; those still unmatched but similar have moved. Returns the pairs in the order of `old`.
    """
    matched = _identical(old, new)
    rest_old = [i for i in range(len(old)) if i not in matched]
    taken = set(matched.values())
    rest_new = [j for j in range(len(new)) if j not in taken]
    likeness = Similarity([old[i] for i in rest_old], [new[j] for j in rest_new])
    _pair_most_similar(likeness, rest_old, rest_new, matched)
    _align_between(likeness, rest_old, rest_new, matched)
    _pair_moved(likeness, rest_old, rest_new, matched)
    in_order = _longest_in_order(matched)
    return [Pair(i, matched[i], i not in in_order) for i in sorted(matched)]


def _identical(old: list[str], new: list[str]) -> dict[int, int]:
    """Identical texts, in order where a text occurs several times."""
    places: dict[str, list[int]] = defaultdict(list)
    for j in range(len(new) - 1, -1, -1):
        places["".join(new[j].split())].append(j)
    matched: dict[int, int] = {}
    for i, text in enumerate(old):
        if indices := places.get("".join(text.split())):
            matched[i] = indices.pop()
    return matched


class Similarity:
    """The similarity of each old text to each new one, from 0 to 1; anything below POSSIBLE counts as 0.

    Similarity is the share of the longest common subsequence, or, where one text has grown a lot, how much of the
    shorter one was kept.
    """

    def __init__(self, old: list[str], new: list[str]) -> None:
        self._old, self._new = old, new
        self._old_grams, self._new_grams = [Grams(text) for text in old], [Grams(text) for text in new]
        self.rows = [self._row(a, candidates) for a, candidates in enumerate(self._candidates())]

    def _candidates(self) -> list[list[int]]:
        """For each old text the new ones to compare: all, or in a long draft those that share most rare pieces."""
        everything = list(range(len(self._new)))
        if len(self._old) * len(self._new) <= _ALL_PAIRS:
            return [everything] * len(self._old)
        holders: dict[str, list[int]] = defaultdict(list)
        for b, grams in enumerate(self._new_grams):
            for piece in grams.pieces:
                holders[piece].append(b)
        rare = {piece: having for piece, having in holders.items() if len(having) <= max(4, len(self._new) // 50)}
        chosen: list[list[int]] = []
        for grams in self._old_grams:
            counts = Counter(b for piece in grams.pieces for b in rare.get(piece, ()))
            chosen.append([b for b, _ in counts.most_common(_CANDIDATES)])
        return chosen

    def _row(self, a: int, candidates: list[int]) -> dict[int, float]:
        row: dict[int, float] = {}
        text, grams = self._old[a], self._old_grams[a].pieces
        for b in candidates:
            ratio = fuzz.ratio(text, self._new[b]) / 100
            if ratio < SURE:
                others = self._new_grams[b].pieces
                shorter = min(len(grams), len(others))
                if shorter >= _SIGNIFICANT:
                    kept = len(grams & others) / shorter
                    ratio = max(ratio if kept >= _SOME else 0.0, 0.5 * ratio + 0.45 * kept)
            if ratio >= POSSIBLE:
                row[b] = ratio
        return row


def _pair_most_similar(likeness: Similarity, rest_old: list[int], rest_new: list[int], matched: dict[int, int]) -> None:
    """Pair texts that are each other's most similar, with a similarity of at least SURE."""
    best_old: dict[int, tuple[float, int]] = {}
    for a, row in enumerate(likeness.rows):
        for b, score in row.items():
            if score > best_old.get(b, (0.0, 0))[0]:
                best_old[b] = (score, a)
    for a, row in enumerate(likeness.rows):
        if not row:
            continue
        b = max(row, key=lambda column: (row[column], -column))
        if row[b] >= SURE and best_old[b][1] == a:
            matched[rest_old[a]] = rest_new[b]


def _align_between(likeness: Similarity, rest_old: list[int], rest_new: list[int], matched: dict[int, int]) -> None:
    """Align in order the texts between the same neighbours, maximising the sum of similarity."""
    backbone = _longest_in_order(matched)
    taken = set(matched.values())
    fences = [(-1, -1), *((i, matched[i]) for i in sorted(backbone)), (_END, _END)]
    a = b = 0
    for (_, _), (i1, j1) in pairwise(fences):
        rows, columns = [], []
        while a < len(rest_old) and rest_old[a] < i1:
            if rest_old[a] not in matched:
                rows.append(a)
            a += 1
        while b < len(rest_new) and rest_new[b] < j1:
            if rest_new[b] not in taken:
                columns.append(b)
            b += 1
        if rows and columns:
            for row, column in _best_alignment(likeness, rows, columns):
                matched[rest_old[row]] = rest_new[column]


def _best_alignment(likeness: Similarity, rows: list[int], columns: list[int]) -> list[tuple[int, int]]:
    """The order-keeping pairs of rows and columns with the greatest sum of similarity."""
    best = [[0.0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for a in range(len(rows) - 1, -1, -1):
        here, below, scores = best[a], best[a + 1], likeness.rows[rows[a]]
        for b in range(len(columns) - 1, -1, -1):
            score = scores.get(columns[b], 0.0)
            here[b] = max(below[b + 1] + score if score else 0.0, below[b], here[b + 1])
    pairs: list[tuple[int, int]] = []
    a = b = 0
    while a < len(rows) and b < len(columns):
        score = likeness.rows[rows[a]].get(columns[b], 0.0)
        if score and best[a][b] == best[a + 1][b + 1] + score:
            pairs.append((rows[a], columns[b]))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return pairs


def _pair_moved(likeness: Similarity, rest_old: list[int], rest_new: list[int], matched: dict[int, int]) -> None:
    """Pair the remaining similar texts, the most similar first."""
    taken = set(matched.values())
    candidates = sorted(
        (-score, a, b)
        for a, row in enumerate(likeness.rows)
        if rest_old[a] not in matched
        for b, score in row.items()
        if score >= LIKELY and rest_new[b] not in taken
    )
    for _, a, b in candidates:
        if rest_old[a] not in matched and rest_new[b] not in taken:
            matched[rest_old[a]] = rest_new[b]
            taken.add(rest_new[b])


def heaviest_in_order(matched: dict[int, int], weights: Mapping[int, int]) -> set[int]:
    """Return the old indices of the heaviest set of pairs that keep their order; the others have moved.

    Arguments:
        weights: of each pair by its old index, at least 1.
    """
    ranks = {j: rank for rank, j in enumerate(sorted(matched.values()), start=1)}
    best: list[tuple[int, int]] = [(0, -1)] * (len(ranks) + 1)  # a Fenwick tree of the heaviest set up to each rank
    before: dict[int, int] = {}
    last = (0, -1)
    for i in sorted(matched):
        rank, top = ranks[matched[i]], (0, -1)
        at = rank - 1
        while at > 0:
            top = max(top, best[at])
            at -= at & -at
        before[i] = top[1]
        here = (top[0] + weights[i], i)
        last = max(last, here)
        at = rank
        while at < len(best):
            best[at] = max(best[at], here)
            at += at & -at
    kept: set[int] = set()
    step = last[1]
    while step >= 0:
        kept.add(step)
        step = before[step]
    return kept


def _longest_in_order(matched: dict[int, int]) -> set[int]:
    """The old indices of the longest set of pairs that keep their order; the others have moved."""
    tails: list[int] = []
    tail_of: list[int] = []
    before: dict[int, int | None] = {}
    for i in sorted(matched):
        at = bisect_left(tails, matched[i])
        before[i] = tail_of[at - 1] if at else None
        if at == len(tails):
            tails.append(matched[i])
            tail_of.append(i)
        else:
            tails[at], tail_of[at] = matched[i], i
    kept: set[int] = set()
    step: int | None = tail_of[-1] if tail_of else None
    while step is not None:
        kept.add(step)
        step = before[step]
    return kept
