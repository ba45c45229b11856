"""Who comes in: one package for each kind of visitor.

Each package offers ``register(app)``, which adds its blueprints, commands or jobs and nothing else. They are imported
when they are registered: a command needs none of the pages.
"""

from __future__ import annotations

from importlib import import_module

from flask import Flask

IN_ORDER = (
    "request_id",
    "languages",
    "address_guard",
    "i18n",
    "choices",
    "cookies",
    "guards",
    "static_files",
    "ops",
    "public",
    "portal",
    "desk",
    "api",
    "jobs",
)
"""Guards first, for their functions run before those of the pages. ``cli`` is registered by itself, before these."""


def register(app: Flask) -> None:
    """Add every face that answers requests, and the jobs."""
    for name in IN_ORDER:
        import_module(f"{__name__}.{name}").register(app)
