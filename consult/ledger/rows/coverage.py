"""Which tables and columns the record covers row by row, and the digest of a row."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Column, Select, Table, select

from consult import keys
from consult.ledger.row_digests import BEFORE, plain_value
from consult.ledger.service import canonical
from consult.store import NOT_IN_RECORD, Base

DIGEST_DIGITS = 32
"""Hexadecimal digits of a row's digest."""
ROW_KEY_PURPOSE = b"ledger row\0"

Key = tuple[Any, ...]
"""The values of a row's primary key."""


def covered_tables() -> tuple[Table, ...]:
    """Return the tables whose rows are in the record, those that others refer to first."""
    return tuple(table for table in Base.metadata.sorted_tables if NOT_IN_RECORD not in table.info)


def is_covered(table: Any) -> bool:
    """Say whether a table's rows are in the record."""
    return isinstance(table, Table) and NOT_IN_RECORD not in table.info


@cache
def columns(table: Table) -> tuple[Column[Any], ...]:
    """Return the columns that a row's digest covers; those of the primary key are always among them."""
    return tuple(column for column in table.columns if NOT_IN_RECORD not in column.info)


def rows_query(table: Table) -> Select[Any]:
    """Return the query for a table's rows with the columns that their digests cover, by primary key."""
    return select(*columns(table)).order_by(*table.primary_key.columns)


def key_of(table: Table, row: Mapping[str, Any]) -> Key:
    """Return a row's primary key."""
    return tuple(row[column.name] for column in table.primary_key.columns)


def key_text(key: Key) -> str:
    """Return a primary key as the record names it."""
    return "/".join(str(value) for value in key)


class RowDigests:
    """Computes the digests of rows with the newest key, or that of a generation.

    A digest is keyed, so that nobody can find out what an erased row said by trying telephone numbers. A column that is
    NULL, or has its value from before it was added, is left out: a new column changes no digest.
    """

    def __init__(self, generation: int | None = None) -> None:
        key = keys.current(keys.Purpose.ROWS) if generation is None else keys.generation(keys.Purpose.ROWS, generation)
        self._mac = hmac.new(key or b"", ROW_KEY_PURPOSE, "sha256")

    def of(self, table: Table, row: Mapping[str, Any]) -> str:
        """Return the digest of a row read by ``rows_query``."""
        values = dict(_values(table, row))
        mac = self._mac.copy()
        mac.update(table.name.encode() + b"\0" + canonical(values))
        return mac.hexdigest()[:DIGEST_DIGITS]


def _values(table: Table, row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for column in columns(table):
        value = plain_value(row[column.name])
        if value is not None and not (BEFORE in column.info and value == column.info[BEFORE]):
            yield column.name, value
