"""A text as detection reads it: look-alike characters plain, with the way back to the original.

Combining marks and invisible characters are dropped (keycaps, zero-width spaces), enclosed numbers are spelled out
(⑩, ⒈, ❶), full-width and other digits and letters become ASCII, traditional characters simplified ones.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property

from consult.text.simplified import simplified
from consult.text.widths import LAST_PLANE_SEARCHED

SUZHOU_ONE = 0x3021
LINE_ENDS = "\x85\u2028\u2029"
BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
LOOK_ALIKES = {"О": "O", "о": "o", "Ο": "O", "ο": "o", "І": "I", "Ι": "I", "ا": "l", "İ": "I", "ı": "l", "＿": "_"}
TAG_CHARACTERS = range(0xE0000, 0xE01F0)
MOST_ENCLOSED = 99

SPOKEN = {
    "0": "〇零○洞Oo",
    "1": "一壹弌幺么Il",
    "2": "二贰弍两俩",
    "3": "三叁弎参",
    "4": "四肆",
    "5": "五伍",
    "6": "六陆",
    "7": "七柒拐",
    "8": "八捌",
    "9": "九玖勾钩",
}
"""Chinese numerals of all kinds, those said over the telephone (洞, 幺, 两, 拐, 勾), and letters like digits."""
SPOKEN_DIGITS = {ord(word): digit for digit, words in SPOKEN.items() for word in words}


@dataclass(frozen=True)
class Normalised:
    """A text in plain characters; ``starts[i]`` is where its character i begins in the original."""

    text: str
    length: int
    """Characters of the original."""
    starts: tuple[int, ...] | None = None
    """Nothing when every character stands where it stood."""

    @cached_property
    def spelled(self) -> str:
        """The text with spoken digits and look-alike letters as digits, of the same length."""
        return self.text.translate(SPOKEN_DIGITS)

    @cached_property
    def lower(self) -> str:
        """The text in lower-case ASCII, of the same length."""
        return self.text.translate(LOWER)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original that a span of this text came from, with dropped characters after it."""
        if self.starts is None:
            return start, end
        last = self.starts[end - 1]
        while end < len(self.starts) and self.starts[end] == last:
            end += 1  # the rest of what one character became
        return self.starts[start], self.starts[end] if end < len(self.starts) else self.length


LOWER = {point: point + 32 for point in range(ord("A"), ord("Z") + 1)}


def normalise(text: str) -> Normalised:
    """Return a text in plain characters."""
    if text.isascii():
        return Normalised(text, len(text))
    table = _table()
    if _changes_length().search(text) is None:
        return Normalised(_in_simplified(text.translate(table)), len(text))
    pieces: list[str] = []
    starts: list[int] = []
    for place, character in enumerate(text):
        plain = table.get(ord(character), character)
        pieces.append(plain)
        starts += [place] * len(plain)
    return Normalised(_in_simplified("".join(pieces)), len(text), tuple(starts))


def _in_simplified(text: str) -> str:
    """Return a text with traditional characters replaced one by one; GB 2312 has simplified ones only."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return text.translate(_traditional())
    return text


@cache
def _traditional() -> dict[int, str]:
    characters = [chr(point) for point in range(0x4E00, 0xA000)]
    plain = simplified("\n".join(characters)).split("\n")
    return {ord(old): new for old, new in zip(characters, plain, strict=True) if old != new and len(new) == 1}


@cache
def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for point in (*range(0x80, LAST_PLANE_SEARCHED), *TAG_CHARACTERS):
        character = chr(point)
        plain = _plain(character)
        if plain != character:
            table[point] = plain
    table |= {SUZHOU_ONE + n: str(n + 1) for n in range(9)}
    table |= {ord(character): plain for character, plain in LOOK_ALIKES.items()}
    return table


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"}:
        return ""
    if category == "Zs" or character in BLANK_LETTERS:
        return " "
    if character in LINE_ENDS:
        return "\n"
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    plain = unicodedata.normalize("NFKC", character)
    if category == "No":
        number = unicodedata.numeric(character)
        if plain == character and number == int(number) and number <= MOST_ENCLOSED:
            return str(int(number))
        return plain if any(part.isdigit() for part in plain) or len(plain) <= 3 else character
    return plain if len(plain) == 1 else character


@cache
def _changes_length() -> re.Pattern[str]:
    """Return the pattern of a character that is dropped or becomes several."""
    points = sorted(point for point, plain in _table().items() if len(plain) != 1)
    ranges: list[list[int]] = []
    for point in points:
        if ranges and point == ranges[-1][1] + 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges) + "]")
