"""Pages for staff: every module in this package decorates the one blueprint."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from flask import Flask

from consult.faces.desk.blueprint import desk


def register(app: Flask) -> None:
    """Add this face to the application: every module of the package, then the blueprint they hang their pages on."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    app.register_blueprint(desk)
