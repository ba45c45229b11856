"""Letters that sound alike, so that an input method offers one for the other."""

from __future__ import annotations

import os
import unicodedata
from functools import lru_cache


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # single letters only: a tenth of the memory
    from pypinyin.pinyin_dict import pinyin_dict

    table: dict[int, str] = pinyin_dict
    return table


@lru_cache(maxsize=1 << 14)
def _sounds(letter: str) -> frozenset[str]:
    """Return the syllables of a letter, without tones: nobody types those."""
    syllables = unicodedata.normalize("NFD", _table().get(ord(letter), ""))
    return frozenset("".join(c for c in syllables if not unicodedata.combining(c)).split(",")) - {""}


def sound_alike(letter: str, other: str) -> bool:
    """Whether two letters have a syllable in common."""
    return not _sounds(letter).isdisjoint(_sounds(other))
