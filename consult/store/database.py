"""Engine, session, constraint names, and the transactions that verbs run in."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, has_request_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Dialect, Engine, Executable, MetaData, event, text
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from consult.store import commit_notes
from consult.store.statement_batching import StatementBatch
from consult.store.wal_sync import Wal

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT_MS = 30_000
"""How long SQLite waits for another program's lock, where nobody else waits for that."""
VISITOR_WAITS = 4.0
"""Seconds that a request waits for its turn to write; then it is refused, so that others are served meanwhile."""
OTHERS_WAIT = 120.0
"""Seconds that commands and jobs wait for it."""
IN_TROUBLE_WAITS = 0.2
TROUBLE_SECONDS = 10.0
"""How long after a request waited in vain the next ones wait ``IN_TROUBLE_WAITS`` only: threads are few."""
DATABASE_ERRORS = (OperationalError, InterfaceError)
"""Errors of a database that is down or locked for too long: the work can be tried again later."""
WRITING = "consult_writing"
AMONG_OTHERS = "SELECT pg_advisory_xact_lock_shared(5327003, 0)"
ALONE = "SELECT pg_advisory_xact_lock(5327003, 0)"
WAL = "consult.wal"
"""Key in ``app.extensions`` of the ``Wal`` that ``raw_transaction`` syncs; only on SQLite with ``synchronous=FULL``."""


class DatabaseBusy(OperationalError):
    """Another process holds SQLite's write lock, and didn't release it while a verb waited."""

    def __init__(self) -> None:
        super().__init__("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"), hide_parameters=True)


class Base(DeclarativeBase):
    """Base of every model; constraint names are fixed so that migrations are the same on both databases."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True})
commit_notes.follow(db.session, lambda session: bool(session.info.get(WRITING)))


def engine_options(url: str) -> dict[str, Any]:
    """Return the arguments of ``create_engine`` for ``url``."""
    options: dict[str, Any] = {"hide_parameters": True}  # errors are logged, personal data is not
    if url.startswith("postgresql"):
        options["paramstyle"] = "format"  # positional, as SQLite has it: compiled statements work on both
    return options


def connect(app: Flask) -> None:
    """Bind the database to ``app``; on SQLite set the pragmas and the way transactions begin."""
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            synchronous = app.config["SETTINGS"].sqlite_synchronous
            _configure_sqlite(db.engine, synchronous)
            if synchronous == "FULL" and _is_file(db.engine):
                app.extensions[WAL] = Wal(str(db.engine.url.database))


def _configure_sqlite(engine: Engine, synchronous: str) -> None:
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
        # A writing transaction takes the write lock at once: upgrading a read lock fails without waiting.
        writing = connection.get_execution_options().get(WRITING)
        driver_connection: Any = connection.connection.driver_connection
        if writing:
            _begin_writing(driver_connection)
        else:
            driver_connection.execute("BEGIN")


def _is_file(engine: Engine) -> bool:
    """Say whether the database is a SQLite file, which other processes may write to as well."""
    return engine.dialect.name == "sqlite" and engine.url.database not in {None, "", ":memory:"}


@dataclass(frozen=True)
class Driver:
    """The DB-API cursor of a running transaction, with its dialect.

    SQLAlchemy's overhead for a statement is larger than the cost of a row. ``batch`` holds the INSERTs not sent yet,
    ``notes`` what ``commit_notes`` delivers after the commit.
    """

    cursor: Any
    dialect: Dialect
    batch: StatementBatch | None = None
    notes: list[Any] = field(default_factory=list)

    def run(self, sql: str, parameters: Sequence[Any]) -> None:
        """Run a statement; its results, if any, are fetched from the cursor."""
        self.write(self.cursor.execute, sql, parameters)

    def write(self, method: Callable[..., Any], sql: str, *arguments: Any) -> None:
        """Call ``method(sql, *arguments)``; turns the driver's IntegrityError into SQLAlchemy's."""
        try:
            method(sql, *arguments)
        except self.dialect.loaded_dbapi.IntegrityError as error:
            raise IntegrityError(sql, None, error, hide_parameters=True) from error

    def flush_batch(self) -> None:
        """Send the batched INSERTs."""
        statement = self.batch.take() if self.batch is not None else None
        if statement is not None:
            self.run(*statement)


_until: ContextVar[float | None] = ContextVar("until", default=None)
"""Until when the running verb may wait for SQLite's lock, by the monotonic clock."""
_threads = threading.Lock()
waiting: list[int] = []
"""The threads of this process that wait for another's turn to write to end."""
_trouble = {"until": 0.0}
SHORTEST_PAUSE, LONGEST_PAUSE = 0.0002, 0.005
"""Seconds between two looks at the lock of another process."""
_running: ContextVar[Driver | None] = ContextVar("running", default=None)
"""The connection of a transaction that runs without a session."""


