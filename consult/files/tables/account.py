"""The account of a table: of what it holds, how much was taken, and what was not, with its place and the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Named(NamedTuple):
    """Something of a table that was not taken: where it stands and why, both in Chinese."""

    where: str
    why: str


def place_words(sheet: str, row: int = 0, column: str = "") -> str:
    """Return in words where a row or a cell stands; ``sheet`` is empty where there is only one."""
    words = f"第 {row} 行" if row else ""
    return (f"工作表“{sheet}”" if sheet else "") + words + (f"“{column}”列" if column else "")


@dataclass
class Tally:
    """How many there are of something, how many were taken, and those that were not.

    ``total`` is counted where a table is read, ``taken`` and ``named`` where it is decided: that ``total`` is their sum
    shows that nothing was dropped.
    """

    total: int = 0
    taken: int = 0
    named: list[Named] = field(default_factory=list)
    more: int = 0
    """Those not taken that are not among ``named``, where a list is kept short."""

    @property
    def sums(self) -> bool:
        """Whether everything is accounted for."""
        return self.total == self.taken + len(self.named) + self.more

    def add(self, other: Tally, *, keep: int | None = None) -> None:
        """Add another tally; at most ``keep`` of what isn't taken stays listed."""
        self.total += other.total
        self.taken += other.taken
        room = len(other.named) if keep is None else max(0, keep - len(self.named))
        self.named += other.named[:room]
        self.more += other.more + max(0, len(other.named) - room)

    def as_json(self) -> dict[str, Any]:
        """Return it as printed by commands: ``in``, ``taken``, ``named``; ``more`` only in a list kept short."""
        named = [name._asdict() for name in self.named]
        return {"in": self.total, "taken": self.taken, "named": named} | ({"more": self.more} if self.more else {})

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> Tally:
        """Return the tally of ``as_json``."""
        named = [Named(name["where"], name["why"]) for name in facts["named"]]
        return cls(facts["in"], facts["taken"], named, facts.get("more", 0))


@dataclass
class Account:
    """What became of everything in a file.

    - ``sheets``: all sheets of the workbook, hidden and empty ones too; one for CSV.
    - ``columns``: all columns of the heads of the sheets that were read, those without a name too.
    - ``rows``: all rows of these sheets in which anything is written, titles above the head too, without the head.
    - ``cells``: of the rows that were taken, the cells of the columns that were used in which anything is written,
      those right of the head, those filled from a merged cell, and every comment. What isn't text of its own (无, 同上,
      a merged cell that was carried down) is named though it was understood.
    """

    sheets: Tally = field(default_factory=Tally)
    columns: Tally = field(default_factory=Tally)
    rows: Tally = field(default_factory=Tally)
    cells: Tally = field(default_factory=Tally)

    def tallies(self) -> Iterable[tuple[str, Tally]]:
        """Return the tallies by name, in order."""
        return (("sheets", self.sheets), ("columns", self.columns), ("rows", self.rows), ("cells", self.cells))

    @property
    def sums(self) -> bool:
        """Whether everything is accounted for."""
        return all(tally.sums for _, tally in self.tallies())

    def as_json(self) -> dict[str, Any]:
        """Return it as printed by commands."""
        return {name: tally.as_json() for name, tally in self.tallies()}

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> Account:
        """Return the account of ``as_json``."""
        return cls(*(Tally.from_json(facts[name]) for name in ("sheets", "columns", "rows", "cells")))
