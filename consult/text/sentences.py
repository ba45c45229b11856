"""Translatable sentences: Chinese strings that keep their pattern and values, so that a face can translate them.

Core and stages write Chinese only. An error made from a sentence reads as Chinese everywhere; a face in another
language calls ``translated`` with its translation function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Sentence(str):
    """Chinese text that keeps the pattern and the values it was formatted from."""

    __slots__ = ("pattern", "values")
    pattern: str
    values: dict[str, Any]

    def __new__(cls, pattern: str, values: dict[str, Any] | None = None) -> Sentence:
        """Return ``pattern`` formatted with ``values`` (``%(name)s``); without values, unchanged."""
        made = super().__new__(cls, pattern % values if values else pattern)
        made.pattern, made.values = pattern, values or {}
        return made

    def __str__(self) -> str:
        """Return the sentence itself, so that ``str(error)`` is still a Sentence."""
        return self

    def __mod__(self, values: Any) -> Sentence:
        """Format the pattern, as WTForms validators do with their messages."""
        return Sentence(self.pattern, dict(values))

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Return pattern and values for copying and pickling."""
        return self.pattern, self.values

    def translated(self, translate: Callable[[str], str]) -> str:
        """Return the sentence in another language: pattern and values that are sentences are translated."""
        pattern = translate(self.pattern)
        if not self.values:
            return pattern
        return pattern % {
            name: value.translated(translate) if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }


def sentence(pattern: str, /, **values: Any) -> Sentence:
    """Return a sentence whose pattern ``make translations`` collects for translation."""
    return Sentence(pattern, values)
