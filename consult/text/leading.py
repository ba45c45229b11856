"""Which text leads a group and which joins it: candidates by shared keys, the most typical text first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nlargest

import numpy as np

from consult.text import asides
from consult.text.agreement import Addition, Reading, agree, conflicting
from consult.text.sketching import Numbers, band_keys

SHORT_TEXT = 160
"""Up to this length a text is also looked up sentence by sentence, and without salutation and thanks."""
SENTENCE_END = re.compile(r"(?<=[。！？；!?;\n])|\s{2,}")
SHORTEST_SENTENCE = 5
COMPARED_LEADERS, LARGE_GROUPS = 6, 2
"""Leaders that a text is compared with: those with which it shares the most keys, and those that most texts joined."""
LEADERS_OF_A_KEY = 24
"""Leaders remembered for a key: a phrase that everybody uses proposes no more than these."""
SHARED_KEYS = 2
"""Keys that longer texts must share to be compared; texts that say the same share seven or more."""
REMEMBERED_ADDITIONS = 100
STEPS = 2
"""How finely it counts how much others share of a text: so many steps from a number to its double."""
LOW = np.uint64(24)
"""Bits of a packed key that hold its row: up to 16 million texts and sentences at once."""


@dataclass(slots=True)
class Leader:
    reading: Reading
    number: int
    """How many lead groups before it."""
    additions: set[Addition] = field(default_factory=set)
    joined: int = 0
    """How many texts joined it."""

    def accepts(self, text: Reading, threshold: float) -> list[Addition] | None:
        """Return what a text adds if it says the same, and nothing against what others of the group added."""
        added = agree(self.reading, text, threshold)
        if added is None or conflicting(added, self.additions):
            return None
        return added

    def take(self, added: list[Addition]) -> None:
        """Remember a member and what it adds."""
        self.joined += 1
        if len(self.additions) < REMEMBERED_ADDITIONS:
            self.additions.update(added)


def join(text: Reading, votes: Mapping[int, int], leaders: Callable[[int], Leader], threshold: float) -> int | None:
    """Let a text join the first of the leaders that share most with it and say the same; return that leader.

    `votes` has the number of keys that each leader shares with the text.
    """
    fewest = 1 if len(text.content) <= SHORT_TEXT else SHARED_KEYS
    near = [(leader, shared) for leader, shared in votes.items() if shared >= fewest]
    near.sort(key=lambda pair: -pair[1])
    compared = [place for place, _ in near[:COMPARED_LEADERS]]
    if len(near) > COMPARED_LEADERS:
        rest = ((leaders(place).joined, place) for place, _ in near[COMPARED_LEADERS:])
        compared += [place for joined, place in nlargest(LARGE_GROUPS, rest) if joined]
    best: tuple[int, Leader, list[Addition]] | None = None
    for place in compared:
        leader = leaders(place)
        if best is None or leader.number < best[1].number:
            added = leader.accepts(text, threshold)
            if added is not None:
                best = place, leader, added
    if best is None:
        return None
    best[1].take(best[2])
    return best[0]


class Grouping:
    """One run over texts of different content."""

    def __init__(self, texts: list[str], contents: list[str], threshold: float) -> None:
        self._texts, self._contents, self._threshold = texts, contents, threshold
        self.leaders: dict[int, Leader] = {}

    def joined(self, keys: Numbers, copies: Numbers) -> dict[int, int]:
        """Return the leader of each text that joined another, both by place."""
        owners, keys = with_sentences(self._texts, self._contents, keys)
        holders, buckets, whole = _shared(owners, keys, len(self._contents))
        order = self._typical_first(holders, buckets, whole, copies)
        joined: dict[int, int] = {}
        known: dict[int, list[int]] = {}
        for place, shared in _in_order(holders, buckets, order):
            votes = Counter(leader for bucket in shared for leader in known.get(bucket, ()))
            text = Reading(self._texts[place], self._contents[place])
            leader = join(text, votes, self.leaders.__getitem__, self._threshold)
            if leader is not None:
                joined[place] = leader
                continue
            self.leaders[place] = Leader(text, len(self.leaders))
            for bucket in shared:
                leaders = known.setdefault(bucket, [])
                if len(leaders) < LEADERS_OF_A_KEY:
                    leaders.append(place)
        return joined

    def _typical_first(self, holders: Numbers, buckets: Numbers, whole: Numbers, copies: Numbers) -> Numbers:
        """Return the places by how much of a text others share, about; then by copies, the shortest first, by content.

        Of texts that as many share nearly as much of, the one that nobody added to is the best to compare with.
        """
        count = len(self._contents)
        spread = np.bincount(buckets, weights=copies[holders]) if len(buckets) else np.zeros(0)
        typical = np.bincount(holders[whole], weights=spread[buckets[whole]], minlength=count)
        lengths = np.fromiter(map(len, self._contents), dtype=np.int64, count=count)
        about = np.floor(STEPS * np.log2(typical, where=typical > 0, out=np.full(count, -1.0)))
        order = np.lexsort((lengths, -copies, -about))
        ordered = np.stack((about[order], copies[order], lengths[order]))
        for first, last in _runs(
            np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).all(axis=0) & (ordered[0, 1:] >= 0))
        ):
            order[first : last + 2] = sorted(order[first : last + 2].tolist(), key=self._contents.__getitem__)
        return order


def with_sentences(texts: list[str], contents: list[str], keys: Numbers) -> tuple[Numbers, Numbers]:
    """Return the keys with those of the sentences of short texts, and which text each row is of."""
    owners: list[int] = []
    pieces: list[str] = []
    for place, content in enumerate(contents):
        if len(content) <= SHORT_TEXT:
            for piece in _pieces(texts[place]):
                owners.append(place)
                pieces.append(piece)
    owned = np.arange(len(contents), dtype=np.int64)
    if not pieces:
        return owned, keys
    piece_contents, piece_keys = band_keys(pieces)
    long = np.fromiter((len(piece) >= SHORTEST_SENTENCE for piece in piece_contents), dtype=bool, count=len(pieces))
    return np.concatenate([owned, np.asarray(owners)[long]]), np.concatenate([keys, piece_keys[long]])


def _pieces(text: str) -> list[str]:
    """Return the sentences of a text, and the whole without salutation, who the writer is and thanks."""
    core = "".join(asides.told_apart(text)[0])
    sentences = [sentence for sentence in SENTENCE_END.split(text) if sentence.strip()]
    return [piece for piece in dict.fromkeys([core, *sentences]) if piece and piece != text]


def _runs(places: Numbers) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of consecutive numbers."""
    if places.size:
        for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1):
            yield int(run[0]), int(run[-1])


