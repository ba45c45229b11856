"""How long grouping takes at 1,000, 10,000 and 100,000 made-up opinions: time, per text, and against the size before.

Run: .venv/bin/python -m benchmarks.grouping [SIZE …]
"""

from __future__ import annotations

import random
import sys
import time

from consult.text.grouping import group

SIZES = (1_000, 10_000, 100_000)
THRESHOLD = 0.75
WORDS = 5_000
COPIES = 1 / 3


def opinions(count: int, dice: random.Random) -> list[str]:
    """Make up opinions of 20 to 300 characters, words drawn by Zipf's law; a third are copies with a few changes."""
    words = [
        "".join(chr(0x4E00 + dice.randrange(3_000)) for _ in range(dice.choice((1, 2, 2, 2, 3)))) for _ in range(WORDS)
    ]
    weights = [1 / (rank + 10) for rank in range(WORDS)]
    made: list[str] = []
    for _ in range(count):
        if made and dice.random() < COPIES:
            made.append(_changed(dice.choice(made), dice))
            continue
        drawn = dice.choices(words, weights, k=dice.randint(10, 150))
        made.append("".join(word + ("，" if dice.random() < 1 / 8 else "") for word in drawn) + "。")
    return made


def _changed(text: str, dice: random.Random) -> str:
    letters = list(text)
    for _ in range(max(1, len(letters) // 30)):
        letters[dice.randrange(len(letters))] = dice.choice("的了请也就还再")
    return "".join(letters)


def main(sizes: tuple[int, ...]) -> None:
    """Print one line for each size."""
    before = 0.0
    for size in sizes:
        texts = opinions(size, random.Random(size))
        started = time.process_time()
        groups = group(texts, THRESHOLD)
        took = time.process_time() - started
        growth = f", {took / before:.1f} times the size before" if before else ""
        print(f"{size:>9,} texts: {len(groups):,} groups, {took:.2f} s CPU, {took / size * 1e6:.0f} µs a text{growth}")
        before = took


if __name__ == "__main__":
    main(tuple(int(argument) for argument in sys.argv[1:]) or SIZES)
