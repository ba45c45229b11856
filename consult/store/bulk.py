"""Many rows at once, as fast as the driver takes them; inside a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Dialect, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

from consult.store.database import driver
from consult.store.gathering import Insert

Row = Mapping[str, Any]

COPIED = 32
"""Rows from which on PostgreSQL's COPY is faster than INSERT."""


def reserve_ids(model: type[DeclarativeBase], n: int) -> list[int]:
    """Return ``n`` fresh ids for rows of ``model``, ascending; nobody else gets them.

    On SQLite the caller's write lock keeps others away; on PostgreSQL the sequence does.
    """
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
    """Insert rows that all name the same columns; defaults that Python sets must be among them.

    Inside ``writing`` on PostgreSQL a few rows wait, to be written with those that follow.
    """
    if not rows:
        return
    many = len(rows) >= COPIED
    running = driver(for_more_rows=not many)
    plan = _plan(model, tuple(rows[0]), running.dialect)
    values = plan.values(rows)
    if running.gathering is not None and not many:
        if running.gathering.add(plan.insert, values):
            running.write_gathered()
        return
    if many and running.dialect.name == "postgresql":
        running.write(_copy, _copying(model, plan, running.dialect), running.cursor, values)
    elif len(rows) > 1:
        running.write(running.cursor.executemany, plan.sql, values)
    else:
        running.run(plan.sql, values[0])


def insert_new(model: type[DeclarativeBase], row: Row) -> int | None:
    """Insert a row and return its id; None when another holds one of the values that must be unique.

    On PostgreSQL it waits for how a transaction ends that is about to store the same value.
    """
    running = driver()
    plan = _plan(model, tuple(row), running.dialect, unless_there=True)
    running.run(plan.sql, plan.values([row])[0])
    made = running.cursor.fetchall()
    return int(made[0][0]) if made else None


Process = Callable[[Any], Any]


@dataclass(frozen=True)
class _Plan:
    """An INSERT as the driver takes it, and its columns in the driver's order with what turns a value into its own."""

    sql: str
    columns: tuple[tuple[str, Process | None], ...]

    @cached_property
    def insert(self) -> Insert:
        """The INSERT in its two halves."""
        into, _, row = self.sql.partition(" VALUES ")
        return Insert(into, row)

    def values(self, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        """Return the rows' values for the driver; the same value twice in a row is turned once."""
        if len(rows) == 1:
            (row,) = rows
            return [
                tuple([v if p is None or v is None else p(v) for v, p in [(row[name], p) for name, p in self.columns]])
            ]
        by_column = []
        for name, process in self.columns:
            values = [row[name] for row in rows]
            if process is not None:
                turned = _turning_once(process)
                values = [None if value is None else turned(value) for value in values]
            by_column.append(values)
        return list(zip(*by_column, strict=True))


@lru_cache(maxsize=128)
def _plan(
    model: type[DeclarativeBase], columns: tuple[str, ...], dialect: Dialect, *, unless_there: bool = False
) -> _Plan:
    """Return the plan of an INSERT, which takes longer to make than to use."""
    statement = (postgresql if dialect.name == "postgresql" else sqlite).insert(model).inline()
    statement = statement.values({column: bindparam(column) for column in columns})
    if unless_there:
        statement = statement.on_conflict_do_nothing().returning(model.__table__.c.id)
    compiled: Any = statement.compile(dialect=dialect)
    types = model.__table__.c
    order = [(name, types[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in compiled.positiontup]
    return _Plan(str(compiled), tuple(order))


def _turning_once(process: Process) -> Process:
    last: list[Any] = [object(), None]

    def turned(value: Any) -> Any:
        if value is not last[0]:
            last[0], last[1] = value, process(value)
        return last[1]

    return turned


def _copying(model: type[DeclarativeBase], plan: _Plan, dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name, _ in plan.columns)
    return f"COPY {quote(model.__tablename__)} ({names}) FROM STDIN"


def _copy(sql: str, cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    with cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)
