"""Errors of the meeting stage."""

from __future__ import annotations

from consult.accounts.errors import Refused


class MeetingRefused(Refused):
    """A fact, an override or the submission to the meeting isn't possible now."""
