"""Verification of rows: every covered table holds what the record of its changes says, no row more, none less."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from sqlalchemy import Table, select
from sqlalchemy.exc import StatementError

from consult import keys
from consult.clock import local
from consult.ledger import key_times
from consult.ledger.faults import Damage, Fault
from consult.ledger.rows import enrolment
from consult.ledger.rows.coverage import Key, RowDigests, columns, covered_tables, key_of, key_text, rows_query
from consult.ledger.rows.recorded import RowSum, recorded_changes, recorded_sums
from consult.ledger.verification.database_view import CheckedCounts, snapshot_read, stream
from consult.ledger.verification.row_words import words_of
from consult.store import db

UNREADABLE = ""
"""The digest of a row with a value that its column can't hold."""
UNREADABLE_VALUE = (ValueError, TypeError, LookupError, AttributeError, StatementError)
"""What reading such a row raises."""
IN_MEMORY = 200_000
"""Rows of a damaged table that are compared at once, in memory."""


def rows(checked: CheckedCounts) -> Iterator[Fault]:
    """Compare count and sum of every covered table with the record; where they differ, name the rows."""
    with snapshot_read():
        for taken_in in enrolment.enrolled():
            day = f"{local(taken_in.at):%Y-%m-%d}"
            if taken_in.rows:
                checked.rows_since[day] = checked.rows_since.get(day, 0) + taken_in.rows
        recorded = recorded_sums()
        if not recorded and _any_row():
            message = "数据行还没有纳入校验：被删除、被调换的行查不出来。请运行 flask ledger enrol。"
            yield Fault("rows", "", Damage.INSERTED, message)
            return
        for table in covered_tables():
            stored = _sum(table)
            checked.rows += stored.rows
            if stored != (expected := recorded.get(table.name, RowSum())):
                yield from _differences(table, 1 + max(stored.rows, expected.rows) // IN_MEMORY)


def _any_row() -> bool:
    return any(db.session.execute(select(*table.primary_key).limit(1)).first() for table in covered_tables())


def _sum(table: Table) -> RowSum:
    """Return count and sum of the rows; with one that can't be read, a sum that no rows have."""
    stored = RowSum()
    try:
        for _, digest in _rows(table):
            stored.add(digest)
    except UNREADABLE_VALUE:
        return RowSum(rows=stored.rows, sum=-1)
    return stored


def _rows(table: Table) -> Iterator[tuple[str, str]]:
    """Yield key and digest of every row, with the newest key."""
    digests = RowDigests()
    for row in stream(rows_query(table)):
        yield key_text(key_of(table, row._mapping)), digests.of(table, row._mapping)


def _rows_as_recorded(table: Table, recorded: _RecordedRows) -> Iterator[tuple[str, str]]:
    """Yield key and digest of every row of a turn, with the key by which it was recorded last."""
    for row in stream(rows_query(table)):
        key = key_text(key_of(table, row._mapping))
        if recorded.is_in_turn(key):
            yield key, recorded.digests_for(key).of(table, row._mapping)


def _rows_singly(table: Table, recorded: _RecordedRows) -> Iterator[tuple[str, str]]:
    """Do the same row by row; UNREADABLE for one that can't be read."""
    primary = table.primary_key.columns
    row_keys: list[Key] = [tuple(row) for row in db.session.execute(select(*primary).order_by(*primary))]
    for key in row_keys:
        if not recorded.is_in_turn(key_text(key)):
            continue
        same = [column == value for column, value in zip(primary, key, strict=True)]
        try:
            row = db.session.execute(select(*columns(table)).where(*same)).mappings().one()
            yield key_text(key), recorded.digests_for(key_text(key)).of(table, dict(row))
        except UNREADABLE_VALUE:
            yield key_text(key), UNREADABLE


def _differences(table: Table, turns: int) -> Iterator[Fault]:
    """Name the rows of a table that aren't as recorded; a part of the keys in each turn."""
    is_named = False
    for turn in range(turns):
        for fault in _differences_of_turn(table, turn, turns):
            is_named = True
            yield fault
    if not is_named:
        message = f"{words_of(table.name)}的行数或者内容与记录的合计不符：有一行在记录之外被改动，后来又被改写。"
        yield Fault(table.name, "", Damage.CHANGED, message)


def _differences_of_turn(table: Table, turn: int, turns: int) -> Iterator[Fault]:
    recorded = _RecordedRows(table, turn, turns)
    try:
        stored = dict(_rows_as_recorded(table, recorded))
    except UNREADABLE_VALUE:
        stored = dict(_rows_singly(table, recorded))
    last, broken = dict(recorded.last), recorded.broken()
    for key, digest in stored.items():
        expected = last.pop(key, None)
        if expected is None:
            yield _fault(table, key, Damage.INSERTED, "没有记录：它是插入的，或者换了编号。")
        elif digest != expected:
            broken.discard(key)
            yield _fault(table, key, Damage.CHANGED, "被改动：与最近一次办理后的内容不同。")
    for key, expected in last.items():
        if expected is not None:
            yield _fault(table, key, Damage.REMOVED, "被删除：写入它的记录还在。")
    for key in sorted(broken):
        yield _fault(table, key, Damage.CHANGED, "曾在记录之外被改动，后来又被改写。")


class _RecordedRows:
    """The last recorded digest of each row of a table, a part of the keys in each turn."""

    def __init__(self, table: Table, turn: int, turns: int) -> None:
        self.last: dict[str, str | None] = {}
        self._turn, self._turns = turn, turns
        self._generations: dict[str, int] = {}
        self._found_as: dict[str, str] = {}
        self._broken: set[str] = set()
        self._digests = {number: RowDigests(number) for number, _ in keys.newest_first(keys.Purpose.ROWS)}
        self._newest = max(self._digests)
        least = key_times.least(keys.Purpose.ROWS)
        for entry, name, key, before, after in recorded_changes():
            if name == table.name and self.is_in_turn(key):
                self._take(key, before, after, least(entry))

    def is_in_turn(self, key: str) -> bool:
        """Say whether a row is among those of this turn."""
        return crc32(key.encode(errors="surrogateescape")) % self._turns == self._turn

    def digests_for(self, key: str) -> RowDigests:
        """Return what digests a row with the key of its last record."""
        return self._digests.get(self._generations.get(key, self._newest), self._digests[self._newest])

    def broken(self) -> set[str]:
        """Return the rows that weren't found as they had been left."""
        return self._broken | set(self._found_as)

    def _take(self, key: str, before: str | None, after: str | None, generation: int) -> None:
        if before is None and after is not None and self._found_as.get(key) == after:
            del self._found_as[key]  # taken in after a verb had changed it: what it was before that
            return
        if key not in self.last and before is not None:
            self._found_as[key] = before
        elif key in self.last and self.last[key] != before and self._generations[key] == generation:
            self._broken.add(key)  # under another key digests differ; then the sums tell
        self.last[key], self._generations[key] = after, generation


def _fault(table: Table, key: str, what: Damage, words: str) -> Fault:
    return Fault(table.name, key, what, f"{words_of(table.name)}第 {key} 行{words}")
