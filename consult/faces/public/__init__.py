"""Pages for everybody: what is open, one draft, the form, receipts, published feedback."""

from __future__ import annotations

from flask import Flask

from consult.faces import template_filters
from consult.faces.public import (
    comment,
    consultations,
    drafts,
    errors,
    home,
    personal_data,
    private_data,
    receipts,
    reports,
    subscriptions,
    transparency,
)
from consult.faces.public.blueprint import blueprint

__all__ = [
    "comment",
    "consultations",
    "drafts",
    "home",
    "personal_data",
    "private_data",
    "receipts",
    "register",
    "reports",
    "subscriptions",
    "transparency",
]


def register(app: Flask) -> None:
    """Add this face to the application, with the filters and the error pages that other faces share."""
    template_filters.register(app)
    app.register_blueprint(blueprint)
    errors.register(app)
