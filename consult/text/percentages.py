"""Percentages of a whole."""

from __future__ import annotations

from collections.abc import Sequence


def shares(numbers: Sequence[int]) -> list[str]:
    """Return percentages with one decimal that sum to 100.0%, by largest remainders; none where the sum is 0."""
    total = sum(numbers)
    if not total:
        return ["–"] * len(numbers)
    floors = [1000 * n // total for n in numbers]
    order = sorted(range(len(numbers)), key=lambda place: (-(1000 * numbers[place] % total), place))
    for place in order[: 1000 - sum(floors)]:
        floors[place] += 1
    return [f"{tenths // 10}.{tenths % 10}%" for tenths in floors]
