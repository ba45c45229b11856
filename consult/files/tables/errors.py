"""Errors of reading a table, the type of its raw rows, and what is odd about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from consult.files.errors import UnreadableFile


class TableRefused(UnreadableFile):
    """A file is not a readable table; the message (Chinese) says what is wrong and what to do."""


@dataclass(frozen=True)
class BadCells:
    """A raw row that could not be parsed, and why."""

    reason: str


class Odd(StrEnum):
    """What a cell is whose text isn't what was typed into it."""

    FORMULA = "formula"
    DATE = "date"
    MERGED = "merged"
    """In a range of merged cells, and not its first: what is shown there was typed elsewhere."""
    RUINED = "ruined"
    """A number of more than 15 digits, of which the program keeps no more."""
    ERROR = "error"
    """An error value (#REF!); its text is left out."""
    UNCOMPUTED = "uncomputed"
    """A formula whose value isn't in the file."""


class MarkedCells(list[str]):
    """A raw row with odd cells by place, whether it is hidden, and what merged cells above it say, by place."""

    def __init__(
        self,
        cells: Iterable[str],
        odd: Mapping[int, Odd],
        *,
        hidden: bool = False,
        carried: Mapping[int, str] | None = None,
    ) -> None:
        super().__init__(cells)
        self.odd = dict(odd)
        self.hidden = hidden
        self.carried = dict(carried or {})


@dataclass(frozen=True)
class Remark:
    """Something of a file that isn't among its rows: where (a sheet's title, or empty), and what, in Chinese."""

    where: str
    words: str


Cells = list[str] | BadCells
