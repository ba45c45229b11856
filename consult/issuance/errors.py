"""Errors of the end of the road."""

from __future__ import annotations

from consult.accounts.errors import Refused


class IssueRefused(Refused):
    """A result, the issue or an act on the issued document isn't possible now; the message says what is missing."""