def driver(*, keep_batch: bool = False) -> Driver:
    """Return the cursor of the running transaction: that of ``raw_transaction``, or else the session's.

    Batched INSERTs are sent first, so that the next statement sees their rows, unless ``keep_batch``.
    """
    running = _running.get()
    if running is not None:
        if not keep_batch:
            running.flush_batch()
        return running
    connection = db.session.connection()
    return Driver(connection.connection.cursor(), connection.dialect)


def note_for_commit(notes: Sequence[Any]) -> None:
    """Keep notes of the running transaction for who listens to ``commit_notes``: delivered after its commit."""
    running = _running.get()
    if running is not None:
        running.notes.extend(notes)
    else:
        commit_notes.add_to(db.session(), notes)


@contextmanager
def transaction(*, alone: bool = False) -> Iterator[Session]:
    """Run a verb whole: commit at the outermost end, roll everything back on an error.

    A verb called inside another joins its transaction. Objects read before are reloaded under the write lock, so that a
    verb changes the state that it has checked.

    Arguments:
        alone: run while no other transaction of these runs, on PostgreSQL too.
    """
    if _running.get() is not None:
        raise RuntimeError("a verb that needs the session can't be called inside raw_transaction()")
    session = db.session()
    if session.info.get(WRITING):
        if alone:
            raise RuntimeError("a verb that needs to be alone can't be called inside transaction()")
        yield session
        return
    if session.in_transaction():
        session.commit()
    try:
        with _write_lock(db.engine):
            connection = session.connection(execution_options={WRITING: True})
            session.info[WRITING] = True
            try:
                _join_writers(connection.dialect, connection.connection.cursor(), alone=alone)
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise
            finally:
                session.info.pop(WRITING, None)
    finally:
        commit_notes.deliver(commit_notes.committed(session))


@contextmanager
def raw_transaction() -> Iterator[None]:
    """Run a verb in a transaction without an ORM session, for ``bulk`` and ``compiled_query``.

    The unit of work costs several times what such a verb does. Inside a running transaction it joins that one.
    """
    if _running.get() is not None:
        yield
        return
    if db.session.registry.has() and db.session().info.get(WRITING):
        db.session.flush()  # rows that follow may refer to the caller's new objects
        yield
        return
    _end_reading()
    engine: Engine = db.engine
    wal: Wal | None = current_app.extensions.get(WAL)
    with _write_lock(engine), _own_transaction(engine, wal) as running:
        token = _running.set(running)
        try:
            yield
        finally:
            _running.reset(token)
    if wal is not None:
        wal.wait()
    commit_notes.deliver(running.notes)
    _end_reading()  # later reads see what was written


