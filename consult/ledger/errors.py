"""What the ledger refuses."""

from __future__ import annotations

from consult.accounts.errors import Refused


class RecordBroken(Refused):
    """The tree contradicts an earlier checkpoint; nothing more is signed."""


class NotProvable(Refused):
    """There is no proof yet, or none for what was asked."""
