"""What the ledger refuses."""

from __future__ import annotations

from consult.accounts.errors import Refused


class RecordBroken(Refused):
    """The tree contradicts what was signed before; nothing more is signed over it."""


class NotProvable(Refused):
    """There is no proof to give yet, or none for what was asked."""
