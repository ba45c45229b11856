"""Reads a draft in traditional characters as the same one in simplified characters, and keeps its own."""

from __future__ import annotations

from typing import Final

from consult.text.parser.tree import Draft, Provision
from consult.text.simplified import simplified_each

_SIGNS: Final = "條項節總則編號關於錄請見屬規"
"""Characters of the words that a draft is read by, in traditional form alone."""
_ENOUGH: Final = 3_000  # characters


def has_traditional(text: str) -> bool:
    """Whether a text has words that a draft is read by in traditional characters; its beginning shows it."""
    beginning = text[:_ENOUGH]
    return any(sign in beginning for sign in _SIGNS)


def as_written(draft: Draft, text: str) -> Draft:
    """The draft read from a text's simplified form, with the characters of `text` itself.

    All of the text but its spaces stands in the nodes in the order of the source, so each character is found by
    counting.
    """
    restored = Restored(text)
    nodes = {id(node): restored.node(node) for node in draft.in_order()}
    title = restored.anywhere(draft.title)
    return Draft(
        title,
        draft.form,
        tuple(nodes[id(node)] for node in draft.provisions),
        draft.warnings,
        tuple(nodes[id(node)] for node in draft.front),
        draft.numbered,
    )


class Restored:
    """The characters of a source, given out in order."""

    def __init__(self, text: str) -> None:
        self.whole = "".join(text.split())
        self.simplified = simplified_each(self.whole)
        self.at = 0

    def node(self, node: Provision) -> Provision:
        """A node and those below it with the source's characters."""
        written, text = self._next(node.written), self._next(node.text)
        number = _part(node.number, node.written, written)
        heading = _part(node.heading, node.written[len(node.number) :], written[len(node.number) :])
        children = tuple(self.node(child) for child in node.children)
        return node._replace(written=written, text=text, number=number, heading=heading, children=children)

    def anywhere(self, words: str) -> str:
        """Words that stand in the source, whatever spaces are among them; as they are if they don't."""
        at = self.simplified.find("".join(words.split()))
        return _respaced(words, self.whole, at) if at >= 0 else words

    def _next(self, words: str) -> str:
        restored = _respaced(words, self.whole, self.at)
        self.at += len("".join(words.split()))
        return restored


def _respaced(words: str, source: str, start: int) -> str:
    """The characters of `source` from `start` on, as many as `words` has, with spaces where `words` has them."""
    characters = iter(source[start : start + len(words)])
    return "".join(c if c.isspace() else next(characters, c) for c in words)


def _part(words: str, within: str, restored: str) -> str:
    """The part of `restored` that is `words` in `within`, which has the same characters in simplified form."""
    compact = "".join(within.split())
    at = compact.find("".join(words.split()))
    return _respaced(words, "".join(restored.split()), at) if at >= 0 else words
