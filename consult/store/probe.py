"""Whether the database takes writes just now, without writing anything."""

from __future__ import annotations

import sqlite3

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from consult.store.database import db

WAITS_MS = 200
_NOTHING = "UPDATE alembic_version SET version_num = version_num"


def refuses_writes() -> str:
    """Return why the database refuses to write, "" if it doesn't; one that another process writes to is well."""
    try:
        with db.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                return _sqlite(connection.connection.driver_connection)  # type: ignore[arg-type]
            connection.execute(text("SET LOCAL lock_timeout = '200ms'"))
            connection.execute(text(_NOTHING))
            connection.rollback()
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", error))
        return "" if "lock timeout" in cause else cause.strip().splitlines()[0]
    return ""


def _sqlite(driver: sqlite3.Connection) -> str:
    waited = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    driver.execute(f"PRAGMA busy_timeout={WAITS_MS}")
    try:
        driver.execute("BEGIN IMMEDIATE")
        try:
            driver.execute(_NOTHING)
        finally:
            driver.execute("ROLLBACK")
    except sqlite3.Error as error:
        return "" if "locked" in str(error) else str(error)
    finally:
        driver.execute(f"PRAGMA busy_timeout={waited}")
    return ""
