"""What a kit refuses."""

from __future__ import annotations

from consult.accounts.errors import Refused


class NotPublic(Refused):
    """The text that the kit is about isn't public."""
