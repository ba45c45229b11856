"""Rows that wait to be written together: PostgreSQL is told the inserts of a transaction in one statement.

Each statement is a round trip in which both sides wake up, send, and wait; together that is longer than the inserts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

INSERTS = 8
"""Inserts that one statement holds."""


@dataclass(frozen=True)
class Insert:
    """An INSERT in two halves, ``INSERT INTO … `` and ``VALUES``' one row of placeholders (``%s``)."""

    into: str
    row: str

    def of(self, n: int) -> str:
        """Return the statement for ``n`` rows."""
        return f"{self.into} VALUES {', '.join([self.row] * n)}"


@dataclass
class Gathering:
    """Inserts of the running transaction that the database hasn't been told yet."""

    waiting: list[tuple[Insert, Sequence[tuple[Any, ...]]]] = field(default_factory=list)

    def add(self, insert: Insert, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Let the rows wait; say whether it is time to write."""
        self.waiting.append((insert, rows))
        return len(self.waiting) == INSERTS

    def take(self) -> tuple[str, list[Any]] | None:
        """Return the statement that writes all that waits, with its parameters; None when nothing does."""
        if not self.waiting:
            return None
        sql = _together(tuple((insert, len(rows)) for insert, rows in self.waiting))
        parameters = [value for _, rows in self.waiting for row in rows for value in row]
        self.waiting.clear()
        return sql, parameters


@lru_cache(maxsize=256)
def _together(inserts: tuple[tuple[Insert, int], ...]) -> str:
    """Return one statement for several inserts; constraints between their rows are checked at its end."""
    *before, last = (insert.of(n) for insert, n in inserts)
    named = ", ".join(f"written_{place} AS ({sql})" for place, sql in enumerate(before))
    return f"WITH {named} {last}" if named else last
