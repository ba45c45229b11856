"""A command that wrote to the ledger seals at its end, so that nothing depends on a running worker."""

from __future__ import annotations

from typing import Any

import click
import structlog
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from consult.clock import now
from consult.ledger import journal, tree
from consult.store import db

log = structlog.get_logger()


def seal_after(app: Flask, group: AppGroup) -> None:
    """Have every command of the group seal what it wrote, however it ends."""
    run = group.invoke

    def invoke(context: click.Context) -> Any:
        try:
            return run(context)
        finally:
            if app.extensions.pop(journal.WRITTEN, False):
                _seal(app)

    group.invoke = invoke  # type: ignore[method-assign, assignment]


def _seal(app: Flask) -> None:
    with app.app_context():
        try:
            tree.seal(now())
        except SQLAlchemyError as error:  # what the command did is kept; sealing is made up for later
            db.session.rollback()
            log.warning("not_sealed", error=type(error).__name__)
