"""What adoption refuses, and why."""

from __future__ import annotations

from consult.accounts.errors import Refused


class DecisionRefused(Refused):
    """A decision lacks its reason, or comes in the wrong state."""


class OpinionRefused(Refused):
    """An opinion can't be placed, split or grouped as asked."""


class SameReviewer(Refused):
    """The reviewer must not be the author of the decision."""
