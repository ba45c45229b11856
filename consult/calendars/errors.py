"""Errors of the calendar."""

from __future__ import annotations

from consult.accounts.errors import Refused


class CalendarRefused(Refused):
    """A notice can't be entered or applied; ``field`` names the field of the form that it is about."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
