"""A command that wrote to the ledger seals at its end, so that nothing depends on a running worker."""

from __future__ import annotations

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from consult.clock import now
from consult.ledger import journal
from consult.store import db

log = structlog.get_logger()


def seal_written(app: Flask) -> None:
    """Seal what the command that ends now wrote to the ledger, if it wrote anything."""
    if app.extensions.pop(journal.WRITTEN, False):
        _seal(app)


def _seal(app: Flask) -> None:
    from consult.ledger import tree  # for its cost: most commands write nothing

    with app.app_context():
        try:
            tree.seal(now())
        except SQLAlchemyError as error:  # what the command did is kept; sealing is made up for later
            db.session.rollback()
            log.warning("not_sealed", error=type(error).__name__)
