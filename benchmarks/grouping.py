"""How well and how fast opinions are grouped, with the same settings: plants in real messages, then made-up opinions.

Run: .venv/bin/python -m benchmarks.grouping [--corpus FILE.csv] [--big N] [--seeds N …] [--datasketch] [SIZE …]
The corpus has a column `body`. `--big` is the size of the largest planted group. `--datasketch` compares with its
MinHashLSH on the same shingles and permutations (it is no dependency: install it where you measure).
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, combinations, pairwise
from pathlib import Path
from types import ModuleType

from benchmarks import enemy_plants, held_out_plants, plants
from consult.text import sketching
from consult.text.group_index import Index
from consult.text.grouping import group

CORPUS = Path(__file__).parents[1].parent / "shared" / "corpus" / "citizen-messages.csv"
SIZES = (10_000, 100_000)
THRESHOLD = 0.75
GROUP_SIZES = (2, 3, 5, 8, 13, 20, 40)
LENGTHS = {"short": (12, 120), "middle": (120, 400), "long": (400, 5_000)}
BASES = 24
PAIR_LENGTHS = (15, 60, 200, 800)
PAIRS = 200
WORDS = 5_000
COPIES = 1 / 3
CHARACTERS = 200
NEWCOMERS = 200
SHARED_BANDS, MOST_OF_A_KEY = 4, 50
"""Bands of 32 that two messages share which resemble each other; messages compared for a key."""


def quality(bodies: list[str], made_by: ModuleType, seed: int, big: int) -> Iterator[str]:
    """Plant groups and opposite pairs among real messages; yield what became of them."""
    dice = random.Random(seed)
    pool = dice.sample(bodies, len(bodies))
    texts: list[str] = []
    marks: list[tuple[int, str, str]] = []
    taken: set[str] = set()
    number = 0
    single = sent_once(bodies)
    for length, (least, most) in LENGTHS.items():
        bases = [body for body in pool if least <= len(body) < most and body in single][:BASES]
        for n, base in enumerate(bases):
            taken.add(base)
            for k in range(big if big and n == 0 else GROUP_SIZES[n % len(GROUP_SIZES)]):
                kind = list(made_by.EDITS)[(k + n) % len(made_by.EDITS)] if k else "base"
                texts.append(made_by.EDITS[kind](base, dice) if k else base)
                marks.append((number, kind, length))
            number += 1
    fillers = [body for body in pool if body not in taken]
    texts += fillers
    planted, pairs = len(marks), len(texts)
    for n in range(PAIRS):
        words = made_by.OPPOSITES[n % len(made_by.OPPOSITES)]
        length = PAIR_LENGTHS[n // len(made_by.OPPOSITES) % len(PAIR_LENGTHS)]
        texts += plants.opposite_pair(words, length, fillers[n], dice, made_by.FRAMES)
    order = dice.sample(range(len(texts)), len(texts))
    of = {order[at]: n for n, members in enumerate(group([texts[n] for n in order], THRESHOLD)) for at in members}
    yield from _figures(of, marks, planted)
    merged = [
        made_by.OPPOSITES[n % len(made_by.OPPOSITES)]
        for n in range(PAIRS)
        if of[pairs + 2 * n] == of[pairs + 2 * n + 1]
    ]
    yield f"opposite pairs merged: {len(merged)} of {PAIRS} {merged or ''}"


@lru_cache(maxsize=1)
def _single(bodies: tuple[str, ...]) -> frozenset[str]:
    keys = sketching.band_keys(bodies)[1]
    shared: Counter[tuple[int, int]] = Counter()
    for band in keys.T:
        owners: dict[int, list[int]] = defaultdict(list)
        for at, key in enumerate(band.tolist()):
            owners[key].append(at)
        shared.update(pair for some in owners.values() for pair in combinations(some[:MOST_OF_A_KEY], 2))
    repeated = {at for pair, n in shared.items() if n >= SHARED_BANDS for at in pair}
    return frozenset(body for at, body in enumerate(bodies) if at not in repeated)


def sent_once(bodies: Sequence[str]) -> frozenset[str]:
    """Return the messages that no other one resembles: a plant in those that were sent twice has members unplanned."""
    return _single(tuple(bodies))


def _figures(of: Mapping[int, int], marks: Sequence[tuple[int, str, str]], planted: int) -> Iterator[str]:
    members_in: dict[int, Counter[int]] = defaultdict(Counter)
    inside: dict[int, Counter[int]] = defaultdict(Counter)
    for at, (number, _, _) in enumerate(marks):
        members_in[number][of[at]] += 1
    for at, n in of.items():
        inside[n][marks[at][0] if at < planted else -1] += 1
    met = sum(_pairs(counts.values()) for counts in members_in.values())
    wanted = sum(_pairs([counts.total()]) for counts in members_in.values())
    wrong = 0
    for counts in inside.values():
        others = counts.pop(-1, 0)
        wrong += _pairs([counts.total()]) - _pairs(counts.values()) + counts.total() * others
    yield (
        f"{len(members_in)} planted groups, {len(marks)} members, among {len(of):,} texts: "
        f"pairwise recall {met / wanted:.4f}, precision {met / (met + wrong):.4f}"
    )
    cells: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for at, (number, kind, length) in enumerate(marks):
        cells[kind, length][0] += members_in[number][of[at]] - 1
        cells[kind, length][1] += members_in[number].total() - 1
    for kind in dict.fromkeys(kind for kind, _ in cells):
        yield f"  {kind:<12}" + "".join(
            f"  {length} {cells[kind, length][0] / cells[kind, length][1]:.3f}" for length in LENGTHS
        )


def _pairs(counts: Iterable[int]) -> int:
    return sum(count * (count - 1) // 2 for count in counts)


def opinions(count: int, dice: random.Random) -> list[str]:
    """Make up opinions of 200 characters, words drawn by Zipf's law; a third are copies with a few changes."""
    words = [
        "".join(chr(0x4E00 + dice.randrange(3_000)) for _ in range(dice.choice((1, 2, 2, 2, 3)))) for _ in range(WORDS)
    ]
    weights = list(accumulate(1 / (rank + 10) for rank in range(WORDS)))
    made: list[str] = []
    for _ in range(count):
        if made and dice.random() < COPIES:
            made.append(_changed(dice.choice(made), dice))
            continue
        drawn = dice.choices(words, cum_weights=weights, k=CHARACTERS // 2)
        text = "".join(word + ("，" if at % 8 == 7 else "") for at, word in enumerate(drawn))
        made.append(text[: CHARACTERS - 1] + "。")
    return made


def _changed(text: str, dice: random.Random) -> str:
    letters = list(text)
    for _ in range(max(1, len(letters) // 30)):
        letters[dice.randrange(len(letters))] = dice.choice("的了请也就还再")
    return "".join(letters)


def speed(size: int, datasketch: bool) -> tuple[str, float]:
    """Group made-up opinions; return a line, and the time per opinion (seconds)."""
    texts = opinions(size, random.Random(size))
    sketching.contents(["预备"])
    started = time.process_time()
    sketching.band_keys(texts)
    one_pass = time.process_time() - started
    started = time.process_time()
    groups = group(texts, THRESHOLD)
    took = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = (
        f"{size:>9,} opinions: {len(groups):,} groups, {took:.1f} s CPU, {took / size * 1e6:.0f} µs each, "
        f"{took / one_pass:.1f} times a pass of sketching ({one_pass:.1f} s), {memory:,.0f} MB at most"
    )
    del groups
    if datasketch:
        theirs = _datasketch(texts)
        line += f"; datasketch {theirs:.1f} s, {theirs / took:.1f} times as long"
    return line, took / size


def _datasketch(texts: Sequence[str]) -> float:
    """Return the time that datasketch takes to sketch, look up and insert the same shingles."""
    from datasketch import MinHash, MinHashLSH

    contents = sketching.contents(texts)
    started = time.process_time()
    lsh = MinHashLSH(num_perm=sketching.PERMUTATIONS, params=(sketching.BANDS, sketching.ROWS))
    for at, content in enumerate(contents):
        sketch = MinHash(num_perm=sketching.PERMUTATIONS, seed=1)
        sketch.update_batch({content[n : n + sketching.SHINGLE].encode() for n in range(len(content) - 2)})
        lsh.query(sketch)
        lsh.insert(at, sketch, check_duplication=False)
    return time.process_time() - started


def newcomers(size: int) -> str:
    """Look up more opinions in an index of many; return a line with the longest time."""
    texts = opinions(size + NEWCOMERS, random.Random(size + 1))
    index = Index(texts[:size], THRESHOLD)
    took = []
    for text in texts[size:]:
        started = time.perf_counter()
        index.add(text)
        took.append(time.perf_counter() - started)
    took.sort()
    return f"one more into {size:,}: {took[NEWCOMERS // 2] * 1e3:.2f} ms in the middle, {took[-1] * 1e3:.2f} ms at most"


def main() -> None:
    """Print quality, then speed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--big", type=int, default=0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--datasketch", action="store_true")
    chosen = parser.parse_args()
    if chosen.corpus.exists():
        with chosen.corpus.open(encoding="utf-8-sig", newline="") as file:
            bodies = list(dict.fromkeys(row["body"].strip() for row in csv.DictReader(file)))
        for name, made_by in (
            ("Plants", plants),
            ("Held-out plants", held_out_plants),
            ("Plants of an adversary", enemy_plants),
        ):
            for seed in chosen.seeds:
                print(f"{name}, seed {seed}:", *quality(bodies, made_by, seed, chosen.big), sep="\n  ", flush=True)
    each: list[float] = []
    for size in chosen.sizes:
        line, seconds = speed(size, chosen.datasketch)
        each.append(seconds)
        print(line, flush=True)
    for (less, more), (before, after) in zip(pairwise(chosen.sizes), pairwise(each), strict=True):
        print(f"time per opinion at {more:,}: {after / before:.2f} times that at {less:,}")
    print(newcomers(chosen.sizes[-1]))


if __name__ == "__main__":
    main()
