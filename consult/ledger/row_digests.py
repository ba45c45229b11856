"""Digests of stored rows, for entries that record the state after an act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Select, Table, select

from consult.ledger.service import canonical
from consult.store import db

BEFORE: Final = "value_before_the_column"
"""Key in a column's ``info``: the value of rows from before the column was added.

A column with this value is left out of digests, so that digests of earlier entries still match.
"""


def rows_of(model: type[Any], owner: str, id_: int) -> Select[Any]:
    """Return the query for a table's rows with ``id_`` in the column ``owner``, by primary key."""
    table: Table = model.__table__
    return select(table).where(table.c[owner] == id_).order_by(*table.primary_key.columns)


def digest_of(*queries: Select[Any]) -> str:
    """Return the SHA-256 (hexadecimal) of all rows of the queries, every column of them, in order."""
    hasher = sha256()
    for query in queries:
        for row in _plain(query):
            hasher.update(canonical(row) + b"\n")
        hasher.update(b"\n")  # an empty line ends each table
    return hasher.hexdigest()


def digests_by_id(query: Select[*tuple[Any, ...]]) -> dict[int, str]:
    """Return the digest of each row by its column ``id``, as ``digest_of`` returns it for a query of that row alone."""
    return {row["id"]: sha256(canonical(row) + b"\n\n").hexdigest() for row in _plain(query)}


def _plain(query: Select[*tuple[Any, ...]]) -> Iterator[Mapping[str, Any]]:
    before = {column.name: column.info[BEFORE] for column in query.selected_columns if BEFORE in column.info}
    for row in db.session.execute(query):
        plain = {name: plain_value(value) for name, value in row._mapping.items()}
        yield {name: value for name, value in plain.items() if name not in before or value != before[name]}


def plain_value(value: Any) -> Any:
    """Return a column's value as JSON has it; bytes as hexadecimal digits."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
