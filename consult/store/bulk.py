"""Bulk inserts through the database driver, in the caller's transaction; no ORM objects are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Dialect, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

from consult.store.database import driver
from consult.store.statement_batching import Insert, StatementBatch

Row = Mapping[str, Any]

COPY_FROM_ROWS = 32
"""Rows from which on PostgreSQL's COPY is faster than INSERT."""


def reserve_ids(model: type[DeclarativeBase], n: int) -> list[int]:
    """Return ``n`` unused ids of ``model``, ascending: from the sequence, on SQLite under the write lock."""
    table = model.__tablename__
    running = driver()
    if running.dialect.name == "postgresql":
        running.run(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s) ORDER BY 1", (table, n)
        )
        return [int(row[0]) for row in running.cursor.fetchall()]
    running.run("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
    last = (running.cursor.fetchone() or (0,))[0]
    return list(range(last + 1, last + n + 1))


def insert_rows(model: type[DeclarativeBase], rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns; Python-side defaults aren't applied.

    Inside ``raw_transaction`` on PostgreSQL small inserts are batched with those that follow.
    """
    if not rows:
        return
    many = len(rows) >= COPY_FROM_ROWS
    running = driver(keep_batch=not many)
    plan = _plan(model, tuple(rows[0]), running.dialect)
    values = plan.values(rows)
    if running.batch is not None and not many:
        if running.batch.add(plan.insert, values):
            running.flush_batch()
        return
    if many and running.dialect.name == "postgresql":
        running.write(_copy, _copy_statement(model, plan, running.dialect), running.cursor, values)
    elif len(rows) > 1:
        running.write(running.cursor.executemany, plan.sql, values)
    else:
        running.run(plan.sql, values[0])


def insert_rows_for_ids(model: type[DeclarativeBase], rows: Sequence[Row], key: str) -> dict[Any, int]:
    """Insert rows as ``insert_rows`` does, and return ``{value of the column key: id}``; ``key`` must be unique.

    Costs no round trip more: on PostgreSQL the ids come back with the INSERT, which sends what was batched before.
    """
    running = driver(keep_batch=True)
    if running.dialect.name != "postgresql" and len(rows) == 1:
        plan = _plan(model, tuple(rows[0]), running.dialect)
        running.run(plan.sql, plan.values(rows)[0])
        return {rows[0][key]: int(running.cursor.lastrowid)}
    if running.dialect.name != "postgresql" or len(rows) >= COPY_FROM_ROWS:
        numbered = [{"id": id_, **row} for id_, row in zip(reserve_ids(model, len(rows)), rows, strict=True)]
        insert_rows(model, numbered)
        return {row[key]: row["id"] for row in numbered}
    if not rows:
        return {}
    plan = _plan(model, tuple(rows[0]), running.dialect)
    returning = replace(plan.insert, returning=("id", key))
    batch = running.batch if running.batch is not None else StatementBatch()
    batch.add(returning, plan.values(rows))
    running.run(*batch.take_all())
    return {value: int(id_) for id_, value in running.cursor.fetchall()}


def insert_new(model: type[DeclarativeBase], row: Row) -> int | None:
    """Insert a row and return its id; None on a conflict with a unique constraint.

    On PostgreSQL it waits for a concurrent transaction that inserts the same value.
    """
    running = driver()
    plan = _plan(model, tuple(row), running.dialect, if_absent=True)
    running.run(plan.sql, plan.values([row])[0])
    made = running.cursor.fetchall()
    return int(made[0][0]) if made else None


Process = Callable[[Any], Any]


@dataclass(frozen=True)
class _Plan:
    """A compiled INSERT, and its columns in the driver's order with their bind processors."""

    sql: str
    columns: tuple[tuple[str, Process | None], ...]

    @cached_property
    def insert(self) -> Insert:
        """The INSERT in its two halves."""
        into, _, row = self.sql.partition(" VALUES ")
        return Insert(into, row)

    def values(self, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        """Return the rows' values for the driver; a value repeated in the next row is processed once."""
        if len(rows) == 1:
            (row,) = rows
            return [
                tuple([v if p is None or v is None else p(v) for v, p in [(row[name], p) for name, p in self.columns]])
            ]
        by_column = []
        for name, process in self.columns:
            values = [row[name] for row in rows]
            if process is not None:
                converted = _repeat_last(process)
                values = [None if value is None else converted(value) for value in values]
            by_column.append(values)
        return list(zip(*by_column, strict=True))


@lru_cache(maxsize=128)
def _plan(
    model: type[DeclarativeBase], columns: tuple[str, ...], dialect: Dialect, *, if_absent: bool = False
) -> _Plan:
    """Return the compiled INSERT; compiling it takes longer than running it."""
    statement = (postgresql if dialect.name == "postgresql" else sqlite).insert(model).inline()
    statement = statement.values({column: bindparam(column) for column in columns})
    if if_absent:
        statement = statement.on_conflict_do_nothing().returning(model.__table__.c.id)
    compiled: Any = statement.compile(dialect=dialect)
    types = model.__table__.c
    order = [(name, types[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in compiled.positiontup]
    return _Plan(str(compiled), tuple(order))


def _repeat_last(process: Process) -> Process:
    last: list[Any] = [object(), None]

    def convert(value: Any) -> Any:
        if value is not last[0]:
            last[0], last[1] = value, process(value)
        return last[1]

    return convert


def _copy_statement(model: type[DeclarativeBase], plan: _Plan, dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name, _ in plan.columns)
    return f"COPY {quote(model.__tablename__)} ({names}) FROM STDIN"


def _copy(sql: str, cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    with cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)
