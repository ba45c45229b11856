"""Errors of reading a table, and the type of its raw rows."""

from __future__ import annotations

from dataclasses import dataclass

from consult.files.errors import UnreadableFile


class TableRefused(UnreadableFile):
    """A file is not a readable table; the message (Chinese) says what is wrong and what to do."""


@dataclass(frozen=True)
class BadCells:
    """A raw row that could not be parsed, and why."""

    reason: str


Cells = list[str] | BadCells
