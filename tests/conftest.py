"""What every test stands on: the application on a real database of its own, and the corpus where it lies beside."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from sqlalchemy import create_engine, text
from sqlalchemy.orm import close_all_sessions
from werkzeug.test import TestResponse

from config import ROOT, Settings
from consult.app import create_app
from consult.app_context import settings
from consult.faces.guards import limiter
from consult.store import db
from tests.imap.dovecot import Dovecot
from tests.lock_order import LockOrder, recorded

pytest_plugins = ["tests.scanner", "tests.meeting.twelve_world"]

CORPUS = ROOT.parent / "shared" / "corpus"
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "")
"""Server URL (``postgresql://user@host:port``) on which the same tests run again; empty for SQLite alone."""
UNDER_CI = os.environ.get("CI", "") == "true"

# How long an example takes is no property of it: machines are busy.
property_settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("house")


def missing(what: str) -> None:
    """Skip for want of something; under CI its absence is a failure."""
    if UNDER_CI:
        pytest.fail(what)
    pytest.skip(what)


UNO = "/usr/lib/python3/dist-packages/uno.py"
"""What Debian's python3-uno installs, by which its Python drives LibreOffice."""
NEEDED = {"browser": ("chromium",), "imap": ("dovecot", "/usr/sbin/dovecot"), "calc": ("soffice",)}
"""Programs that tests with a mark need: any of them."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose program isn't installed, with the reason; under CI that is a failure."""
    for mark, programs in NEEDED.items():
        there = any(shutil.which(program) for program in programs) and (mark != "calc" or Path(UNO).exists())
        if item.get_closest_marker(mark) and not there:
            missing(f"{programs[0]} isn't installed; `make test` installs it where it may")


USES_A_DATABASE = frozenset({"database_url", "empty_database_url", "kept", "sites"})
"""Fixtures behind every test that opens the platform's database."""


OTHER_PROGRAMS = ("browser", "calc")
"""Marks of tests of what another program does with pages and files that tests without it read on both databases."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on PostgreSQL what opens no database, and what a browser or a spreadsheet program does.

    It ran with SQLite; no database could change the result of the first, and the pages, addresses and files of the
    second are asked for on both by tests with Flask's client.
    """
    if POSTGRES:
        kept = [item for item in items if _depends_on_the_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept


def _depends_on_the_database(item: pytest.Item) -> bool:
    opens_it = not USES_A_DATABASE.isdisjoint(getattr(item, "fixturenames", ()))
    return opens_it and not any(item.get_closest_marker(mark) for mark in OTHER_PROGRAMS)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real statutes and messages beside the checkout."""
    if not CORPUS.is_dir():
        missing("the corpus (../shared/corpus) isn't beside this checkout")
    return CORPUS


@contextmanager
def a_database(folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database: on PostgreSQL where TEST_POSTGRES_URL says so, else SQLite in ``folder``."""
    if not POSTGRES:
        yield f"sqlite:///{folder}/test.sqlite3"
        return
    server = POSTGRES.replace("postgresql://", "postgresql+psycopg://").rstrip("/")
    name = f"consult_test_{uuid.uuid4().hex[:12]}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))  # as on SQLite, see below
    yield f"{server}/{name}"
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    engine.dispose()


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The database of this test process."""
    with a_database(tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture
def empty_database_url(tmp_path: Path) -> Iterator[str]:
    """A database without any table, for one test."""
    with a_database(tmp_path) as url:
        yield url


class Browser(FlaskClient):
    """A browser without script. Each of its requests starts with an empty ``g``, as on a server.

    Tests hold an application context open, and requests inside it would share what is kept there: who is signed in.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        vars(g).clear()
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def session_app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application, once for each test process."""
    settings = Settings(
        database_url=database_url,
        data_dir=tmp_path_factory.mktemp("data"),
        secret_key="a key for tests only",
        ratelimit_enabled=False,
        sqlite_synchronous="OFF",  # what is promised of the disk has tests of its own
    )
    app = create_app(settings)
    app.test_client_class = Browser
    app.config["TESTING"] = True
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        close_all_sessions()
        db.engine.dispose()


START_COUNTING_ANEW = {
    "sqlite": "DELETE FROM sqlite_sequence",
    "postgresql": (
        "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences"
        " WHERE last_value IS NOT NULL"
    ),
}
"""How the ids of new rows begin at one again."""


@pytest.fixture
def app(session_app: Flask) -> Iterator[Flask]:
    """The application with an empty database and its context pushed; the order of locks is checked at its end."""
    limiter.enabled = session_app.config["RATELIMIT_ENABLED"]  # the limiter is one for all applications of a process
    with session_app.app_context():
        _empty()
        with recorded(db.engine) as locks:
            session_app.extensions["tests.locks"] = locks
            yield session_app
            db.session.rollback()
            db.session.remove()
        assert not locks.broken, "locks in another order than docs/decisions/0010-writers-take-turns.md has"


@pytest.fixture
def locks(app: Flask) -> LockOrder:
    """What this test has locked out of order so far."""
    order: LockOrder = app.extensions["tests.locks"]
    return order


def _empty() -> None:
    for folder in ("ledger", "checkpoints"):
        shutil.rmtree(settings().data_dir / folder, ignore_errors=True)
    tables = [table.name for table in reversed(db.metadata.sorted_tables)]
    with db.engine.begin() as connection:
        # Deleting where there is something costs milliseconds; TRUNCATE writes a new file for each table and index.
        looks = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables)
        filled = set(connection.scalars(text(looks)))
        for name in tables:
            if name in filled:
                connection.execute(text(f'DELETE FROM "{name}"'))
        connection.execute(text(START_COUNTING_ANEW[connection.dialect.name]))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without script: Flask's test client."""
    return app.test_client()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real IMAP server, once for each test process; tests that ask for it carry the mark ``imap``."""
    server = Dovecot.start()
    yield server
    server.stop()
