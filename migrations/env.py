"""Runs migrations against the application's database, the same files on SQLite and PostgreSQL.

At the newest revision the rows that the record doesn't cover yet are taken into it (docs/decisions/0032), and the
generations of keys that it doesn't know (0040).
"""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import JSON

from consult.clock import now
from consult.consultees import late_recognition
from consult.ledger import key_rotation
from consult.ledger.rows import enrolment
from consult.migration_commands import SCHEMA_ALONE, newest_revisions
from consult.models import load_models
from consult.store.types import UTCDateTime

load_models()
database = current_app.extensions["migrate"].db
PLAIN = {UTCDateTime: "sa.DateTime(timezone=True)"}


def render_item(kind: str, item: Any, autogenerate: Any) -> str | bool:
    """Write the project's own column types as plain ones: a migration must outlive the class."""
    if kind == "type" and type(item) is JSON:
        autogenerate.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return PLAIN.get(type(item), False) if kind == "type" else False


def skip_empty(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Write no file where models and database agree."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run() -> None:
    """Upgrade over a connection of the application's engine."""
    arguments = dict(current_app.extensions["migrate"].configure_args)
    arguments.setdefault("process_revision_directives", skip_empty)
    with database.engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=database.metadata, render_item=render_item, **arguments
        )
        with context.begin_transaction():
            context.run_migrations()
        heads = set(context.get_context().get_current_heads())
    bare = current_app.extensions.get(SCHEMA_ALONE, False)
    if _is_upgrade() and heads == newest_revisions() and not bare:
        if enrolment.enrol(now()):
            late_recognition.note_recognised(now())
        key_rotation.begin(now())


def _is_upgrade() -> bool:
    """Whether the command asks for a revision; one that only looks has none."""
    try:
        return bool(context.get_revision_argument())
    except KeyError:
        return False


run()
