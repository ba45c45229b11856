"""What drafting refuses, and why."""

from __future__ import annotations

from consult.accounts.errors import Refused


class DraftingRefused(Refused):
    """Base of what drafting refuses; ``field`` names the field that is wrong, where it is one."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class DraftRefused(DraftingRefused):
    """The file isn't a draft that opinions can be asked on."""


class WrongState(DraftingRefused):
    """The consultation isn't in the state that this act needs."""


class ChangedMeanwhile(DraftingRefused):
    """Somebody else changed the same after it was opened to be worked on."""


class PeriodRefused(DraftingRefused):
    """The period is below the minimum, or its dates don't fit."""


class FieldMissing(DraftingRefused):
    """Something that must be there before this step is not."""


class FieldTooLong(DraftingRefused):
    """A text is longer than what is kept; nothing is cut off in silence."""


class SamePerson(DraftingRefused):
    """The second pair of eyes must not be the first."""


class NotGiven(DraftingRefused):
    """The consultation can't be given to, or taken back from, this account."""


class NoSuchConsultation(DraftingRefused):
    """No consultation has this address, or it was never released."""
