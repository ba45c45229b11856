"""Every enumeration of the application, and what the labels of its members lack; the tests call ``complaints()``."""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Iterator
from enum import StrEnum
from functools import cache
from importlib import import_module

import consult
from consult.labels import LabelledEnum

WITHOUT_ENUMERATIONS = ("consult.faces", "consult.demo")
"""Packages that are not read: faces show what core and stages declare."""


@cache
def enumerations() -> tuple[type[StrEnum], ...]:
    """Return every string enumeration that core and stages declare, by module and name."""
    for module in pkgutil.walk_packages(consult.__path__, "consult."):
        if not module.name.startswith(WITHOUT_ENUMERATIONS):
            import_module(module.name)
    declared = [kind for kind in _below(StrEnum) if kind.__module__.startswith("consult.") and list(kind)]
    return tuple(sorted(declared, key=name_of))


def labelled() -> tuple[type[LabelledEnum], ...]:
    """Return the enumerations that people read."""
    return tuple(kind for kind in enumerations() if issubclass(kind, LabelledEnum))


def _below(kind: type[StrEnum]) -> Iterator[type[StrEnum]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _below(subclass)


def name_of(enumeration: type[StrEnum]) -> str:
    """Return module and name: two enumerations may be called alike."""
    return f"{enumeration.__module__}.{enumeration.__name__}"


def public_words(enumeration: type[LabelledEnum]) -> Iterator[str]:
    """Yield the words of an enumeration that the catalogues must hold, none where only staff read them."""
    if enumeration.is_translated:
        yield from (member.label.for_public.words for member in enumeration)


def complaints(enumeration: type[StrEnum], known: Collection[str] = ()) -> list[str]:
    """Return what the members lack, each with its name; ``known`` are the words that are translated."""
    if not issubclass(enumeration, LabelledEnum):
        return [f"{enumeration.__name__}: its members have no labels"]
    wrong = [
        f"{enumeration.__name__}.{member.name} {lack}" for member in enumeration for lack in member.label.complaints()
    ]
    if enumeration.is_translated:
        wrong += [
            f"{enumeration.__name__}.{member.name} is not translated: {member.label.for_public.words}"
            for member in enumeration
            if member.label.for_public.words not in known
        ]
    return wrong
