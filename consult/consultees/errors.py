"""Errors of the consultees stage."""

from __future__ import annotations

from consult.accounts.errors import Refused


class ConsulteeRefused(Refused):
    """A consultee can't be registered, changed or listed as asked."""


class InvitationRefused(Refused):
    """An invitation can't be made, extended or answered as asked."""


class LetterRefused(Refused):
    """An official letter, its template or its sealed file can't be kept as asked."""


class EntryRefused(Refused):
    """A link or account gives no access; the reason isn't disclosed."""
