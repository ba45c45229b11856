"""Session, naming of constraints, and the transaction that a verb runs in."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Dialect, Engine, MetaData, event
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from consult.store.gathering import Gathering
from consult.store.wal import Wal

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT_MS = 30_000
AWAY = (OperationalError, InterfaceError)
"""The database is away, or busy for too long: what isn't done now is done later."""
WRITING = "consult_writing"
WAL = "consult.wal"
"""Key of the application's extensions: the log that ``writing`` waits for, where SQLite is to wait for the disk."""


class Base(DeclarativeBase):
    """Base of every model; constraint names are fixed so that migrations are the same on both databases."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True})


def engine_options(url: str) -> dict[str, Any]:
    """Return how SQLAlchemy is to speak to the database at ``url``."""
    options: dict[str, Any] = {"hide_parameters": True}  # an error's text reaches the log: no values in it
    if url.startswith("postgresql"):
        options["paramstyle"] = "format"  # values by place, as SQLite takes them: statements made once serve both
    return options


def connect(app: Flask) -> None:
    """Bind the database to ``app`` and teach SQLite what PostgreSQL does by itself."""
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            synchronous = app.config["SETTINGS"].sqlite_synchronous
            _teach_sqlite(db.engine, synchronous)
            if synchronous == "FULL" and _is_file(db.engine):
                app.extensions[WAL] = Wal(str(db.engine.url.database))


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
        own: Any = connection.connection.driver_connection
        own.execute("BEGIN IMMEDIATE" if writing else "BEGIN")


def _is_file(engine: Engine) -> bool:
    """Say whether the database is a SQLite file, which other processes may write to as well."""
    return engine.dialect.name == "sqlite" and engine.url.database not in {None, "", ":memory:"}


@dataclass(frozen=True)
class Driver:
    """The driver's own cursor inside a running transaction, and the dialect that it speaks.

    What SQLAlchemy does around a statement costs more than one row does. ``gathering`` holds the rows that the database
    hasn't been told yet, where it takes them together.
    """

    cursor: Any
    dialect: Dialect
    gathering: Gathering | None = None

    def run(self, sql: str, parameters: Sequence[Any]) -> None:
        """Run a statement whose results, if any, are to be fetched from the cursor."""
        self.write(self.cursor.execute, sql, parameters)

    def write(self, how: Callable[..., Any], sql: str, *what: Any) -> None:
        """Write by ``how(sql, *what)``; raises SQLAlchemy's IntegrityError where the driver raises its own."""
        try:
            how(sql, *what)
        except self.dialect.loaded_dbapi.IntegrityError as error:
            raise IntegrityError(sql, None, error, hide_parameters=True) from error

    def write_gathered(self) -> None:
        """Write the rows that wait."""
        taken = self.gathering.take() if self.gathering is not None else None
        if taken is not None:
            self.run(*taken)


_running: ContextVar[Driver | None] = ContextVar("running", default=None)
"""The connection of a transaction that runs without a session."""


def driver(*, for_more_rows: bool = False) -> Driver:
    """Return the connection of the running transaction: that of ``writing``, or else the session's.

    Rows that wait are written first, so that what follows finds them, but ``for_more_rows``.
    """
    running = _running.get()
    if running is not None:
        if not for_more_rows:
            running.write_gathered()
        return running
    connection = db.session.connection()
    return Driver(connection.connection.cursor(), connection.dialect)


@contextmanager
def transaction() -> Iterator[Session]:
    """Run a verb whole: commit at the outermost end, roll everything back on an error.

    A verb called inside another joins it. What was only read before is read anew under the write lock, so that a
    state that a verb checks is the state that it changes.
    """
    if _running.get() is not None:
        raise RuntimeError("a verb that needs the session can't be called inside writing()")
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
def writing() -> Iterator[None]:
    """Run a verb whole that only reads and writes rows (``bulk``): ``transaction`` without the session's objects.

    Keeping account of objects costs several times what such a verb does. Inside a running transaction it joins that.
    """
    if _running.get() is not None:
        yield
        return
    if db.session.registry.has() and db.session().info.get(WRITING):
        db.session.flush()  # what the caller has made may be named by the rows that follow
        yield
        return
    _end_reading()
    engine: Engine = db.engine
    wal: Wal | None = current_app.extensions.get(WAL)
    with _turn(engine), _own_transaction(engine, wal) as running:
        held = _running.set(running)
        try:
            yield
        finally:
            _running.reset(held)
    if wal is not None:
        wal.wait()
    _end_reading()  # what is read from now on is read after what was written


@contextmanager
def _own_transaction(engine: Engine, wal: Wal | None) -> Iterator[Driver]:
    """Give a connection of its own inside a transaction: committed at the end, rolled back on an error.

    Where there is a ``wal``, who asked has yet to wait for it.
    """
    connection: Any = engine.raw_connection()
    on_sqlite = engine.dialect.name == "sqlite"
    running = Driver(connection.cursor(), engine.dialect, None if on_sqlite else Gathering())
    try:
        if wal is not None:
            wal.commit_unsynced(connection)
        if on_sqlite:
            connection.execute("BEGIN IMMEDIATE")
        yield running
        running.write_gathered()
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        if wal is not None:
            wal.commit_synced(connection)
        connection.close()


def _end_reading() -> None:
    if db.session.registry.has() and db.session().in_transaction():
        db.session.commit()


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Wait for the turn to write to a SQLite file.

    SQLite itself makes a second writer sleep and look again, ever longer; the kernel's file lock wakes it at once.
    PostgreSQL needs no turns.
    """
    if not _is_file(engine):
        yield
        return
    turn = os.open(f"{engine.url.database}-turn", os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield
    finally:
        os.close(turn)  # ends the turn
