"""Errors of drafting."""

from __future__ import annotations

from consult.accounts.errors import Refused


class DraftingRefused(Refused):
    """Base class of the errors of drafting; ``field`` names the invalid field, if any."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class DraftRefused(DraftingRefused):
    """The file isn't a draft that can be put out for comment."""


class WrongState(DraftingRefused):
    """The consultation isn't in the state required for this act."""


class ChangedMeanwhile(DraftingRefused):
    """Somebody else changed it after it was opened for editing."""


class PeriodRefused(DraftingRefused):
    """The period is below the minimum, or its dates don't fit."""


class FieldMissing(DraftingRefused):
    """A required field is empty."""


class FieldTooLong(DraftingRefused):
    """A text is longer than its limit; texts are never truncated silently."""


class MarkupRefused(DraftingRefused):
    """The markup of a text takes too much to be read."""


class SamePerson(DraftingRefused):
    """The publisher must not be one of the authors."""


class GrantRefused(DraftingRefused):
    """The consultation can't be given to, or taken back from, this account."""


class NoSuchConsultation(DraftingRefused):
    """No consultation has this address, or it was never released."""
