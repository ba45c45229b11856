"""Commands for operators and scripts."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Flask
from flask.cli import AppGroup

from consult.faces.cli.sealing import seal_after

GROUPS = (
    "draft",
    "consultation",
    "submissions",
    "mailbox",
    "consultees",
    "adoption",
    "report",
    "meeting",
    "ledger",
    "user",
    "demo",
    "worker",
    "jobs",
    "sender",
)
"""Modules of this package, each with ``<name>_cli``, a command group."""
MORE = ("draft_check",)
"""Modules that add commands to the group of another."""


def register(app: Flask) -> None:
    """Add the command groups to the application."""
    for name in MORE:
        import_module(f"{__name__}.{name}")
    for name in GROUPS:
        module = f"{__name__}.{name}"
        if find_spec(module) is not None:
            group: AppGroup = getattr(import_module(module), f"{name}_cli")
            app.cli.add_command(group)
            seal_after(app, group)
