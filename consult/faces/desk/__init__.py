"""Pages for staff: every module in this package decorates the one blueprint."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from flask import Flask

from consult.faces.desk.blueprint import desk


def register(app: Flask) -> None:
    """Add this face to the application: every module of the package, then the blueprint with their pages."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        import_module(module.name)
    app.register_blueprint(desk)
