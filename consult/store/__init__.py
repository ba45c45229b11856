"""Database access for the stages: session, column types, transactions, locks, counters."""

from consult.store.database import (
    DATABASE_ERRORS,
    Base,
    db,
    note_for_commit,
    raw_transaction,
    transaction,
    write_if_free,
)
from consult.store.types import NOT_IN_RECORD, JSONValue, UTCDateTime, big_id, enum_of

__all__ = [
    "DATABASE_ERRORS",
    "NOT_IN_RECORD",
    "Base",
    "JSONValue",
    "UTCDateTime",
    "big_id",
    "db",
    "enum_of",
    "note_for_commit",
    "raw_transaction",
    "transaction",
    "write_if_free",
]
