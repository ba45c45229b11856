"""Who comes in: one package for each kind of visitor.

Each package offers ``register(app)``, which adds its blueprints, commands or jobs and nothing else.
"""

from __future__ import annotations

from flask import Flask

from consult.faces import api, cli, desk, guards, jobs, portal, public


def register(app: Flask) -> None:
    """Add every face to the application, guards first."""
    guards.register(app)
    for face in (public, portal, desk, api, cli, jobs):
        face.register(app)
