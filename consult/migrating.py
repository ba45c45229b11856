"""Migrations, loaded only by the commands that run them: a web worker needn't carry Alembic."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import click
from flask import Flask

from config import ROOT
from consult.store import db

FOLDER = ROOT / "migrations"
_REVISION = re.compile(r'^(down_revision|revision)(?:: [^=]+)? = (?:"([^"]+)"|None)', re.MULTILINE)


class _Extensions(dict[str, Any]):
    """An application's extensions; ``migrate`` comes when it is first asked for."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app.extensions)
        self._app = app

    def __missing__(self, name: str) -> Any:
        if name != "migrate":
            raise KeyError(name)
        from flask_migrate import Migrate

        Migrate(self._app, db, directory=str(FOLDER), render_as_batch=True, compare_type=True)
        return self[name]


class _Commands(click.Command):
    """``flask db``: Flask-Migrate's commands, loaded when one of them is asked for."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        from flask_migrate.cli import db as commands

        context: click.Context = commands.make_context(info_name, args, parent, **extra)
        return context


def offer_migrations(app: Flask) -> None:
    """Add ``flask db`` to the application's commands."""
    app.extensions = _Extensions(app)
    app.cli.add_command(_Commands("db", help="Perform database migrations."))


@cache
def newest_revisions() -> frozenset[str]:
    """Return the revisions that no other one follows: where an up-to-date database stands."""
    revisions, followed = set(), set()
    for path in Path(FOLDER / "versions").glob("*.py"):
        stated = dict(_REVISION.findall(path.read_text(encoding="utf-8")))
        revisions.add(stated.get("revision", ""))
        followed.add(stated.get("down_revision", ""))
    return frozenset(revisions - followed - {""})
