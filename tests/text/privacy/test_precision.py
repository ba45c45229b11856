"""How much of what is found in real messages is private: a sample labelled by hand, each find by its place alone.

`labelled_finds.csv` has the digest of a message, where a find stood, and whether it was private; it holds no word.
"""

from __future__ import annotations

import csv
from hashlib import sha256
from pathlib import Path

from consult.text.privacy.detection import find

LABELS = Path(__file__).with_name("labelled_finds.csv")
LEAST_PRECISION = 0.95
LEAST_LABELS = 150
DIGITS = 16
"""Digits of a message's digest."""

Label = tuple[int, int, bool]


def labels() -> dict[str, list[Label]]:
    """Return the labels by the digest of their message: from where to where, and whether it is private."""
    by_message: dict[str, list[Label]] = {}
    with LABELS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            label = int(row["start"]), int(row["end"]), row["private"] == "yes"
            by_message.setdefault(row["message"], []).append(label)
    return by_message


def test_of_what_is_found_in_real_messages_nineteen_of_twenty_are_private(corpus: Path) -> None:
    labelled = labels()
    right = wrong = missed = 0
    with (corpus / "citizen-messages.csv").open(encoding="utf-8-sig", newline="") as file:
        bodies = {sha256(row["body"].encode()).hexdigest()[:DIGITS]: row["body"] for row in csv.DictReader(file)}
    for message, marked in labelled.items():
        spans = [(datum.start, datum.end) for datum in find(bodies[message])]
        private = [(start, end) for start, end, is_private in marked if is_private]
        is_right = [any(start < last and first < end for start, end in private) for first, last in spans]
        right += sum(is_right)
        wrong += len(spans) - sum(is_right)
        missed += sum(not any(start < last and first < end for first, last in spans) for start, end in private)
    assert sum(map(len, labelled.values())) >= LEAST_LABELS
    assert missed == 0
    assert right / (right + wrong) >= LEAST_PRECISION, (right, wrong)
    print(f"private {right}, not private {wrong}, precision {right / (right + wrong):.3f}")
