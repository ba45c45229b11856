"""One-to-one flattening of look-alike characters, so that indices in the flat text are valid in the original."""

from __future__ import annotations

import unicodedata
from functools import cache

LAST_PLANE_SEARCHED = 0x1FFFF


@cache
def _flat_table() -> dict[int, str]:
    table: dict[int, str] = {}
    for point in range(0x80, LAST_PLANE_SEARCHED):
        character = chr(point)
        digit = unicodedata.decimal(character, None)
        plain = str(digit) if digit is not None else unicodedata.normalize("NFKC", character)
        if len(plain) == 1 and plain.isascii() and plain != character:
            table[point] = plain
        elif unicodedata.category(character) in {"Zs", "Cf"}:
            table[point] = " "
    return table


def flatten(text: str) -> str:
    """Return the text with full-width, circled and other digits and letters as plain ASCII, of the same length.

    Every kind of space and every invisible format character becomes a plain space; line breaks stay.
    """
    return text if text.isascii() else text.translate(_flat_table())
