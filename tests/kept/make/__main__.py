"""``python -m tests.kept.make sqlite|postgresql OUT``: make the instance, check it, pack it and say what to expect."""

from __future__ import annotations

import os
import sys
import tempfile
import uuid
from pathlib import Path

import psycopg

from config import Settings
from consult.app import create_app
from tests.kept.make import packing, story
from tests.kept.make.base import Browser, World, travelling

SECRET = "the key of the kept instance 0021"


def main(kind: str, out: Path) -> None:
    """Make the instance of one kind of database."""
    with tempfile.TemporaryDirectory() as folder:
        data, url = Path(folder) / "instance", ""
        if kind == "postgresql":
            server, name = os.environ["TEST_POSTGRES_URL"].rstrip("/"), f"consult_kept_{uuid.uuid4().hex[:12]}"
            with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"')
            url = f"{server}/{name}"
        settings = Settings(data_dir=data, database_url=url, secret_key=SECRET, ratelimit_enabled=False)
        app = create_app(settings)
        app.test_client_class = Browser
        app.config["WTF_CSRF_ENABLED"] = False
        with travelling() as time, app.app_context():
            world = World(app, time)
            story.tell(world, Path(folder))
            packing.pack(world, kind, data, url, out)
        if url:
            with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


main(sys.argv[1], Path(sys.argv[2]))
