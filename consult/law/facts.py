"""The facts about one consultation on which its preconditions are evaluated.

The stages supply them. None means: not known; what is not known is never taken as met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from consult.law.sufficiency import ConsulteeCounts


class FairCompetition(StrEnum):
    """The conclusion of a fair-competition review (《公平竞争审查条例》第十七条、第十八条)."""

    CONFORMS = "conforms"
    EXCEPTION = "exception"  # 第十二条, explained in the conclusion
    VIOLATES = "violates"


class Legality(StrEnum):
    """The conclusion of a legality review (《重大行政决策程序暂行条例》第二十五条)."""

    LAWFUL = "lawful"
    EXPLORATORY = "exploratory"  # reform without a national rule yet, the legal risk stated
    UNLAWFUL = "unlawful"


class Disclosure(StrEnum):
    """The disclosure attribute of the document."""

    PUBLIC = "public"
    ON_REQUEST = "on_request"
    NOT_PUBLIC = "not_public"


class NoticeChannel(StrEnum):
    """Where a notice was published (《重大行政决策程序暂行条例》第十五条第一款)."""

    WEBSITE = "website"
    NEW_MEDIA = "new_media"
    PRESS = "press"
    BROADCAST = "broadcast"


@dataclass(frozen=True, slots=True)
class Hearing:
    """A public hearing: the day it is held, the day its material reached the participants."""

    held_on: date
    material_delivered_on: date | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """The legal division lets one unmet precondition pass: who, why, when.

    `found` is what was found unmet then (empty: whatever it was); the override holds for that and for nothing else.
    """

    by: str
    reason: str
    on: date
    found: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the stages know about one consultation; every field None until it is known.

    The document: `kind` (id of a comment period), `enterprise_related`, `market_activity` (touches the economic
    activity of operators), `special_group` (touches a particular group's interests), `public_interest` (the
    competition question touches the public), `risk_applies`, `experts_apply`.

    The notice: `period_days` (natural days), `period_ended`, `shortening_reason` as published with the notice,
    `draft_published`, `explanation_published`, `notice_states_how`, `notice_channels`, `hearings`.

    Hearing: `heard` counts consultees that answered; `competition_heard` the operators and associations heard in
    the fair-competition review. Opinions: the counts of what is still open. Reviews: conclusions and days.

    `confirmed` carries the department's own rows: id of the row → whether it is confirmed, None or absent: not known.
    `not_applicable` carries, for those rows, the reason why a row does not apply. `overrides` by id of the row.
    """

    kind: str | None = None
    enterprise_related: bool | None = None
    market_activity: bool | None = None
    special_group: bool | None = None
    public_interest: bool | None = None
    risk_applies: bool | None = None
    experts_apply: bool | None = None

    period_days: int | None = None
    period_ended: bool | None = None
    shortening_reason: str | None = None
    draft_published: bool | None = None
    explanation_published: bool | None = None
    notice_states_how: bool | None = None
    notice_channels: frozenset[NoticeChannel] | None = None
    hearings: tuple[Hearing, ...] | None = None

    heard: ConsulteeCounts | None = None
    competition_heard: ConsulteeCounts | None = None
    competition_public_heard: bool | None = None

    submissions_unscreened: int | None = None
    opinions_total: int | None = None
    opinions_undecided: int | None = None
    opinions_unreviewed: int | None = None
    concentrated_unadopted: int | None = None
    concentrated_without_reason: int | None = None
    feedback_published: bool | None = None
    feedback_current: bool | None = None

    fair_competition: FairCompetition | None = None
    legality: Legality | None = None
    legality_sent_on: date | None = None
    legality_due_on: date | None = None
    legality_returned_on: date | None = None
    risk_report: bool | None = None
    risk_controllable: bool | None = None
    experts_reported: bool | None = None

    meeting_draft: bool | None = None
    interpretation_plan: bool | None = None
    interpretation_material: bool | None = None
    disclosure: Disclosure | None = None

    confirmed: Mapping[str, bool | None] = field(default_factory=lambda: MappingProxyType({}))
    not_applicable: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    overrides: Mapping[str, Override] = field(default_factory=lambda: MappingProxyType({}))
