"""What drafting refuses, and why."""

from __future__ import annotations

from consult.accounts.errors import Refused


class DraftRefused(Refused):
    """The file isn't a draft that opinions can be asked on."""


class WrongState(Refused):
    """The consultation isn't in the state that this act needs."""


class PeriodRefused(Refused):
    """The period is below the minimum, or its dates don't fit."""


class FieldMissing(Refused):
    """Something that must be there before this step is not."""


class SamePerson(Refused):
    """The second pair of eyes must not be the first."""
