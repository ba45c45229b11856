"""Whether two texts say the same: in nearly the same words, in another order, one with a sentence more."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from rapidfuzz import fuzz

from consult.text import asides
from consult.text.alignment import LONG
from consult.text.difference import Comparison, compare
from consult.text.simplified import mainland_words, simplified
from consult.text.sketching import contents
from consult.text.turning_words import turns

COMPARED_CHARACTERS = 20_000
"""Of longer texts the rest must be equal."""
FEWEST_CHARACTERS = 8
"""A shorter text may be anything's beginning: nothing is added to it."""
ADDED_CHARACTERS = 60
ADDED_SHARE = 0.6
"""What one text may add: so many characters, or this share of the shorter one."""
SAME_LETTERS = 0.6
"""Share of the letters of the text with fewer that the other has; below it they can't say the same."""
PLAIN = 0.8
"""Share in common from which texts are in one order."""
LACKED_SHARE = 0.4
"""What a text may lack of its leader; two that lack more could have nothing in common."""
SHORT = 60
CONTEXT = 4
"""Characters before and after an addition that tell where it is."""
DRIFT = 8
"""How far the letters of one part may shift against each other by slips."""
RELATED = 50
"""Similarity (percent) of two added sentences from which what they say is compared."""


class Addition(NamedTuple):
    """What a text says beyond another, with what stands before and after it; nothing for a sentence of its own."""

    words: str
    before: str = ""
    after: str = ""
    replaces: bool = False
    """Whether it stands in the place of other words."""

    @classmethod
    def at(cls, place: int, words: str, content: str) -> Addition:
        """Return what is added to a content at a place."""
        if len(words) >= LONG:
            return cls(words)
        return cls(words, content[max(0, place - CONTEXT) : place], content[place : place + CONTEXT])

    @classmethod
    def instead(cls, start: int, end: int, words: str, content: str) -> Addition:
        """Return what stands in the place of some letters of a content."""
        return cls(words, content[max(0, start - CONTEXT) : start], content[end : end + CONTEXT], replaces=True)


class Reading:
    """A text with what it says."""

    def __init__(self, text: str, content: str) -> None:
        self.text, self.content = text, content

    @cached_property
    def letters(self) -> set[str]:
        """Its different letters."""
        return set(self.content)

    @cached_property
    def point(self) -> str:
        """What the text says without salutation, who the writer is and thanks; all of it if that is all."""
        return "".join(self.clauses) or self.content

    @property
    def clauses(self) -> list[str]:
        """What its clauses say, without salutation, who the writer is, thanks and signature."""
        return self._parts[0]

    @cached_property
    def _parts(self) -> tuple[list[str], list[str]]:
        points, aside = asides.told_apart(simplified(self.text))
        parts = contents([*points, *aside])
        return parts[: len(points)], [part for part in parts[len(points) :] if part]

    @cached_property
    def in_mainland_words(self) -> Reading | None:
        """The text as the mainland says it, 项目 for 專案; None where it is in simplified characters or the same."""
        if simplified(self.text) == self.text:
            return None
        plain = mainland_words(self.text)
        content = contents([plain])[0]
        return Reading(plain, content) if content != self.content else None

    def has_aside(self, words: str) -> bool:
        """Whether words are what the text has beside its opinion: one aside or some in a row, rotated or not.

        What an alignment takes for inserted may begin some letters too late and end as much too late.
        """
        aside = self._parts[1]
        runs = ("".join(aside[first:last]) for first in range(len(aside)) for last in range(first + 1, len(aside) + 1))
        return any(len(run) == len(words) and words in run + run for run in runs)


def agree(leader: Reading, text: Reading, threshold: float) -> list[Addition] | None:
    """Return what `text` adds if it says the same as `leader`, else None; Taiwan's words are the mainland's, too.

    `threshold` is the share of characters in common, sentences that only one of them has left out.
    """
    added = _agree(leader, text, threshold)
    if added is None and (leader.in_mainland_words or text.in_mainland_words):
        added = _agree(leader.in_mainland_words or leader, text.in_mainland_words or text, threshold)
    return added


def _agree(leader: Reading, text: Reading, threshold: float) -> list[Addition] | None:
    content, other = leader.content, text.content
    if max(len(content), len(other)) > COMPARED_CHARACTERS:
        if content[COMPARED_CHARACTERS:] != other[COMPARED_CHARACTERS:]:
            return None
        content, other = content[:COMPARED_CHARACTERS], other[:COMPARED_CHARACTERS]
    straight = compare(content, other)
    in_place = straight.in_place and straight.common >= PLAIN * len(content)
    if straight.conflict and in_place and _conflict_in_place(leader, text):
        return None
    settled = _settled(straight, leader, text, content, other, threshold) if not straight.left_out else None
    if settled is not None:
        return settled[0]
    if max(len(leader.content), len(text.content)) > COMPARED_CHARACTERS:
        return None
    if len(leader.letters & text.letters) < SAME_LETTERS * min(len(leader.letters), len(text.letters)):
        return None
    added = _agree_in_any_order(leader, text, threshold)
    if added is not None:
        return added[0]
    turned = _agree_in_any_order(text, leader, threshold)  # whose parts are moved makes a difference
    return turned[1] if turned is not None else None


def _conflict_in_place(leader: Reading, text: Reading) -> bool:
    """Whether they say something else at the same point also without salutations, asides and signatures."""
    if leader.point == leader.content and text.point == text.content:
        return True
    points = compare(leader.point, text.point)
    return points.conflict and points.in_place and points.common >= PLAIN * len(leader.point)


