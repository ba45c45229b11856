"""Migrations, loaded only by the commands that run them: a web worker needn't carry Alembic."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app

from consult.platform import ROOT, Platform

FOLDER = ROOT / "migrations"
SCHEMA_ALONE = "consult.schema_alone"
"""Key in ``app.extensions``: whether an upgrade writes nothing to the record, because rows are still to be put in."""
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

        from consult.store import db

        listed = self._app.cli.commands["db"]
        Migrate(self._app, db, directory=str(FOLDER), render_as_batch=True, compare_type=True)
        self._app.cli.add_command(listed)  # Flask-Migrate has put its own in its place, whose help is English
        return self[name]


class _Commands(click.Command):
    """``flask db``: Flask-Migrate's commands, loaded when one of them is asked for."""

    def __init__(self, app: Platform, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._app = app

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        from flask_migrate.cli import db as commands

        self._app.set_up_base()
        context: click.Context = commands.make_context(info_name, args, parent, **extra)
        return context


def offer_migrations(app: Platform) -> None:
    """Add ``flask db`` to the application's commands."""
    app.extensions = _Extensions(app)
    app.cli.add_command(_Commands(app, name="db", help="数据库：升级到最新结构（flask db upgrade）。"))


def make_schema(revision: str = "head", *, with_record: bool = False) -> None:
    """Bring the database of the running application to a revision.

    Arguments:
        with_record: take what is new into the record, as ``flask db upgrade`` does; else nothing is written to it.
    """
    from flask_migrate import upgrade

    extensions = current_app.extensions
    extensions[SCHEMA_ALONE] = not with_record
    try:
        upgrade(directory=str(FOLDER), revision=revision)
    finally:
        del extensions[SCHEMA_ALONE]


def has_revision(revision: str) -> bool:
    """Say whether this code knows a revision."""
    return revision in _revisions()[0]


@cache
def newest_revisions() -> frozenset[str]:
    """Return the revisions that no other one follows: those of an up-to-date database."""
    revisions, followed = _revisions()
    return frozenset(revisions - followed - {""})


@cache
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    revisions, followed = set(), set()
    for path in Path(FOLDER / "versions").glob("*.py"):
        stated = dict(_REVISION.findall(path.read_text(encoding="utf-8")))
        revisions.add(stated.get("revision", ""))
        followed.add(stated.get("down_revision", ""))
    return frozenset(revisions), frozenset(followed)
