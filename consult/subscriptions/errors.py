"""What subscribing refuses."""

from __future__ import annotations

from consult.accounts.errors import Refused


class SubscriptionRefused(Refused):
    """A subscription can't be made; the message says what to do."""
