"""What verification reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Damage(StrEnum):
    """How something was changed outside the application."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"


@dataclass(frozen=True)
class Fault:
    """Something that isn't as it was written.

    ``where`` is its kind (``entry``, ``leaf``, ``node``, ``checkpoint``, ``submission``, ``blob``, …), ``which`` its
    number, name or digest; ``message`` is a Chinese sentence.
    """

    where: str
    which: str
    what: Damage
    message: str
