"""Periodic work that finds itself by state."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Add this face to the application."""
