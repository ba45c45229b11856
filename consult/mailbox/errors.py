"""Errors of mailboxes and their messages."""

from __future__ import annotations

from consult.accounts.errors import Refused


class MailboxRefused(Refused):
    """A mailbox can't be set up or read as asked; ``field`` says which setting."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
