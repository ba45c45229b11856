"""What reporting refuses, and why."""

from __future__ import annotations

from consult.accounts.errors import Refused


class ReportRefused(Refused):
    """The report can't take this step now; the text says what is missing."""


class SameReporter(Refused):
    """Compiling, reviewing and publishing need a second person."""


class ReportAltered(Refused):
    """What is stored of a published report isn't what was published; it isn't shown."""
