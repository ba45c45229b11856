"""Rows from before the record covered them: taken in once for each table, as they are at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select

from consult.accounts.permissions import SYSTEM
from consult.ledger.models import DIGESTS_OF_ROWS, LedgerEntry
from consult.ledger.rows.changes import IN_ONE_ENTRY
from consult.ledger.rows.coverage import RowDigests, covered_tables, key_of, key_text, rows_query
from consult.ledger.rows.recorded import RowSum, recorded_changes
from consult.ledger.service import record
from consult.ledger.verification.batches import detail_of
from consult.ledger.verification.database_view import parse_time, stored_text, stream
from consult.store import transaction
from consult.store.locking import advisory_lock

ENROL = "rows.enrol"
"""The act by which a table's rows come into the record."""
SUMMARY = "rows:enrolment"
"""The subject of the entry that has the count and sum of each table."""


@dataclass(frozen=True)
class Enrolled:
    """When a table came into the record, and how many rows it had then."""

    table: str
    at: datetime
    rows: int


def enrolled() -> list[Enrolled]:
    """Return the tables that were taken into the record, in the order of the acts."""
    query = select(stored_text(LedgerEntry.at).label("at"), stored_text(LedgerEntry.detail).label("detail"))
    rows = stream(query.where(LedgerEntry.subject == SUMMARY, LedgerEntry.act == ENROL).order_by(LedgerEntry.id))
    return [
        Enrolled(table, parse_time(row.at), int(counted["rows"]))
        for row in rows
        for table, counted in detail_of(row).get("tables", {}).items()
    ]


def enrol(at: datetime) -> dict[str, int]:
    """Take in every table that isn't in the record yet; return ``{table: rows taken in}``.

    A table is taken in once: rows that come up in it later without an entry are faults.
    """
    with transaction():
        advisory_lock("rows.enrol")
        known = {of.table for of in enrolled()}
        fresh = [table for table in covered_tables() if table.name not in known]
        if not fresh:
            return {}
        counted = {table.name: _take_in(table, at) for table in fresh}
        record(SYSTEM, ENROL, SUMMARY, at=at, tables={name: sums.as_detail() for name, sums in counted.items()})
    return {name: sums.rows for name, sums in counted.items()}


def _take_in(table: Table, at: datetime) -> RowSum:
    """Record the rows of a table that no entry names, and what those had been that verbs changed before this act."""
    first_seen: dict[str, str | None] = {}
    for _, name, key, before, _after in recorded_changes():
        if name == table.name:
            first_seen.setdefault(key, before)
    missing = [[key, None, before] for key, before in first_seen.items() if before is not None]
    sums = RowSum()
    for some in _batches(_every_row(table)):
        for _, digest in some:
            sums.add(digest)
        missing += [[key, None, digest] for key, digest in some if key not in first_seen]
        while len(missing) >= IN_ONE_ENTRY:
            _add(table, missing[:IN_ONE_ENTRY], at)
            missing = missing[IN_ONE_ENTRY:]
    if missing:
        _add(table, missing, at)
    return sums


def _add(table: Table, changes: Sequence[list[str | None]], at: datetime) -> None:
    record(SYSTEM, ENROL, DIGESTS_OF_ROWS, at=at, rows={table.name: list(changes)})


def _every_row(table: Table) -> Iterator[tuple[str, str]]:
    digests = RowDigests()
    for row in stream(rows_query(table)):
        yield key_text(key_of(table, row._mapping)), digests.of(table, row._mapping)


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == IN_ONE_ENTRY:
            yield batch
            batch = []
    yield batch
