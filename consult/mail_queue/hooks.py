"""Who composes the letters of a purpose, and who is called at their end; by name, so that importing costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING

from consult.hooks import Hooks

if TYPE_CHECKING:
    from consult.mail_queue.models import OutgoingMail

Compose = Callable[["OutgoingMail", datetime], "EmailMessage"]
End = Callable[["OutgoingMail", datetime], None]

composers: dict[str, Hooks[Compose]] = {}
"""By purpose, what returns the message; raises ``Pointless``, ``Unsendable``, or ``AddressRefused``."""
endings: dict[str, Hooks[End]] = {}
"""By purpose, what is called in the transaction in which a letter ends, whatever its end."""


class Pointless(Exception):
    """A letter isn't sent, because what it would say isn't so any more; the message says why, in Chinese."""


class Unsendable(Exception):
    """A letter can't be written, because a file that goes with it is missing or held back; the message says why."""


def register(purpose: str, *, compose: str, ended: str = "") -> None:
    """Name who composes the letters of a purpose, and who is called at their end (``module:function``)."""
    composers.setdefault(purpose, Hooks()).register(compose)
    if ended:
        endings.setdefault(purpose, Hooks()).register(ended)
