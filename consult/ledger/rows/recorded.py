"""What the record says of the rows of covered tables: their changes in order, their counts and sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Act
from consult.ledger.models import DIGESTS_OF_ROWS, LedgerEntry
from consult.ledger.rows.coverage import DIGEST_DIGITS
from consult.ledger.verification.batches import detail_of
from consult.ledger.verification.database_view import stored_text, stream
from consult.store import db

MODULUS = 16**DIGEST_DIGITS
KEYS_OF_ROWS = "keys:rows"
"""The subject of acts on the key of row digests."""
SUMS = "tables"
"""Key in the detail of a rotation of it: count and sum of each table with the new key."""

Change = tuple[int, str, str, str | None, str | None]
"""Entry, table, key, digest before, digest after; None for no row."""


@dataclass
class RowSum:
    """How many rows, and the sum of their digests: equal for equal rows in whatever order they came and changed."""

    rows: int = 0
    sum: int = 0

    def add(self, digest: str | None) -> None:
        """Count a row in."""
        if digest is not None:
            self.rows += 1
            self.sum = (self.sum + int(digest, 16)) % MODULUS

    def take_out(self, digest: str | None) -> None:
        """Count a row out."""
        if digest is not None:
            self.rows -= 1
            self.sum = (self.sum - int(digest, 16)) % MODULUS

    def as_detail(self) -> dict[str, Any]:
        """Return it as an entry has it."""
        return {"rows": self.rows, "sum": f"{self.sum:0{DIGEST_DIGITS}x}"}


def recorded_changes(since: int = 0) -> Iterator[Change]:
    """Yield every recorded change, oldest first; those of entries above ``since``."""
    query = select(LedgerEntry.id, stored_text(LedgerEntry.detail).label("detail"))
    of_rows = query.where(LedgerEntry.subject == DIGESTS_OF_ROWS, LedgerEntry.id > since)
    for entry in stream(of_rows.order_by(LedgerEntry.id)):
        yield from _changes(entry)


def _changes(entry: Any) -> Iterator[Change]:
    tables = detail_of(entry).get("rows")
    for table, changes in tables.items() if isinstance(tables, dict) else ():
        for change in changes if isinstance(changes, list) else ():
            if isinstance(change, list) and len(change) == 3 and all(map(_is_digest, change[1:])):
                yield entry.id, table, str(change[0]), change[1], change[2]


def _is_digest(value: Any) -> bool:
    """Say whether this is a digest or None; whatever else an altered entry holds, its seal tells."""
    if value is None:
        return True
    try:
        return isinstance(value, str) and int(value, 16) >= 0
    except ValueError:
        return False


def _sums_of_newest_key() -> tuple[int, dict[str, RowSum]]:
    """Return the entry that brought the newest key of row digests into force, and the sums that it has."""
    query = select(LedgerEntry.id, stored_text(LedgerEntry.detail).label("detail"))
    of_keys = query.where(LedgerEntry.subject == KEYS_OF_ROWS, LedgerEntry.act == Act.ROTATE_KEYS)
    newest = db.session.execute(of_keys.order_by(LedgerEntry.id.desc()).limit(1)).first()
    if newest is None:
        return 0, {}
    tables = detail_of(newest).get(SUMS)
    try:
        sums = {name: RowSum(int(of["rows"]), int(of["sum"], 16)) for name, of in (tables or {}).items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        sums = {}  # an altered entry: its seal tells
    return newest.id, sums


def recorded_sums() -> dict[str, RowSum]:
    """Return what each table must hold, with the newest key, according to all its changes."""
    since, sums = _sums_of_newest_key()
    for _, table, _key, before, after in recorded_changes(since):
        of_table = sums.setdefault(table, RowSum())
        of_table.take_out(before)
        of_table.add(after)
    return sums
