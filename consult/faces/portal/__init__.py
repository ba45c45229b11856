"""Pages for enterprises and associations: every module in this package decorates the one blueprint."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from flask import Flask

from consult.faces.portal.blueprint import portal


def register(app: Flask) -> None:
    """Add this face to the application."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    app.register_blueprint(portal)