def _shared(owners: Numbers, keys: Numbers, texts: int) -> tuple[Numbers, Numbers, Numbers]:
    """Return (owner, bucket, whether the key is of the whole text) for each key of a band that another row has too."""
    rows = np.arange(len(keys), dtype=np.uint64)
    holders: list[Numbers] = []
    buckets: list[Numbers] = []
    whole: list[Numbers] = []
    base = 0
    for band in range(keys.shape[1]):
        packed = np.sort(high_bits(keys[:, band]) | rows)
        same = high_bits(packed[1:]) == high_bits(packed[:-1])
        shared = np.concatenate([[False], same]) | np.concatenate([same, [False]])
        begins = shared & ~np.concatenate([[False], same])
        numbers = np.cumsum(begins)[shared]
        sharing = low_bits(packed[shared])
        holders.append(owners[sharing])
        whole.append(sharing < texts)
        buckets.append(numbers + base)
        base += int(begins.sum())
    return np.concatenate(holders), np.concatenate(buckets), np.concatenate(whole)


def _in_order(holders: Numbers, buckets: Numbers, order: Numbers) -> Iterator[tuple[int, list[int]]]:
    """Yield the places that share a key, in the order given, with their buckets."""
    rank = np.empty(len(order), dtype=np.uint64)
    rank[order] = np.arange(len(order), dtype=np.uint64)
    packed = np.sort(rank[holders] << np.uint64(32) | buckets.astype(np.uint64))
    ranks = packed >> np.uint64(32)
    numbers = (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    if not len(ranks):
        return
    starts = np.flatnonzero(np.concatenate([[True], ranks[1:] != ranks[:-1]]))
    ends = np.append(starts[1:], len(ranks))
    places = order[ranks[starts].astype(np.int64)].tolist()
    for place, start, end in zip(places, starts.tolist(), ends.tolist(), strict=True):
        yield place, numbers[start:end].tolist()


def high_bits(packed: Numbers) -> Numbers:
    """Return the bits that hold the key."""
    shifted: Numbers = packed >> LOW << LOW
    return shifted


def low_bits(packed: Numbers) -> Numbers:
    """Return the bits that hold the row."""
    return (packed & np.uint64((1 << int(LOW)) - 1)).astype(np.int64)
