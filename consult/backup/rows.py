"""Rows in a form that any database takes: a table as lines of JSON, streamed in constant memory.

Each column has a *kind*, which says how its values are written, read from a database and put into one. A row's sum is
the SHA-256 of its line as a number; that of a table, modulo 2**256, is equal for equal rows in any order.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Double,
    Enum,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    cast,
    insert,
    inspect,
    select,
    text,
    type_coerce,
)
from sqlalchemy.types import JSON, TypeEngine

from consult.backup import tables
from consult.backup.errors import BackupRefused
from consult.store import UTCDateTime

ROWS: Final = 2000
"""Rows read or written at once."""
MODULUS: Final = 2**256
KINDS: Final[dict[str, type[TypeEngine[Any]] | type[UTCDateTime]]] = {
    "int": BigInteger,
    "float": Double,
    "text": Text,
    "bool": Boolean,
    "moment": UTCDateTime,
    "date": Date,
    "bytes": LargeBinary,
    "json": Text,
}
_OF: Final = (
    (UTCDateTime, "moment"),
    (Boolean, "bool"),
    (Enum, "text"),
    (JSON, "json"),
    (Date, "date"),
    (LargeBinary, "bytes"),
    ((Float, Double), "float"),
    (Integer, "int"),
    (String, "text"),
)
_PYTHON: Final[dict[str, type | tuple[type, ...]]] = {
    "int": int,
    "float": (float, int),
    "text": str,
    "bool": bool,
    "moment": datetime,
    "date": date,
    "bytes": bytes,
    "json": str,
}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_document = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


@dataclass(frozen=True)
class Shape:
    """A table's name, its columns with their kinds, and those of its primary key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @property
    def table(self) -> Table:
        """The table with columns of these kinds."""
        columns = [Column(name, KINDS[kind](), primary_key=name in self.key) for name, kind in self.columns]
        return Table(self.name, MetaData(), *columns)

    def as_line(self) -> bytes:
        """Return the first line of the table's part."""
        head = {"table": self.name, "columns": self.columns, "key": self.key}
        return _encode(head).encode() + b"\n"


def shape_from(line: bytes) -> Shape:
    """Return what the first line of a part says; raises ValueError, KeyError or TypeError for anything else."""
    head = json.loads(line)
    columns = tuple((str(name), str(kind)) for name, kind in head["columns"])
    if not all(kind in KINDS for _, kind in columns):
        raise ValueError("an unknown kind of column")
    return Shape(str(head["table"]), columns, tuple(str(name) for name in head["key"]))


def shapes() -> list[Shape]:
    """Return the shapes of all tables of the platform, those that others refer to first."""
    return [
        Shape(
            table.name,
            tuple((column.name, _kind(column.type)) for column in table.columns),
            tuple(column.name for column in table.primary_key.columns),
        )
        for table in tables.every()
    ]


def _kind(of: TypeEngine[Any]) -> str:
    for types, kind in _OF:
        if isinstance(of, types):  # type: ignore[arg-type]
            return kind
    raise TypeError(f"no kind for columns of {of!r}")


