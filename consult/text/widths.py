"""One-to-one flattening of look-alike characters, so that a place in the flat text is a place in the original."""

from __future__ import annotations

import unicodedata
from functools import cache

DIGIT_WORDS = str.maketrans("〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖OoIl", "00012345678911234567890011")
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
    """Give the text with full-width, circled and other digits and letters as plain ASCII, of the same length.

    Every kind of space and every invisible format character becomes a plain space; line breaks stay.
    """
    return text if text.isascii() else text.translate(_flat_table())


def spell_digits(flat: str) -> str:
    """Give a flat text with Chinese numerals and look-alike letters (O, l) as digits, of the same length."""
    return flat.translate(DIGIT_WORDS)
