"""A kept instance as it was packed: unpacked, its database restored, and upgraded to the newest migration."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import time_machine
from flask import Flask, g
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy.orm import close_all_sessions
from werkzeug.test import TestResponse

from config import Settings
from consult.app import create_app
from consult.faces.guards import limiter
from consult.store import db
from tests.conftest import POSTGRES, Browser, a_database

HERE = Path(__file__).parent
REVISION = "0021"


@dataclass(frozen=True)
class Kept:
    """A kept instance that runs on the code of today, and what was noted of it when it was made."""

    app: Flask
    expected: dict[str, Any]

    @property
    def at(self) -> datetime:
        """The moment at which it was left; its pages are asked as of then."""
        return datetime.fromisoformat(self.expected["at"])

    def browser(self) -> FlaskClient:
        """Return a browser of somebody who isn't signed in."""
        return self.app.test_client()

    def signed_in(self, username: str) -> FlaskClient:
        """Return a browser in which a member of staff signed in with the password of then."""
        account = next(entry for entry in self.expected["accounts"] if entry["username"] == username)
        client = self.browser()
        answer = client.post("/desk/sign-in", data={"username": username, "password": account["password"]})
        assert answer.status_code == 303, answer.text
        return client

    def command(self, *args: str) -> Any:
        """Run a command and return its result."""
        vars(g).clear()
        return self.app.test_cli_runner().invoke(args=list(args))

    def document(self, *args: str) -> Any:
        """Run a command and return the JSON document that it prints."""
        return json.loads(self.command(*args).stdout)


def of_today() -> str:
    """Return the kind of database that the tests of this run use."""
    return "postgresql" if POSTGRES else "sqlite"


@contextmanager
def kept_instance(kind: str, folder: Path) -> Iterator[Kept]:
    """Yield the kept instance upgraded to the newest migration, the clock at the moment when it was left.

    Arguments:
        kind: ``sqlite`` or ``postgresql``, the database that it was made on and comes up on.
        folder: an empty one, to unpack it into.
    """
    expected = json.loads((HERE / f"{REVISION}-{kind}.json").read_text(encoding="utf-8"))
    with tarfile.open(HERE / f"{REVISION}-{kind}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    settings = Settings(
        data_dir=folder / "data",
        secret_key=expected["secret_key"],
        ratelimit_enabled=False,
        sqlite_synchronous="OFF",
    )
    with _restored(kind, folder, settings) as restored, time_machine.travel(expected["at"], tick=False):
        app = _application(restored)
        with app.app_context():
            upgrade()
            yield Kept(app, expected)
            close_all_sessions()
            db.engine.dispose()


@contextmanager
def _restored(kind: str, folder: Path, settings: Settings) -> Iterator[Settings]:
    """Yield the settings under which the database is there as it was kept."""
    if kind == "sqlite":
        yield settings  # the database lies in the data folder
        return
    with a_database(folder) as url:
        restored = settings.model_copy(update={"database_url": url})
        app = _application(restored)
        with app.app_context():
            upgrade(revision=REVISION)
            db.engine.dispose()
        _load_rows(url, folder / "rows")
        yield restored


def _load_rows(url: str, rows: Path) -> None:
    """Load the tables in the order of their foreign keys, and set the sequences where they had been."""
    noted = json.loads((rows / "tables.json").read_text(encoding="utf-8"))
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        cursor = connection.cursor()
        for table in noted["tables"]:
            columns = ", ".join(f'"{column}"' for column in table["columns"])
            with cursor.copy(f'COPY "{table["table"]}" ({columns}) FROM STDIN') as copy:
                copy.write((rows / f"{table['table']}.copy").read_bytes())
        for name, value in noted["sequences"].items():
            cursor.execute("SELECT setval(%s::regclass, %s)", (name, value))


def _application(settings: Settings) -> Flask:
    app = create_app(settings)
    app.test_client_class = Browser
    app.config["TESTING"] = True
    app.config["WTF_CSRF_ENABLED"] = False
    limiter.enabled = False
    return app


def read(answer: TestResponse) -> tuple[int, bytes]:
    """Return status and content of an answer, whose file is closed."""
    with answer:
        return answer.status_code, answer.data
