"""Words of the dictionary (rjieba): whether one stands where another text has another, and how common they are."""

from __future__ import annotations

import math
from functools import lru_cache

from rapidfuzz.distance import Postfix, Prefix

from consult.text.alignment import LONG, Edit
from consult.text.turning_words import EMPTY_WORDS

LONGEST_WORD = 5
RARE, RARER = 20, 200
"""A word seen less often, or so many times less often than the other, is a slip for it."""
NEAR = 8
"""Characters either side of a difference that decide where its words end."""
BESIDE = 6
"""Characters either side of a letter from which it follows how well it fits."""
UNKNOWN = 0.5
"""How often a word that the dictionary doesn't know is taken to be seen."""
SEEN = 6e7
"""How many words the dictionary was counted on, about."""
MISFIT, MISFIT_OF_KIND = math.log(200), math.log(40)
"""How many times as rare the words around a letter are that is out of place; of another kind of word, so many times."""


def is_another_word(content: str, other: str, edit: Edit) -> bool:
    """Whether a word of the dictionary stands where the other has another word."""
    start, end, at, to = edit
    lost, gained = end - start, to - at
    if not lost or not gained or lost >= LONG or gained >= LONG:
        return False
    after = 0
    while after < 3 and content[end + after : end + after + 1] == other[to + after : to + after + 1] != "":
        after += 1
    for left in range(min(4, start, at) + 1):
        if left and content[start - left] != other[at - left]:
            break
        widest = LONGEST_WORD - left - max(lost, gained)
        for right in range(max(0, 2 - left - min(lost, gained)), min(after, widest) + 1):
            word = content[start - left : end + right]
            if not frequency(word) or not _of_one_use(word, other[at - left : to + right]):
                continue
            if (left, right) == (0, 0) or _both_stand(
                (content, start - left, end + right), (other, at - left, to + right)
            ):
                return True
    return False


def is_word_for_letter(content: str, other: str, edit: Edit) -> bool:
    """Whether a word stands where the other has a single letter of a word: 双向级 and 市级."""
    start, end, at, to = edit
    if end - start > to - at:
        content, other, start, end, at, to = other, content, at, to, start, end
    if not end - start == 1 < to - at or content[start] in other[at:to] or not frequency(other[at:to]):
        return False
    return bool(frequency(content[max(0, start - 1) : end]) or frequency(content[start : end + 1]))


def holds_words(text: str) -> bool:
    """Whether a word of two letters or more is in a text."""
    return any(frequency(text[at : at + length]) for length in (2, 3, 4) for at in range(len(text) - length + 1))


def is_out_of_place(content: str, other: str, edit: Edit) -> bool:
    """Whether a letter fits so badly between those beside it that it is a slip for the other: 申请心律职业资格证.

    Far rarer words come of it, or rarer ones of another kind (noun, verb …).
    """
    start, end, at, to = edit
    before = Postfix.similarity(content[max(0, start - BESIDE) : start], other[max(0, at - BESIDE) : at])
    after = Prefix.similarity(content[end : end + BESIDE], other[to : to + BESIDE])
    words = _tagged(content[start - before : end + after])
    others = _tagged(other[at - before : to + after])
    odds = abs(_rarity(words) - _rarity(others))
    if odds > MISFIT:
        return True
    kinds = [tag[:1] for word, tag in words if (word, tag) not in others]
    return odds > MISFIT_OF_KIND and kinds != [tag[:1] for word, tag in others if (word, tag) not in words]


def _tagged(text: str) -> list[tuple[str, str]]:
    import rjieba

    return list(rjieba.tag(text))


def _rarity(words: list[tuple[str, str]]) -> float:
    return -sum(math.log((frequency(word) or UNKNOWN) / SEEN) for word, _ in words)


def _of_one_use(word: str, other: str) -> bool:
    """Whether both are words, and if only a letter differs, neither so rare that a slip has made it."""
    seen, other_seen = frequency(word), frequency(other)
    if not seen or not other_seen or word in EMPTY_WORDS or other in EMPTY_WORDS:
        return False
    rarer, commoner = sorted((seen, other_seen))
    slip = len(word) == len(other) and sum(a != b for a, b in zip(word, other, strict=True)) == 1
    return not slip or (rarer >= RARE and commoner <= rarer * RARER)


def load_dictionary() -> None:
    """Load the dictionary of words now (a third of a second), not at the first comparison that asks for a word."""
    frequency("意见")


@lru_cache(maxsize=1 << 16)
def frequency(word: str) -> int:
    """Return how often the dictionary has seen a word, 0 if it doesn't know it."""
    import rjieba  # loads its dictionary on first use

    return max(1, rjieba.suggest_freq(word)) if rjieba.has_word(word) else 0


def _both_stand(word: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    """Whether both are words where they stand; one of them may be the beginning of a longer one: 免费 and 收费员."""
    begins, ends = zip(*(_word_edges(*each) for each in (word, other)), strict=True)
    return all(begins) and any(ends)


def _word_edges(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Return whether a cut of the text into words begins one at the first place, and whether one ends at the last."""
    import rjieba

    begin = max(0, start - NEAR)
    at, edges = begin, {begin}
    for word in rjieba.cut(text[begin : end + NEAR]):
        at += len(word)
        edges.add(at)
    return start in edges, start in edges and end in edges
