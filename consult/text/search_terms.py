"""Search terms for a language without spaces: every pair of adjacent characters is a token.

A text that contains every pair of a term nearly always contains the term; ``contains_all`` decides. Both databases
store the same tokens, so that both find the same (SQLite's trigram index finds no word of two characters). Traditional
characters are found by simplified ones and the other way round, each by itself: what stands around it changes nothing.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from consult.text.fingerprint import CLOSING_MARKS, normalise
from consult.text.simplified import simplified_each

SHORTEST = 2
"""Minimum number of characters of a term."""
_SHIFT = 21  # bits: a code point fits


def normal(text: str) -> str:
    """Return a text as it is searched: normalised, in simplified characters."""
    return simplified_each(normalise(text))


def tokens(text: str) -> set[int]:
    """Return the token of every pair of adjacent characters of a normalised text."""
    codes = [ord(character) for character in normal(text)]
    return {(first << _SHIFT) | second for first, second in pairwise(codes)}


def terms(words: str) -> list[str]:
    """Return the terms of a query: the parts between blanks, normalised; too short ones are left out.

    So are those of punctuation only, because normalisation drops marks at the end of a text.
    """
    parts = (normal(part) for part in words.split())
    return list(dict.fromkeys(part for part in parts if len(part) >= SHORTEST and part.strip(CLOSING_MARKS)))


def contains_all(text: str, sought: list[str]) -> bool:
    """Whether a text contains every one of these terms."""
    searched = normal(text)
    return all(term in searched for term in sought)


def excerpt(text: str, sought: list[str], width: int = 60) -> list[tuple[str, bool]]:
    """Return an excerpt around the first term found in a text, in pieces (words, whether they are the term).

    Arguments:
        width: characters on each side.
    """
    place = _place(text, sought)
    if place is None:
        return [(text[: 2 * width] + ("…" if len(text) > 2 * width else ""), False)]
    begin, end = place
    first, last = max(0, begin - width), min(len(text), end + width)
    before = ("…" if first else "") + text[first:begin]
    after = text[end:last] + ("…" if last < len(text) else "")
    return [(before, False), (text[begin:end], True), (after, False)]


def _place(text: str, sought: list[str]) -> tuple[int, int] | None:
    """Return the span of the first term that a text contains, in the original text."""
    searched = normal(text)
    term = next((term for term in sought if term in searched), None)
    if term is None:
        return None
    places = [(at, plain) for at, character in enumerate(text) for plain in _plain(character)]
    start = "".join(plain for _, plain in places).find(term)
    return None if start < 0 else (places[start][0], places[start + len(term) - 1][0] + 1)


@lru_cache(maxsize=16384)
def _plain(character: str) -> str:
    return normal(character)
