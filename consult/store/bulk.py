"""Many rows at once, as fast as the driver takes them; inside a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, bindparam, insert, select, text
from sqlalchemy import func as sql_func
from sqlalchemy.orm import DeclarativeBase

from consult.store.database import db

Row = Mapping[str, Any]


def reserve_ids(model: type[DeclarativeBase], n: int) -> list[int]:
    """Return ``n`` fresh ids for rows of ``model``, ascending; nobody else gets them.

    On SQLite the caller's write lock keeps others away; on PostgreSQL the sequence does.
    """
    table = model.__tablename__
    if db.session.connection().dialect.name == "postgresql":
        series = sql_func.generate_series(1, n).table_valued("i")
        sequence = sql_func.nextval(sql_func.pg_get_serial_sequence(table, "id"), type_=BigInteger)
        return sorted(db.session.scalars(select(sequence).select_from(series)))
    last = db.session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table}) or 0
    return list(range(last + 1, last + n + 1))


def insert_rows(model: type[DeclarativeBase], rows: Sequence[Row]) -> None:
    """Insert rows that all name the same columns; defaults that Python sets must be among them."""
    if not rows:
        return
    connection = db.session.connection()
    columns = list(rows[0])
    by_column = [[row[column] for row in rows] for column in columns]
    for place, column in enumerate(columns):
        process = _processor(model, column, connection)
        if process is not None:
            by_column[place] = [None if value is None else process(value) for value in by_column[place]]
    values = list(zip(*by_column, strict=True))
    if connection.dialect.name == "postgresql":
        _copy(connection, model, columns, values)
    else:
        statement, order = _statement(model, tuple(columns), connection.dialect)
        ordered = values if order == tuple(range(len(columns))) else [tuple(v[i] for i in order) for v in values]
        connection.exec_driver_sql(statement, ordered)


@lru_cache(maxsize=64)
def _statement(model: type[DeclarativeBase], columns: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[int, ...]]:
    """Return the driver's statement, and in which order it takes the columns."""
    compiled = insert(model).values({column: bindparam(column) for column in columns}).compile(dialect=dialect)
    return str(compiled), tuple(columns.index(name) for name in compiled.positiontup or columns)


def _processor(model: type[DeclarativeBase], column: str, connection: Connection) -> Callable[[Any], Any] | None:
    """Return what turns a Python value into the driver's; the same value twice in a row is turned once."""
    process = model.__table__.c[column].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if process is None:
        return None
    last: list[Any] = [object(), None]

    def cached(value: Any) -> Any:
        if value is not last[0]:
            last[0], last[1] = value, process(value)
        return last[1]

    return cached


def _copy(connection: Connection, model: type[DeclarativeBase], columns: list[str], values: list[Any]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(column) for column in columns)
    cursor = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {quote(model.__tablename__)} ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in values:
            copy.write_row(row)
