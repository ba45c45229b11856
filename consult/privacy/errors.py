"""Refusals about personal data."""

from __future__ import annotations

from consult.accounts.errors import Refused


class RequestRefused(Refused):
    """What was asked about personal data can't be stored or decided so."""


class HoldRefused(Refused):
    """A hold lacks a reason, or isn't in force."""
