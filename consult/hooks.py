"""Hooks: what a later stage does inside an earlier stage's verb, without the earlier one importing it."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Generic, TypeVar, cast

Hook = TypeVar("Hook")


class Hooks(Generic[Hook]):
    """The hooks of one event, each registered by the name ``module:attribute`` and imported when first used."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._loaded: tuple[Hook, ...] | None = None

    def register(self, name: str) -> None:
        """Add a hook, once however often an application starts in this process."""
        if name not in self._names:
            self._names.append(name)
            self._loaded = None

    def all(self) -> tuple[Hook, ...]:
        """Return the hooks in the order of registering."""
        if self._loaded is None:
            self._loaded = tuple(cast(Hook, _load(name)) for name in self._names)
        return self._loaded


def _load(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)
