"""A text's fingerprint: the same text sent twice has the same one, however it was spaced or typed."""

from __future__ import annotations

import hashlib
import unicodedata

SAME_MARK = str.maketrans("。、；：？！“”‘’「」『』【】〔〕《》〈〉—－–…·・", '.,;:?!""\'\'""""[][]<><>---.··')
CLOSING_MARKS = ".,;:?!-~"
"""Marks that say nothing at the end of a text, as `SAME_MARK` writes them."""
INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


INTERACTING = "\x00"
"""Stands for a character that NFKC joins with its neighbours; no other character folds to it."""
JAMO = ((0x1100, 0x11FF), (0xA960, 0xA97F), (0xD7B0, 0xD7FF))


class _Folds(dict[int, str | None]):
    """What each character becomes on its own, worked out when it is first met."""

    def __missing__(self, code: int) -> str | None:
        composed = unicodedata.normalize("NFKC", chr(code))
        if any(unicodedata.category(c)[0] == "M" or _is_jamo(c) for c in chr(code) + composed):
            self[code] = INTERACTING
        else:
            self[code] = _squeezed(composed) or None
        return self[code]


def _is_jamo(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in JAMO)


def _squeezed(composed: str) -> str:
    folded = composed.casefold().translate(SAME_MARK)
    return "".join(c for c in folded if unicodedata.category(c) not in INVISIBLE)


_folds = _Folds()
_MARKS = tuple(
    (mark, _squeezed(unicodedata.normalize("NFKC", mark))) for mark in (*map(chr, SAME_MARK), "，", "（", "）", "％")
)


def normalise(text: str) -> str:
    """Give the text without spaces, line breaks and invisible characters, in one width and one case.

    Chinese and Western punctuation marks of the same use become the same; marks at the end go.
    """
    squeezed = _of_usual_characters(text)
    if squeezed is None:
        squeezed = text.translate(_folds)  # character by character: five times as fast as the whole at once
        if INTERACTING in squeezed:
            squeezed = _squeezed(unicodedata.normalize("NFKC", text))
    return squeezed.rstrip(CLOSING_MARKS) or squeezed


def _of_usual_characters(text: str) -> str | None:
    """Squeeze a text in which, beside spaces and marks, every character folds to itself; None for any other.

    Most are such texts, and this takes a third of the time. A character that could join what now stands beside it makes
    the text one that isn't in normal form, which is looked at afterwards.
    """
    squeezed = "".join(text.split())
    for mark, plain in _MARKS:
        if mark in squeezed:
            squeezed = squeezed.replace(mark, plain)
    if squeezed.isprintable() and unicodedata.is_normalized("NFKC", squeezed):
        return squeezed.casefold()
    return None


def fingerprint(text: str) -> str:
    """Give the SHA-256 (64 hexadecimal digits) of the normalised text."""
    return hashlib.sha256(normalise(text).encode("utf-8", "surrogatepass")).hexdigest()
