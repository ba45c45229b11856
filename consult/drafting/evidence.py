"""What the ledger says of a consultation and of its versions: the digest of everything that was stored of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Select, Table, select

from consult.drafting.models import Consultation, DraftVersion, Grant, PeriodExtension, ProvisionRow
from consult.ledger.service import canonical
from consult.store import db

STANDS = "stands_digest"
"""Name of the fact, in the entry of an act on a consultation, that tells how the act left it."""
TEXT = "text_digest"
"""Name of the fact, in the entry of the act that stored a version, that tells its text and provisions."""
VERSION = "version"
"""Name of the fact that tells which version that was, by its number."""


def stands(consultation_id: int) -> str:
    """Return the digest (SHA-256, hexadecimal) of a consultation as it is stored: notice, period, stage, and whom it
    was given to.
    """
    return _digest(
        _rows(Consultation, "id", consultation_id),
        _rows(PeriodExtension, "consultation_id", consultation_id),
        _rows(Grant, "consultation_id", consultation_id),
    )


def text_of(version_id: int) -> str:
    """Return the digest (SHA-256, hexadecimal) of a stored version: its file's digest, text, warnings, provisions."""
    return _digest(_rows(DraftVersion, "id", version_id), _rows(ProvisionRow, "version_id", version_id))


def _rows(model: type[Any], owner: str, id_: int) -> Select[Any]:
    table: Table = model.__table__
    return select(table).where(table.c[owner] == id_).order_by(*table.primary_key.columns)


def _digest(*queries: Select[Any]) -> str:
    whole = sha256()
    for query in queries:
        for row in _plain(db.session.execute(query)):
            whole.update(canonical(row) + b"\n")
        whole.update(b"\n")  # a line of its own ends each table
    return whole.hexdigest()


def _plain(rows: Iterable[Row[Any]]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        yield {name: _value(value) for name, value in row._mapping.items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.value if isinstance(value, Enum) else value
