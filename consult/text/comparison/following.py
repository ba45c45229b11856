"""References to other provisions of the same document, as they read once these are renumbered."""

from __future__ import annotations

import re
from collections.abc import Mapping

from consult.text.anchors import in_words
from consult.text.numerals import NUMERALS, read_number

_N = f"[{NUMERALS}]+"
_REFERENCE = re.compile(
    rf"本(?:(?P<here>条)(?=第{_N}[款项])|法|条例|办法|规定|细则|规则|决定|规程)"
    rf"(?:第(?P<article>{_N})条(?:之(?P<sub>{_N}))?)?(?:第(?P<paragraph>{_N})款)?(?:第[（(]?(?P<item>{_N})[）)]?项)?"
)
"""本法第七十五条第二款, 本条第一款第（二）项; what another document is named before isn't one."""


def followed(words: str, article: str, anchors: Mapping[str, str]) -> str:
    """Return a provision's words with its references as the newer version has to write them.

    What is referred to and is gone, or isn't there, is left as it is written.

    Arguments:
        words: of the older version, without line breaks.
        article: anchor of the article that they stand in, which 本条 means.
        anchors: from the older version to the newer one, as ``Comparison.anchors``.
    """

    def rewritten(reference: re.Match[str]) -> str:
        here = reference["here"] is not None
        base = article if here else _anchor("art", reference["article"], reference["sub"])
        new = anchors.get(f"{base}{_below(reference, base, anchors)}") if base else None
        if new is None or "art-" not in new:
            return reference[0]
        place = in_words(new[new.index("art-") :])
        unit = in_words(_article_of(anchors.get(article, "")))
        if here and place.startswith(unit):
            return f"本条{place.removeprefix(unit)}"
        return reference[0][: reference[0].index("第")] + place

    return _REFERENCE.sub(rewritten, words)


def _below(reference: re.Match[str], base: str, anchors: Mapping[str, str]) -> str:
    """Return the rest of the anchor below an article: an item without a paragraph is one of the first."""
    paragraph = _anchor("para", reference["paragraph"])
    item = _anchor("item", reference["item"])
    if item and not paragraph and f"{base}-para-1-{item}" in anchors:
        paragraph = "para-1"
    return "".join(f"-{step}" for step in (paragraph, item) if step)


def _anchor(name: str, number: str | None, sub: str | None = None) -> str:
    value, second = read_number(number or ""), read_number(sub or "")
    return (f"{name}-{value}" + (f"-{second}" if second else "")) if value else ""


def _article_of(anchor: str) -> str:
    article = re.search(r"art-\d+(?:-\d+)?", anchor)
    return article[0] if article else ""
