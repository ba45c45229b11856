"""Sentences for people: Chinese as they stand, and still known by pattern and values, so that a face can translate.

Core and stages write Chinese and know no other language. A refusal made of a sentence reads as Chinese everywhere; a
face that speaks another language asks it for its words ``through`` a translation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Sentence(str):
    """Chinese text that keeps the pattern and the values that it was made of."""

    __slots__ = ("pattern", "values")
    pattern: str
    values: dict[str, Any]

    def __new__(cls, pattern: str, values: dict[str, Any] | None = None) -> Sentence:
        """Return ``pattern`` with ``values`` in the places that it names ``%(name)s``; without values, as it stands."""
        made = super().__new__(cls, pattern % values if values else pattern)
        made.pattern, made.values = pattern, values or {}
        return made

    def __str__(self) -> str:
        """Return the sentence itself: the text of an error is still one."""
        return self

    def __mod__(self, values: Any) -> Sentence:
        """Fill the places, as a validator does with the pattern of its message."""
        return Sentence(self.pattern, dict(values))

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Give pattern and values to who copies a sentence."""
        return self.pattern, self.values

    def through(self, translate: Callable[[str], str]) -> str:
        """Return the sentence in another language: its pattern and those values that are sentences, translated."""
        pattern = translate(self.pattern)
        if not self.values:
            return pattern
        return pattern % {
            name: value.through(translate) if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }


def sentence(pattern: str, /, **values: Any) -> Sentence:
    """Return a sentence, and mark its pattern for translation: ``make translations`` collects what stands here."""
    return Sentence(pattern, values)
