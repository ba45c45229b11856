"""A place where a restore was cut off takes no command but the restore again."""

from __future__ import annotations

import click
from flask import Flask

from consult.accounts.errors import Refused


def check(app: Flask) -> None:
    """Leave with exit code 1 where a restore was cut off; costs a look at one file."""
    from consult.platform import Platform

    if isinstance(app, Platform):
        app.set_up_base()
    if not (app.config["SETTINGS"].data_dir / MARK).exists():
        return
    from consult.backup import place  # for its cost: it loads every stage

    with app.app_context():
        try:
            place.check_whole()
        except Refused as refusal:
            click.echo(str(refusal), err=True)
            raise SystemExit(1) from None


MARK = "restore-not-finished.json"
"""As ``consult.backup.place`` has it."""
