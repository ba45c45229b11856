"""The JSON interface."""

from __future__ import annotations

from flask import Flask
from werkzeug.exceptions import HTTPException

from consult.faces.api import openapi, read_endpoints, submission_endpoint
from consult.faces.api.blueprint import blueprint
from consult.faces.api.problems import ProblemFound, from_found, from_http
from consult.faces.guards import csrf

__all__ = ["openapi", "read_endpoints", "register", "submission_endpoint"]

blueprint.register_error_handler(ProblemFound, from_found)
blueprint.register_error_handler(HTTPException, from_http)


def register(app: Flask) -> None:
    """Add this face to the application."""
    csrf.exempt(blueprint)  # no cookie counts here
    app.register_blueprint(blueprint)
