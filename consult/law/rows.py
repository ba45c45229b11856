"""The kinds of rows that a rule file holds, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a rule comes from: an instrument and its article, or a note where there is none."""

    title: str = ""
    article: str = ""
    note: str = ""

    def __str__(self) -> str:
        """Give the citation as it is printed: 《民法典》第二百零三条（note）."""
        if not self.title:
            return self.note
        return f"《{self.title}》{self.article}" + (f"（{self.note}）" if self.note else "")


def cite(basis: tuple[Basis, ...]) -> str:
    """Join citations for print, each once, in order."""
    return "；".join(dict.fromkeys(str(one) for one in basis))


@dataclass(frozen=True, slots=True)
class Row:
    """What every row has: an id that is unique in its table, and a legal basis."""

    id: str
    basis: tuple[Basis, ...]

    @property
    def cited(self) -> str:
        """The legal basis as one printable line."""
        return cite(self.basis)


@dataclass(frozen=True, slots=True)
class PeriodRule(Row):
    """The minimum length of a comment period.

    `minimum_days` are natural days. `shortening` is the condition in words under which less is lawful, empty where
    none is. `local` says that the number is the department's own setting. `floor` is the number below which
    no reason helps; it stands apart from `minimum_days` where several rules apply at once.
    """

    name: str
    minimum_days: int
    shortening: str = ""
    local: bool = False
    floor: int = 0

    @property
    def minimum_with_reason(self) -> int:
        """The fewest days that are lawful when a reason for shortening is published."""
        if self.floor:
            return self.floor
        return 1 if self.shortening else self.minimum_days

    @property
    def may_shorten(self) -> bool:
        """Whether less than `minimum_days` is lawful at all."""
        return self.minimum_with_reason < self.minimum_days


@dataclass(frozen=True, slots=True)
class CountingRule(Row):
    """One rule of how time is counted, in words."""

    text: str


class Unit(StrEnum):
    """What a clock counts."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


class Bound(StrEnum):
    """Whether a clock's length is the least or the most that is lawful."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Direction(StrEnum):
    """Whether a clock runs on from its first day or back from it."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class ClockRule(Row):
    """A statutory clock other than the comment period; `starts` names in words the day it is counted from."""

    name: str
    length: int
    unit: Unit
    bound: Bound
    direction: Direction
    starts: str


@dataclass(frozen=True, slots=True)
class ConcentrationRule(Row):
    """From how many `senders` on an opinion is concentrated.

    `similarity` (0 to 1) is from where on two texts say the same.
    """

    name: str
    senders: int
    similarity: float

    def holds(self, senders: int) -> bool:
        """Say whether an opinion that so many senders share is concentrated."""
        return senders >= self.senders


@dataclass(frozen=True, slots=True)
class SufficiencyRule(Row):
    """How many consultees of each kind must have been heard; `small_micro` are among the `enterprises`."""

    name: str
    associations: int = 0
    enterprises: int = 0
    small_micro: int = 0
    group_organisations: int = 0


@dataclass(frozen=True, slots=True)
class InvitationRule(Row):
    """How many working days a consultee has to answer."""

    name: str
    working_days: int


@dataclass(frozen=True, slots=True)
class ReminderRule(Row):
    """A reminder, so many working days before the deadline for an answer (0: on that day)."""

    name: str
    working_days_before: int


@dataclass(frozen=True, slots=True)
class PreconditionRule(Row):
    """A precondition of the deliberation meeting: `test` names the test that evaluates it over the facts."""

    title: str
    test: str
    next_step: str
    evidence: tuple[str, ...] = ()
    overridable: bool = True


class Effect(StrEnum):
    """What a reason for rejection does to a submission or opinion."""

    WITHHOLD = "withhold"
    REJECT = "reject"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class RejectionRule(Row):
    """A reason for not publishing or not taking; `public_note` stands in the text's place."""

    name: str
    effect: Effect
    public_note: str
    needs_note: bool = False


@dataclass(frozen=True, slots=True)
class WordingRule(Row):
    """Words and patterns (regular expressions) that the drafting check looks for.

    An empty `applies_to` means all kinds of document.
    """

    name: str
    advice: str
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    applies_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarYear(Row):
    """A year's holiday notice: weekdays and weekend days off, and weekend days worked; the id is the year."""

    rest: tuple[date, ...] = field(default=())
    work: tuple[date, ...] = field(default=())
