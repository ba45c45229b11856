"""Who comes in: one package for each kind of visitor.

Each package offers ``register(app)``, which adds its blueprints, commands or jobs and nothing else.
"""

from __future__ import annotations

from flask import Flask

from consult.faces import api, cli, desk, guards, jobs, languages, ops, portal, public, speaking, static_files


def register(app: Flask) -> None:
    """Add every face to the application, guards first."""
    languages.register(app)
    speaking.register(app)
    guards.register(app)
    static_files.register(app)
    for face in (ops, public, portal, desk, api, cli, jobs):
        face.register(app)
