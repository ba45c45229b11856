"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored and returned in UTC; a naive one raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a time zone can't be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NOT_IN_RECORD = "not_in_record"
"""Key in the ``info`` of a table or column that the record of rows leaves out, with the reason."""

JSONValue = JSON().with_variant(JSONB(), "postgresql")
"""A JSON document; JSONB on PostgreSQL."""

big_id = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit primary key; SQLite's rowid is one already."""


def enum_of(kind: type[StrEnum], length: int = 32) -> Enum:
    """Return a column type that stores the members of ``kind`` by value, as text."""

    def values(members: Any) -> list[str]:
        return [member.value for member in members]

    return Enum(kind, native_enum=False, create_constraint=False, length=length, values_callable=values)
