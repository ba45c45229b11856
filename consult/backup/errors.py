"""What backup, restore and move refuse."""

from __future__ import annotations

from consult.accounts.errors import Refused


class BackupRefused(Refused):
    """What was asked can't be done; the message says why, and what to do."""
