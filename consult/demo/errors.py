"""Errors of the demonstration."""

from __future__ import annotations

from consult.accounts.errors import Refused


class DatabaseNotEmpty(Refused):
    """The database isn't empty."""
