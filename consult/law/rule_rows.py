"""The kinds of rows in a rule file, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from consult.law.months import add_months


@dataclass(frozen=True, slots=True)
class Basis:
    """The source of a rule: an instrument and its article, or a note if there is none."""

    title: str = ""
    article: str = ""
    note: str = ""

    def __str__(self) -> str:
        """Return the citation as printed: 《民法典》第二百零三条（note）."""
        if not self.title:
            return self.note
        return f"《{self.title}》{self.article}" + (f"（{self.note}）" if self.note else "")


def cite(basis: tuple[Basis, ...]) -> str:
    """Join citations for print, each once, in order."""
    return "；".join(dict.fromkeys(str(source) for source in basis))


@dataclass(frozen=True, slots=True)
class Row:
    """Base of all rows: an id unique in its table, and a legal basis."""

    id: str
    basis: tuple[Basis, ...]

    @property
    def cited(self) -> str:
        """The legal basis as one printable line."""
        return cite(self.basis)


@dataclass(frozen=True, slots=True)
class PeriodRule(Row):
    """The minimum length of a comment period.

    `minimum_days` are natural days. `shortening` is the condition in words under which less is lawful, or empty.
    `local` means that the number is a setting of the department. `floor` is the minimum whatever the reason; it
    differs from `minimum_days` where several rules apply at once.
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
    """Whether a clock runs forward or backward from its first day."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class ClockRule(Row):
    """A statutory clock other than the comment period; `starts` names in Chinese the day it is counted from."""

    name: str
    length: int
    unit: Unit
    bound: Bound
    direction: Direction
    starts: str


@dataclass(frozen=True, slots=True)
class RetentionRule(Row):
    """How long a kind of personal data is kept.

    `starts` names in Chinese the day it is counted from, `kept` what stays when the rest is deleted.
    """

    name: str
    length: int
    unit: Unit
    starts: str
    kept: str

    def last_day(self, start: date) -> date:
        """Return the last day on which the data may be there; the first isn't counted (《民法典》第二百零一条)."""
        return add_months(start, self.length) if self.unit is Unit.MONTHS else start + timedelta(days=self.length)

    @property
    def term(self) -> str:
        """The length in words."""
        if self.unit is Unit.DAYS:
            return f"{self.length}日"
        years, months = divmod(self.length, 12)
        return f"{years}年" if years and not months else f"{self.length}个月"


@dataclass(frozen=True, slots=True)
class ConcentrationRule(Row):
    """From how many `senders` an opinion is concentrated, or from which `share` (percent, 0: none) of the senders.

    The share is of those who said something on the same provision (or on the whole), and counts from `share_senders`
    senders. `similarity` (0 to 1) is the threshold above which two texts count as the same.
    """

    name: str
    senders: int
    similarity: float
    share: int = 0
    share_senders: int = 5

    def holds(self, senders: int, of: int) -> bool:
        """Whether an opinion shared by this many senders, of so many on the provision, is concentrated."""
        return senders >= self.senders or (
            self.share > 0 and senders >= self.share_senders and 100 * senders >= self.share * of
        )

    @property
    def words(self) -> str:
        """The rule in words."""
        share = f"，或者达到 {self.share_senders} 人且占该条文提出人的 {self.share}% 以上" if self.share else ""
        return f"{self.senders} 人以上{share}"


@dataclass(frozen=True, slots=True)
class ReasonRule(Row):
    """What the reason of a decision must say: at least so many `characters` (letters and digits, no punctuation).

    The words of `says_nothing` alone, in any order and number, are no reason.
    """

    name: str
    characters: int
    says_nothing: tuple[str, ...] = ()

    def says_something(self, reason: str) -> bool:
        """Whether a reason says why."""
        letters = "".join(filter(str.isalnum, reason))
        if len(letters) < self.characters or len(set(letters)) < 3:
            return False
        for words in sorted(self.says_nothing, key=len, reverse=True):
            letters = letters.replace(words, "")
        return len(letters) > 1


@dataclass(frozen=True, slots=True)
class SufficiencyRule(Row):
    """How many consultees of each kind must have been heard; `small_micro` and `private` are among the `enterprises`.

    With `advice` the numbers are only shown, never required.
    """

    name: str
    associations: int = 0
    enterprises: int = 0
    small_micro: int = 0
    group_organisations: int = 0
    medium_and_smaller: int = 0
    private: int = 0
    labour_intensive: int = 0
    lawyers_associations: int = 0
    government_units: int = 0
    advice: bool = False


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
    """A precondition of the meeting; `test` names the condition that evaluates it.

    `kinds` are the kinds of document that it applies to; empty: all.
    """

    title: str
    test: str
    next_step: str
    evidence: tuple[str, ...] = ()
    overridable: bool = True
    kinds: tuple[str, ...] = ()


class Effect(StrEnum):
    """What a reason for rejection does to a submission or opinion."""

    WITHHOLD = "withhold"
    REJECT = "reject"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class RejectionRule(Row):
    """A reason for not publishing or not accepting; `public_note` replaces the text."""

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
class HolidayRule(Row):
    """A statutory holiday in the years `since` to `until`, both included.

    `days` are fixed dates (10月1日), lunar dates (五月初五), 除夕 or 清明.
    """

    name: str
    days: tuple[str, ...]
    since: int
    until: int = 9999


@dataclass(frozen=True, slots=True)
class CalendarYear(Row):
    """A year's holiday notice: weekdays and weekend days off, and weekend days worked; the id is the year."""

    rest: tuple[date, ...] = field(default=())
    work: tuple[date, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ReviewRule(Row):
    """A kind of review; the id is that of ``law.reviews.ReviewKind``.

    `name_major` is its name for a major decision, where that differs (合法性审查, not 合法性审核). `roles` may
    conclude; a drafter only from `other_division`. `after_period`: it is sent once the comment period has ended.
    """

    name: str
    roles: tuple[str, ...]
    name_major: str = ""
    other_division: bool = False
    after_period: bool = False
    sent_and_returned: bool = False

    def named(self, document_kind: str) -> str:
        """Return its name for a kind of document."""
        return self.name_major if self.name_major and document_kind == "major-decision" else self.name


@dataclass(frozen=True, slots=True)
class StandardRule(Row):
    """A standard of the fair-competition review (`text`); `group` is the heading that it belongs to."""

    group: str
    text: str


@dataclass(frozen=True, slots=True)
class ExceptionRule(Row):
    """A case in which a measure that restricts competition may be issued (《公平竞争审查条例》第十二条)."""

    text: str


@dataclass(frozen=True, slots=True)
class MaterialRule(Row):
    """An item of the checklist of material for a review (`review`).

    `held` names what the platform supplies of it: `version`, `explanation`, `report`, `fair-competition`, or nothing.
    """

    review: str
    name: str
    held: str = ""


@dataclass(frozen=True, slots=True)
class ConclusionRule(Row):
    """A conclusion (`conclusion`) of a review (`review`); `needs` names what it requires.

    `document`, `note`, `article`, `end` (date or condition), `alternatives`, `experts` (a meeting, or signed papers).
    """

    review: str
    conclusion: str
    name: str
    passes: bool
    needs: tuple[str, ...] = ()
