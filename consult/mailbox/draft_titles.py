"""Normalises titles of drafts as people write them: widths, brackets, the note at the end."""

from __future__ import annotations

import re
from functools import lru_cache

from consult.text.fingerprint import normalise

_NOTE = re.compile(
    r"[(\[](?:[^()\[\]]{0,12}(?:征求意见|意见征求|公开征求意见|征集意见)[^()\[\]]{0,6}稿?|[^()\[\]]{0,6}草案[^()\[\]]{0,8}|[^()\[\]]{0,4}送审稿|修订稿|讨论稿)[)\]]\Z"
)
_PLAIN_NOTE = re.compile(r"(?:公开)?征求意见稿\Z|草案\Z")
_SHORTEST_CORE = 4


@lru_cache(maxsize=4096)
def normalised(title: str) -> str:
    """Return a title in one width, without spaces, quotation marks and 《》."""
    return normalise(title).replace("<", "").replace(">", "").replace('"', "").replace("'", "")


@lru_cache(maxsize=4096)
def core(title: str) -> str:
    """Return a title without the note at its end: 社区食堂管理办法 of 社区食堂管理办法（征求意见稿）."""
    plain = normalised(title)
    for _ in range(3):
        shorter = _PLAIN_NOTE.sub("", _NOTE.sub("", plain))
        if shorter == plain or len(shorter) < _SHORTEST_CORE:
            break
        plain = shorter
    return plain
