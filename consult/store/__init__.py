"""The database the stages stand on: session, column types, transactions, counted tallies."""

from consult.store.database import AWAY, Base, db, transaction, writing
from consult.store.types import JSONValue, UTCDateTime, big_id, enum_of

__all__ = ["AWAY", "Base", "JSONValue", "UTCDateTime", "big_id", "db", "enum_of", "transaction", "writing"]
