"""Words of the dictionary (rjieba): whether one stands where another text has another, and how common they are."""

from __future__ import annotations

from functools import lru_cache

from consult.text.alignment import LONG, Edit
from consult.text.turning_words import EMPTY_WORDS

LONGEST_WORD = 5
RARE, RARER = 20, 200
"""A word seen less often, or so many times less often than the other, is a slip for it."""
NEAR = 8
"""Characters either side of a difference that decide where its words end."""


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
