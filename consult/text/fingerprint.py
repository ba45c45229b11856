"""Fingerprint of a text: equal for texts that differ only in spacing, width, case and punctuation."""

from __future__ import annotations

import hashlib
import unicodedata

SAME_MARK = str.maketrans("。、；：？！“”‘’「」『』【】〔〕《》〈〉—－–…·・", '.,;:?!""\'\'""""[][]<><>---.··')
CLOSING_MARKS = ".,;:?!-~"
"""Punctuation without meaning at the end of a text, after `SAME_MARK`."""
INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


INTERACTING = "\x00"
"""Placeholder for a character that NFKC joins with its neighbours; no other character folds to it."""
LONG_RUN = 60
"""Marks on one letter; more than any language writes."""
JAMO = ((0x1100, 0x11FF), (0xA960, 0xA97F), (0xD7B0, 0xD7FF))


class _Folds(dict[int, str | None]):
    """The folded form of each character, computed on first use."""

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
    """Return the text without spaces, line breaks and invisible characters, in one width and one case.

    Chinese and Western punctuation marks of the same use become equal; marks at the end are removed.
    """
    squeezed = _of_usual_characters(text)
    if squeezed is None:
        squeezed = text.translate(_folds)  # character by character: five times as fast as the whole at once
        if INTERACTING in squeezed:
            squeezed = _squeezed(_composed(text))
    return squeezed.rstrip(CLOSING_MARKS) or squeezed


def _composed(text: str) -> str:
    """Return a text in NFKC; one with a long run of marks on a letter has each character normalised by itself.

    Sorting the marks of one letter takes the square of their number (UAX #15 allows 30 of them in a stream).
    """
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > LONG_RUN:
            return "".join(unicodedata.normalize("NFKC", character) for character in text)
    return unicodedata.normalize("NFKC", text)


def _of_usual_characters(text: str) -> str | None:
    """Normalise a text in which every character except spaces and marks folds to itself; None for any other.

    Most texts are like that, and this takes a third of the time. A character that could combine with its new neighbour
    means that the text isn't in normal form, which is checked afterwards.
    """
    squeezed = "".join(text.split())
    for mark, plain in _MARKS:
        if mark in squeezed:
            squeezed = squeezed.replace(mark, plain)
    if squeezed.isprintable() and unicodedata.is_normalized("NFKC", squeezed):
        return squeezed.casefold()
    return None


def fingerprint(text: str) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of the normalised text."""
    return hashlib.sha256(normalise(text).encode("utf-8", "surrogatepass")).hexdigest()
