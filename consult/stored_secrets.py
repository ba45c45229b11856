"""Secrets that are stored to be read again: passwords of mailboxes, secrets of second factors; encrypted."""

from __future__ import annotations

from collections.abc import Callable

from consult import keys
from consult.hooks import Hooks
from consult.keys import Purpose

owners: Hooks[Callable[[], None]] = Hooks()
"""Called in the transaction of a rotation of ``Purpose.SECRETS``, with the new key in force: encrypt again."""


def encrypt(text: str) -> str:
    """Encrypt a text with the newest key."""
    from cryptography.fernet import Fernet  # for its cost: most commands read no secret

    return Fernet(keys.current(Purpose.SECRETS)).encrypt(text.encode()).decode("ascii")


def decrypt(stored: str) -> str | None:
    """Return what was encrypted with a key of any generation; None where it was with none of them."""
    from cryptography.fernet import Fernet, InvalidToken, MultiFernet

    fernets = MultiFernet([Fernet(key) for _, key in keys.newest_first(Purpose.SECRETS)])
    try:
        return fernets.decrypt(stored.encode()).decode()
    except (InvalidToken, UnicodeError):
        return None
