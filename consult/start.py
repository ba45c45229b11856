"""Which application a process gets: a web server the whole one, ``flask`` one that is set up as far as it is needed.

The imports inside functions are there for their cost alone: they are most of what a command would wait for.
"""

from __future__ import annotations

import gc
import os
import sys

from flask import Flask

from consult.accounts.errors import Refused
from consult.platform import Platform

FROM_COMMAND_LINE = "FLASK_RUN_FROM_CLI"
"""What Flask sets to ``true`` in the environment before it loads the application for a command."""


def application() -> Flask:
    """Return the application for this process."""
    return on_demand() if os.environ.get(FROM_COMMAND_LINE) == "true" else _whole()


def on_demand() -> Platform:
    """Return the application with the names of its commands; the rest comes when it is asked for."""
    from consult.faces import cli

    gc.set_threshold(50_000)  # imports make many objects and drop few; at the default, looking for them is an eighth
    app = Platform(_base, _pages)
    cli.register(app)
    return app


def _whole() -> Flask:
    from consult.app import create_app

    app = create_app()
    with app.app_context():
        try:
            check_start()
        except Refused as error:
            sys.exit(str(error))
    return app


def check_start() -> None:
    """Check what must hold before anything is served or done; without a database yet there is nothing to check.

    Raises:
        Refused: says what to set or to put back.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from consult.backup import place
    from consult.ledger import key_rotation
    from consult.mailbox import settings as mailboxes
    from consult.store import db

    place.check_whole()
    try:
        key_rotation.check()
        mailboxes.check_public_url()
    except SQLAlchemyError:
        return
    finally:
        db.session.remove()
        db.engine.dispose()  # processes that are forked from this one must not share its connections


def _base(app: Flask) -> None:
    from consult.app import set_up

    set_up(app)


def _pages(app: Flask) -> None:
    from consult.faces import register
    from consult.models import load_models

    register(app)
    load_models()
