"""What can go wrong with a table, and the shape of its raw rows."""

from __future__ import annotations

from dataclasses import dataclass

from consult.files.errors import UnreadableFile


class TableRefused(UnreadableFile):
    """A file is no table that can be read; the message says in Chinese what is wrong and what to do."""


@dataclass(frozen=True)
class BadCells:
    """A raw row that could not be taken apart, and why."""

    reason: str


Cells = list[str] | BadCells