class TableSum:
    """How many rows went by, and the sum of their lines."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, line: bytes) -> None:
        """Count a row in."""
        self.rows += 1
        self._sum = (self._sum + int.from_bytes(sha256(line).digest(), "big")) % MODULUS

    def as_detail(self) -> dict[str, Any]:
        """Return it as a manifest has it."""
        return {"rows": self.rows, "sum": f"{self._sum:064x}"}


def read(connection: Connection, shape: Shape) -> Iterator[bytes]:
    """Yield a line for every row of a table.

    Raises:
        BackupRefused: a value that its column can't hold, which only somebody outside the platform can have written.
    """
    on_postgresql = connection.dialect.name == "postgresql"
    table = shape.table
    columns = [_readable(column, kind, on_postgresql) for column, (_, kind) in zip(table.c, shape.columns, strict=True)]
    query = select(*columns).order_by(*table.primary_key.columns).execution_options(yield_per=ROWS)
    writers = [_WRITE.get(kind) for _, kind in shape.columns]
    expected = [_PYTHON[kind] for _, kind in shape.columns]
    plain = [place for place, write in enumerate(writers) if write is None]
    for row in connection.execute(query):
        values = list(row)
        try:
            for place in plain:
                if values[place] is not None and not isinstance(values[place], expected[place]):
                    raise ValueError("another type")
            for place, write in enumerate(writers):
                if write is not None and values[place] is not None:
                    values[place] = write(values[place])
            line = _encode(values).encode() + b"\n"
        except (ValueError, TypeError) as error:
            key = "/".join(str(row._mapping[column.name]) for column in table.primary_key)
            raise BackupRefused(
                f"数据表 {shape.name} 第 {key} 行有读不出的内容（{error}）。请用 flask ledger verify 查明并改正后再做。"
            ) from None
        yield line


def _readable(column: Column[Any], kind: str, on_postgresql: bool) -> Any:
    """Return what to read of a column, so that nothing is lost: JSON as its text, moments as SQLite stores them."""
    if kind == "json":
        return cast(column, Text).label(column.name) if on_postgresql else type_coerce(column, Text).label(column.name)
    if kind in ("moment", "date", "bool") and not on_postgresql:
        return type_coerce(column, _Raw()).label(column.name)
    return column


class _Raw(TypeEngine[Any]):
    """A value as the driver gives it."""

    cache_ok = True


def _moment(value: Any) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="microseconds")


def _day(value: Any) -> str:
    return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()


def _truth(value: Any) -> bool:
    if value not in (0, 1):
        raise ValueError(f"{value!r}")
    return bool(value)


def _bytes(value: Any) -> str:
    return b64encode(value).decode("ascii")


def _json(value: Any) -> str:
    return _document(json.loads(value))


_WRITE: Final[dict[str, Callable[[Any], Any]]] = {
    "moment": _moment,
    "date": _day,
    "bool": _truth,
    "bytes": _bytes,
    "json": _json,
}
_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
    "bytes": b64decode,
}


def load(connection: Connection, shape: Shape, lines: Iterable[bytes]) -> dict[str, Any]:
    """Put the rows of a table into a database; return their count and sum.

    Raises:
        BackupRefused: a line isn't a row of this table, or the database can't take its text.
    """
    sums, readers = TableSum(), [_READ.get(kind) for _, kind in shape.columns]
    width = len(shape.columns)

    def values() -> Iterator[list[Any]]:
        for line in lines:
            try:
                row = json.loads(line)
                if len(row) != width:
                    raise ValueError("another number of columns")
                for place, reader in enumerate(readers):
                    if reader is not None and row[place] is not None:
                        row[place] = reader(row[place])
            except (ValueError, TypeError):
                raise BackupRefused(f"数据表 {shape.name} 的第 {sums.rows + 1} 行读不懂：备份文件不对。") from None
            sums.add(line)
            yield row

    try:
        if connection.dialect.name == "postgresql":
            _copy_in(connection, shape, values())
        else:
            _insert(connection, shape, values())
    except connection.dialect.loaded_dbapi.Error as error:
        why = str(error).splitlines()[0]
        raise BackupRefused(f"数据表 {shape.name} 第 {sums.rows} 行附近写不进数据库：{why}") from None
    return sums.as_detail()


def _copy_in(connection: Connection, shape: Shape, rows: Iterator[list[Any]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name, _ in shape.columns)
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {quote(shape.name)} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _insert(connection: Connection, shape: Shape, rows: Iterator[list[Any]]) -> None:
    compiled: Any = insert(shape.table).compile(dialect=connection.dialect)
    kinds = dict(shape.columns)
    order = [[name for name, _ in shape.columns].index(name) for name in compiled.positiontup]
    binds = [
        KINDS[kinds[name]]().dialect_impl(connection.dialect).bind_processor(connection.dialect)
        for name in compiled.positiontup
    ]  # type: ignore[attr-defined]
    cursor: Any = connection.connection.cursor()
    while some := list(islice(rows, ROWS)):
        cursor.executemany(
            str(compiled),
            [
                [
                    row[place] if bind is None or row[place] is None else bind(row[place])
                    for place, bind in zip(order, binds, strict=True)
                ]
                for row in some
            ],
        )


def sums_of(connection: Connection, shape: Shape) -> dict[str, Any]:
    """Return count and sum of the rows that a database has."""
    sums = TableSum()
    for line in read(connection, shape):
        sums.add(line)
    return sums.as_detail()


def sequences(connection: Connection) -> dict[str, int]:
    """Return for each table that counts its ids by itself the last one given, also of rows that are gone."""
    if connection.dialect.name == "postgresql":
        query = "SELECT last_value FROM pg_sequences WHERE format('%I.%I', schemaname, sequencename) = :name"
        last = {table: connection.scalar(text(query), {"name": name}) for table, name in _serial(connection)}
        return {table: int(last) for table, last in last.items() if last is not None}
    if not inspect(connection).has_table("sqlite_sequence"):
        return {}
    return {str(name): int(last) for name, last in connection.execute(text("SELECT name, seq FROM sqlite_sequence"))}


def set_sequences(connection: Connection, last: dict[str, int]) -> None:
    """Let every table go on counting above its rows and above the last id that was given."""
    if connection.dialect.name == "postgresql":
        for table, name in _serial(connection):
            quoted = connection.dialect.identifier_preparer.quote(table)
            highest = connection.scalar(text(f"SELECT max(id) FROM {quoted}")) or 0  # noqa: S608
            value = max(highest, last.get(table, 0))
            connection.execute(
                text("SELECT setval(CAST(:name AS regclass), :value, :called)"),
                {"name": name, "value": max(value, 1), "called": value > 0},
            )
        return
    counting = sequences(connection)
    for table, value in last.items():
        if _counts(connection, table) and value > counting.get(table, 0):
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table})
            connection.execute(
                text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), {"name": table, "seq": value}
            )


def _serial(connection: Connection) -> Sequence[tuple[str, str]]:
    """Return (table, sequence) of the tables whose column ``id`` is numbered by a sequence."""
    query = text(
        "SELECT relname, pg_get_serial_sequence(quote_ident(relname), 'id') FROM pg_class JOIN pg_attribute"
        " ON attrelid = pg_class.oid WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attname = 'id'"
    )
    return [(table, name) for table, name in connection.execute(query) if name is not None]


def _counts(connection: Connection, table: str) -> bool:
    query = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
    return "AUTOINCREMENT" in str(connection.scalar(query, {"name": table})).upper()