@contextmanager
def _own_transaction(engine: Engine, wal: Wal | None) -> Iterator[Driver]:
    """Yield the driver of a new connection in a transaction: committed at the end, rolled back on an error.

    With a ``wal`` the commit isn't durable yet: the caller waits for the log.
    """
    connection: Any = engine.raw_connection()
    on_sqlite = engine.dialect.name == "sqlite"
    running = Driver(connection.cursor(), engine.dialect, None if on_sqlite else StatementBatch())
    try:
        if wal is not None:
            wal.commit_unsynced(connection)
        if on_sqlite:
            _begin_writing(connection)
        _join_writers(engine.dialect, running.cursor)
        yield running
        running.flush_batch()
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        if wal is not None:
            wal.commit_synced(connection)
        connection.close()


def _join_writers(dialect: Dialect, cursor: Any, *, alone: bool = False) -> None:
    """On PostgreSQL be one of many writers, or the only one, until the transaction ends; SQLite has only one."""
    if dialect.name == "postgresql":
        cursor.execute(ALONE if alone else AMONG_OTHERS)


def write_if_free(statement: Executable) -> bool:
    """Run one statement in a transaction of its own, unless it would have to wait; say whether it ran.

    For notes that may be left out: a page is never kept waiting by them, nor refused for what they refer to, which may
    be in a transaction that isn't committed.
    """
    engine: Engine = db.engine
    with _turn(engine, 0.0) as taken:
        if not taken:
            return False
        try:
            with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
                if engine.dialect.name == "postgresql":
                    connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
                connection.execute(statement)
        except (*DATABASE_ERRORS, IntegrityError):
            return False
    return True


def _end_reading() -> None:
    if db.session.registry.has() and db.session().in_transaction():
        db.session.commit()


@contextmanager
def _write_lock(engine: Engine) -> Iterator[None]:
    """Hold the file lock of writers on a SQLite file; nothing on PostgreSQL.

    SQLite lets a second writer poll with growing delays; ``flock`` wakes it at once.
    """
    with _turn(engine, _patience()) as taken:
        if not taken:
            raise _in_vain()
        yield


@contextmanager
def _turn(engine: Engine, seconds: float) -> Iterator[bool]:
    """Hold the writers' lock, or say that it wasn't released within ``seconds``; what remains of them is SQLite's."""
    if not _is_file(engine):
        yield True
        return
    until = time.monotonic() + seconds
    lock_file = os.open(f"{engine.url.database}-turn", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        with _in_process(seconds) as alone:
            taken = alone and _locked(lock_file, until)
            if not taken:
                yield False
                return
            token = _until.set(until)
            try:
                yield True
            finally:
                _until.reset(token)
    finally:
        os.close(lock_file)  # releases the lock


@contextmanager
def _in_process(seconds: float) -> Iterator[bool]:
    """Take turns with the other threads of this process, who wake one another at once."""
    alone = _threads.acquire(blocking=False)
    if not alone and seconds:
        waiting.append(threading.get_ident())
        try:
            alone = _threads.acquire(timeout=seconds)
        finally:
            waiting.remove(threading.get_ident())
    try:
        yield alone
    finally:
        if alone:
            _threads.release()


def _locked(lock_file: int, until: float) -> bool:
    """Take turns with other processes; say whether it was ours before ``until``."""
    pause = SHORTEST_PAUSE
    while True:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() + pause > until:
                return False
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            return True


def _patience() -> float:
    """Return the seconds that a verb waits for its turn: few where a visitor waits, and a thread with him."""
    if not has_request_context():
        return OTHERS_WAIT
    return IN_TROUBLE_WAITS if time.monotonic() < _trouble["until"] else VISITOR_WAITS


def _in_vain() -> DatabaseBusy:
    """Note that somebody waited in vain, and return the error for it."""
    _trouble["until"] = time.monotonic() + TROUBLE_SECONDS
    return DatabaseBusy()


def _begin_writing(connection: Any) -> None:
    """Take SQLite's write lock, waiting no longer than the verb may wait; other programs may hold it."""
    until = _until.get()
    waits = BUSY_TIMEOUT_MS if until is None else max(1, int(1000 * (until - time.monotonic())))
    connection.execute(f"PRAGMA busy_timeout={waits}")
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        raise _in_vain() from error
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
