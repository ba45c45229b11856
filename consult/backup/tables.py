"""The tables that a backup has: all of the platform's, compared with those of the database."""

from __future__ import annotations

from sqlalchemy import Connection, Table, inspect

from consult.backup.errors import BackupRefused
from consult.models import load_models
from consult.store import Base

OTHERS = frozenset({"alembic_version", "sqlite_sequence"})
"""Tables of the database and of the migrations."""


def every() -> list[Table]:
    """Return all tables, those that others refer to first."""
    load_models()
    return Base.metadata.sorted_tables


def check(connection: Connection) -> None:
    """Check that the database has these tables and no other.

    Raises:
        BackupRefused: it has others, which a backup would leave out, or lacks some.
    """
    there, ours = set(inspect(connection).get_table_names()) - OTHERS, {table.name for table in every()}
    if there != ours:
        raise BackupRefused(
            f"数据库的表与本平台的不同（{min(there ^ ours)}）。请先运行 flask db upgrade，并移走别的程序的表。"
        )
