"""Words to search for, in a language that writes no spaces: every pair of neighbouring characters is a token.

A text holds a term where it holds each pair of the term's characters, with few exceptions; ``holds`` tells those. Both
databases keep the same tokens, so that both find the same (SQLite's own trigram index finds no word of two characters).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from consult.text.fingerprint import CLOSING_MARKS, normalise

SHORTEST = 2
"""Characters that a term has at least."""
_SHIFT = 21  # bits: a code point fits


def tokens(text: str) -> set[int]:
    """Return the token of every pair of neighbouring characters of a text, in one width and case, without spaces."""
    codes = [ord(character) for character in normalise(text)]
    return {(first << _SHIFT) | second for first, second in pairwise(codes)}


def terms(words: str) -> list[str]:
    """Return what somebody searches for: the parts between blanks, normalised; too short ones are left out.

    So are those of nothing but marks, as a text's last ones are not kept.
    """
    normal = (normalise(part) for part in words.split())
    return list(dict.fromkeys(part for part in normal if len(part) >= SHORTEST and part.strip(CLOSING_MARKS)))


def holds(text: str, sought: list[str]) -> bool:
    """Say whether a text holds every one of these terms."""
    normal = normalise(text)
    return all(term in normal for term in sought)


def excerpt(text: str, sought: list[str], width: int = 60) -> list[tuple[str, bool]]:
    """Return a piece of a text around the first term that is found in it, in pieces (words, whether they are the term).

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
    """Return from where to where the first term that a text holds stands in it as it was written."""
    normal = normalise(text)
    term = next((term for term in sought if term in normal), None)
    if term is None:
        return None
    places = [(at, plain) for at, character in enumerate(text) for plain in _plain(character)]
    start = "".join(plain for _, plain in places).find(term)
    return None if start < 0 else (places[start][0], places[start + len(term) - 1][0] + 1)


@lru_cache(maxsize=16384)
def _plain(character: str) -> str:
    return normalise(character)