def _agree_in_any_order(
    leader: Reading, text: Reading, threshold: float
) -> tuple[list[Addition], list[Addition]] | None:
    """Compare what both say without salutations and thanks, the parts of the text in the order of the leader's.

    Returns what the text adds, and what it lacks.
    """
    content = leader.point
    other = in_order_of(content, text.point)
    comparison = compare(content, other)
    if comparison.conflict or comparison.missing:
        other = "".join(_clauses_in_order_of(leader, text))
        again = compare(content, other)
        if comparison.conflict or (not again.conflict and again.common > comparison.common):
            comparison = again
    return _settled(comparison, leader, text, content, other, threshold)


def _settled(
    comparison: Comparison, leader: Reading, text: Reading, content: str, other: str, threshold: float
) -> tuple[list[Addition], list[Addition]] | None:
    """Return what the other adds and what it lacks, unless they say something else."""
    if comparison.conflict or not _alike(comparison, content, other, threshold):
        return None
    added = [each for each in comparison.added if not text.has_aside(each[1])]
    more = [words for _, words in added if len(words) >= LONG]
    missing = [words for words in comparison.missing if not leader.has_aside(words)]
    if (more or missing) and not _may_stand_alone(content, other, [*more, *missing]):
        return None
    if sum(map(len, missing)) > LACKED_SHARE * len(content):
        return None
    gained = [words for _, words in comparison.added if len(words) > 2]
    if any(_conflict(Addition(words), Addition(lost)) for words in gained for lost in comparison.left_out):
        return None
    additions = [Addition.at(place, words, content) for place, words in added]
    additions += [Addition.instead(start, end, words, content) for start, end, words in comparison.replaced]
    lacked = [Addition(words) for words in missing]
    lacked += [Addition.instead(start, end, content[start:end], content) for start, end, _ in comparison.replaced]
    return additions, lacked


def in_order_of(content: str, other: str) -> str:
    """Return `other` with its parts in the order that they have in `content`.

    Parts are place by the runs of letters that each content has just once.
    """
    length = 3 if min(len(content), len(other)) < SHORT else 4
    places = _single_runs(content, length)
    cuts: list[tuple[int, int]] = []
    last, end = -1, 0
    for run, at in _single_runs(other, length).items():
        place = places.get(run)
        if place is None:
            continue
        if last < 0 or not -DRIFT <= (place - at) - last <= DRIFT:
            start, begin = at, place
            while start > end and begin and other[start - 1] == content[begin - 1]:
                start, begin = start - 1, begin - 1
            cuts.append((begin, start if cuts else 0))
        last, end = place - at, at + length
    if len(cuts) < 2:
        return other
    ends = [*(start for _, start in cuts[1:]), len(other)]
    parts = [(place, other[start:end]) for (place, start), end in zip(cuts, ends, strict=True)]
    return "".join(part for _, part in sorted(parts, key=lambda part: part[0]))


def _clauses_in_order_of(leader: Reading, text: Reading) -> list[str]:
    """Return the clauses of a text in the order the leader has them; one that isn't there follows the one before.

    A short one is only found where the leader has a clause, not in the middle of another.
    """
    free = "".join(leader.clauses)
    begins = {0, *accumulate(map(len, leader.clauses))}
    placed: list[tuple[int, str]] = []
    at = 0
    for clause in text.clauses:
        place = free.find(clause, at)
        if place != at:
            place = free.find(clause)
        while place >= 0 and len(clause) < LONG and place not in begins:
            place = free.find(clause, place + 1)
        if place >= 0:
            free = f"{free[:place]}{' ' * len(clause)}{free[place + len(clause) :]}"
            at = place + len(clause)
        placed.append((place if place >= 0 else at, clause))
    return [clause for _, clause in sorted(placed, key=lambda pair: pair[0])]


def _single_runs(content: str, length: int) -> dict[str, int]:
    """Return the runs of a length that occur once, with their places, in order."""
    places: dict[str, int] = {}
    for at in range(len(content) - length + 1):
        run = content[at : at + length]
        places[run] = -1 if run in places else at
    return {run: at for run, at in places.items() if at >= 0}


def _alike(comparison: Comparison, content: str, other: str, threshold: float) -> bool:
    left_out = sum(len(words) for _, words in comparison.added if len(words) >= LONG)
    compared = len(content) + len(other) - left_out - sum(map(len, comparison.missing))
    return 2 * comparison.common >= threshold * compared


def _may_stand_alone(content: str, other: str, sentences: Iterable[str]) -> bool:
    """Whether sentences that only one text has leave the other one's demand as it is."""
    shorter = min(len(content), len(other))
    allowed = max(ADDED_CHARACTERS, ADDED_SHARE * shorter)
    sentences = list(sentences)
    return (
        shorter >= FEWEST_CHARACTERS
        and sum(map(len, sentences)) <= allowed
        and not any(turns(sentence) for sentence in sentences)
    )


def conflicting(added: Iterable[Addition], others: Iterable[Addition]) -> bool:
    """Whether two texts that agree with a leader add to it what doesn't go together."""
    known = list(others)
    return any(_conflict(addition, other) for addition in added for other in known)


def _conflict(addition: Addition, other: Addition) -> bool:
    words, before, after, replaces = addition
    if words == other.words:
        return False
    if not (before or after or other.before or other.after):
        return _are_opposed(words, other.words)
    if (before, after) != (other.before, other.after):
        return False
    comparison = compare(f"{before}{words}{after}", f"{before}{other.words}{after}")
    return comparison.certain if replaces and other.replaces else comparison.conflict


def _are_opposed(words: str, other: str) -> bool:
    """Whether two sentences that are about the same say something else in a word of them."""
    if fuzz.ratio(words, other) < RELATED:
        return False
    comparison = compare(words, other)
    return comparison.conflict and comparison.in_place
