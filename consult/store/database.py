"""Session, naming of constraints, and the transaction that a verb runs in."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase, Session

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT_MS = 30_000
WRITING = "consult_writing"


class Base(DeclarativeBase):
    """Base of every model; constraint names are fixed so that migrations are the same on both databases."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True})


def connect(app: Flask) -> None:
    """Bind the database to ``app`` and teach SQLite what PostgreSQL does by itself."""
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _teach_sqlite(db.engine, app.config["SETTINGS"].sqlite_synchronous)


def _teach_sqlite(engine: Engine, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy begins, not the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # A transaction that will write takes the lock at once: upgrading a read lock fails without waiting.
        writing = connection.get_execution_options().get(WRITING)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def transaction() -> Iterator[Session]:
    """Run a verb whole: commit at the outermost end, roll everything back on an error.

    A verb called inside another joins it. What was only read before is read anew under the write lock, so that a
    state that a verb checks is the state that it changes.
    """
    session = db.session()
    if session.info.get(WRITING):
        yield session
        return
    if session.in_transaction():
        session.commit()
    with _turn(db.engine):
        session.connection(execution_options={WRITING: True})
        session.info[WRITING] = True
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop(WRITING, None)


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Wait for the turn to write to a SQLite file.

    SQLite itself makes a second writer sleep and look again, ever longer; the kernel's file lock wakes it at once.
    PostgreSQL needs no turns.
    """
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        yield
        return
    with Path(f"{path}-turn").open("wb") as turn:  # closing it ends the turn
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield
