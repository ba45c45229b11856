"""What reporting refuses, and why."""

from __future__ import annotations

from typing import Any

from consult.accounts.errors import Refused


class ReportRefused(Refused):
    """The report can't take this step now; the text says what is missing."""


class SameReporter(Refused):
    """Compiling, reviewing and publishing need a second person."""


class ReportAltered(Refused):
    """What is stored of a published report isn't what was published; it isn't shown."""


class PrivateDataFound(ReportRefused):
    """What would be printed holds private data on which nobody has decided.

    ``finds`` are the first of them; ``field`` is the field that was typed, where they stand in one.
    """

    def __init__(self, message: str, finds: list[Any], field: str = "") -> None:
        super().__init__(message)
        self.finds = finds
        self.field = field
