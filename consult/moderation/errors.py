"""Errors of moderation."""

from __future__ import annotations

from consult.accounts.errors import Refused


class ScreeningRefused(Refused):
    """The submission isn't in a state for this act, or something that the act needs is missing."""
