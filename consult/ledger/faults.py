"""What checking the record can find."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """What was done to something behind the application's back."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"


@dataclass(frozen=True)
class Fault:
    """One thing that isn't as it was written.

    ``where`` is the kind of thing (``entry``, ``leaf``, ``node``, ``checkpoint``, ``submission``, ``blob``, …),
    ``which`` its number, name or digest, and ``message`` says it in the user's language.
    """

    where: str
    which: str
    what: What
    message: str
