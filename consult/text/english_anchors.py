"""Anchors in English: art-12-para-2-item-3 is Article 12, paragraph 2, item 3."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from consult.text.anchors import STEP, WHOLE

_NAMES: Final = {
    "part": "Part",
    "subpart": "Subpart",
    "chapter": "Chapter",
    "section": "Section",
    "art": "Article",
    "para": "paragraph",
    "item": "item",
    "point": "point",
    "formal": "Division",
    "head": "Section",
    "sub": "subsection",
    "num": "item",
    "paren": "item",
    "ring": "item",
    "letter": "item",
    "half": "item",
    "dec": "item",
    "row": "table row",
    "annex": "Annex",
    "preamble": "Preamble, paragraph",
    "heading": "Heading",
    "signature": "Signature",
    "title": "Title",
    "note": "Title note",
    "toc": "Contents",
    "addressee": "Addressee",
    "attachment": "List of annexes",
}
"""Names from the official English translations of Chinese statutes; a clause of notice form is a section."""


@lru_cache(maxsize=16384)
def in_english(anchor: str) -> str:
    """Write an anchor as an English citation: art-12-1-para-2 → Article 12-1, paragraph 2; draft → The whole draft.

    Raises ValueError if it is not an anchor.
    """
    if anchor in (WHOLE, ""):
        return "The whole draft"
    steps: list[str] = []
    end = 0
    while end < len(anchor):
        step = STEP.match(anchor, end)
        if step is None or step[1] not in _NAMES:
            raise ValueError(f"不是条文编号：{anchor}")
        number = f"{int(step[2])}-{int(step[3])}" if step[3] else str(int(step[2]))
        again = f" (occurrence {int(step[4])})" if step[4] else ""
        if step[1] == "dec" and steps and steps[-1][-1].isdigit():  # 1. and .2 are 1.2
            steps[-1] += f".{number}{again}"
        else:
            steps.append(f"{_NAMES[step[1]]} {number}{again}")
        end = step.end()
    words = ", ".join(steps)
    return words[0].upper() + words[1:]
