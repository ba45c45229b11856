"""What a review refuses, and why."""

from __future__ import annotations

from consult.accounts.errors import Refused


class ReviewRefused(Refused):
    """A review can't be asked for, concluded or taken back like this: role, date, paper or version is wrong."""
