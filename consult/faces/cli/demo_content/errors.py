"""What the demonstration refuses."""

from __future__ import annotations

from consult.accounts.errors import Refused


class NotEmpty(Refused):
    """The database holds something already."""
