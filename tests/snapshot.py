"""The database as it was at one moment, to go back to: for tests that try many acts on one world."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any, Generic, TypeVar

from flask import Flask
from sqlalchemy import Connection, inspect, text

from consult.app_context import blobs
from consult.store import Base, db
from tests.conftest import _empty
from tests.lock_order import recorded

World = TypeVar("World")

KEPT = "kept_for_tests"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
COLUMNS = (
    "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '{}'::regclass"
    " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
)
SEQUENCES = "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE schemaname = 'public'"


class Snapshot:
    """What every table held; SQLite copies its pages, PostgreSQL its rows."""

    def __init__(self) -> None:
        db.session.commit()
        self._lost: dict[str, bytes] = {}
        self._pages: sqlite3.Connection | None = None
        if db.engine.dialect.name == "sqlite":
            self._pages = sqlite3.connect(":memory:")
            raw: Any = db.engine.raw_connection()
            raw.driver_connection.backup(self._pages)
            raw.close()
            return
        with db.engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {KEPT} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA {KEPT}"))
            for table in connection.scalars(text(TABLES)).all():
                connection.execute(text(f'CREATE TABLE {KEPT}."{table}" AS TABLE public."{table}"'))
            self._sequences = connection.execute(text(SEQUENCES)).all()

    def lose_blob(self, digest: str) -> None:
        """Delete a file from the storage until the snapshot is restored."""
        self._lost[digest] = blobs().get(digest)
        blobs().path(digest).unlink()

    def restore(self) -> None:
        """Put everything back."""
        db.session.rollback()
        db.session.remove()
        for data in self._lost.values():
            blobs().put(data)
        self._lost.clear()
        if self._pages is not None:
            raw: Any = db.engine.raw_connection()
            self._pages.backup(raw.driver_connection)
            raw.close()
            return
        with db.engine.begin() as connection:
            self._put_rows_back(connection)

    def _put_rows_back(self, connection: Connection) -> None:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in connection.scalars(text(TABLES)).all():
            columns = connection.scalar(text(COLUMNS.format(f'public."{table}"')))
            connection.execute(text(f'DELETE FROM public."{table}"'))
            connection.execute(
                text(
                    f'INSERT INTO public."{table}" ({columns}) OVERRIDING SYSTEM VALUE'
                    f' SELECT {columns} FROM {KEPT}."{table}"'
                )
            )
        for name, value in self._sequences:
            connection.execute(
                text("SELECT setval(CAST(:name AS regclass), COALESCE(:value, 1), CAST(:called AS boolean))"),
                {"name": f"public.{name}", "value": value, "called": value is not None},
            )

    def close(self) -> None:
        """Give back what keeping took."""
        if self._pages is not None:
            self._pages.close()
            return
        with db.engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {KEPT} CASCADE"))


class Kept(Generic[World]):
    """A world that is built once for a module; each test finds it as it was built."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.snapshot = Snapshot()

    @contextmanager
    def turn(self) -> Iterator[World]:
        """Yield the world for one test; the order of locks is checked at its end, as for any other."""
        self.snapshot.restore()
        with recorded(db.engine) as locks:
            yield read_again(self._world)
            db.session.rollback()
            db.session.remove()
        assert not locks.broken, "locks in another order than docs/decisions/0010-writers-take-turns.md has"


@contextmanager
def kept(app: Flask, build: Callable[[], World]) -> Iterator[Kept[World]]:
    """Build a world in an empty database and keep it for a module."""
    with app.app_context():
        _empty()
        world = Kept(build())
        yield world
        world.snapshot.restore()
        world.snapshot.close()


def read_again(kept: Any) -> Any:
    """Return a row, or a dataclass or dictionary of rows, as the database has it now."""
    if isinstance(kept, Base):
        identity = inspect(kept).identity
        assert identity is not None
        return db.session.get_one(type(kept), identity)
    if isinstance(kept, dict):
        return {key: read_again(value) for key, value in kept.items()}
    if is_dataclass(kept) and not isinstance(kept, type):
        return replace(kept, **{field.name: read_again(getattr(kept, field.name)) for field in fields(kept)})
    return kept
