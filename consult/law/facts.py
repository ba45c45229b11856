"""The facts about a consultation from which its preconditions are evaluated.

The stages supply them. None means unknown; an unknown fact never counts as met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from consult.labels import Label, LabelledEnum
from consult.law.reviews import ReviewFinding, ReviewKind
from consult.law.sufficiency import ConsulteeCounts


class Disclosure(LabelledEnum):
    """The disclosure attribute of the document (《政府信息公开条例》第十四条至第二十条)."""

    PUBLIC = "public", Label("主动公开", "plain")
    ON_REQUEST = "on_request", Label("依申请公开", "plain")
    NOT_PUBLIC = "not_public", Label("不予公开", "plain")


class NoticeChannel(LabelledEnum):
    """Where a notice was published (《重大行政决策程序暂行条例》第十五条第一款)."""

    WEBSITE = "website", Label("政府网站", "plain")
    MAILBOX = "mailbox", Label("征集信箱", "plain")
    NEW_MEDIA = "new_media", Label("政务新媒体", "plain")
    PRESS = "press", Label("报刊", "plain")
    BROADCAST = "broadcast", Label("广播、电视", "plain")


@dataclass(frozen=True, slots=True)
class Hearing:
    """A public hearing: the day it is held, the day its material reached the participants."""

    held_on: date
    material_delivered_on: date | None = None
    lacking: str = ""
    """What it lacks to count as held, in Chinese; empty when it counts."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A statement about the document with its reason; `second` is the other person who confirmed it, or empty."""

    applies: bool
    reason: str = ""
    by: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A stored paper: its name, and whether its file still exists."""

    name: str
    there: bool


@dataclass(frozen=True, slots=True)
class Override:
    """A request that an unmet precondition passes by exception; it needs a paper and the approval of another person.

    `finding` is why the precondition was unmet then; the override doesn't apply to a different finding.
    """

    by: str
    reason: str
    on: date
    finding: str = ""
    document: str = ""
    approved_by: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts about one consultation; every field is None until it is known.

    The document: `kind` (id of a comment period), `enterprise_related`; `enterprise_words` that the draft check finds
    in a draft that isn't marked as such; `group_words`, the groups of people that a draft said to affect none names;
    what people stated of it with a reason: `market_activity` (affects the economic activity of operators),
    `special_group` (affects a particular group's interests), `public_interest` (the effect on competition affects the
    public), `enterprise_unrelated` (it doesn't concern the business of enterprises).

    The notice: `period_days` (natural days), `period_ended`, `shortening_reason` as published with the notice,
    `draft_published`, `explanation_published`, `notice_lacks` (statements missing in it), `notice_channels`,
    `hearings`.

    Hearing: `heard` counts consultees that answered; `competition_heard` the operators and associations that answered
    the question on competition; `competition_public_asked` whether the public was asked it. Opinions: the counts of
    unfinished work. `reviews`: the result of each kind for the newest version.

    By id of the precondition: `confirmed` (of the department's own ones; None or absent: not known), `not_applicable`
    (the reason why one doesn't apply), `overrides`.
    """

    kind: str | None = None
    enterprise_related: bool | None = None
    enterprise_words: tuple[str, ...] = ()
    enterprise_unrelated: Flag | None = None
    market_activity: Flag | None = None
    special_group: Flag | None = None
    group_words: tuple[str, ...] = ()
    public_interest: Flag | None = None

    period_days: int | None = None
    period_ended: bool | None = None
    shortening_reason: str | None = None
    draft_published: bool | None = None
    explanation_published: bool | None = None
    notice_lacks: tuple[str, ...] | None = None
    notice_channels: frozenset[NoticeChannel] | None = None
    hearings: tuple[Hearing, ...] | None = None

    heard: ConsulteeCounts | None = None
    competition_heard: ConsulteeCounts | None = None
    competition_public_asked: bool | None = None

    submissions_unscreened: int | None = None
    opinions_total: int | None = None
    opinions_undecided: int | None = None
    opinions_unreviewed: int | None = None
    concentrated_unadopted: int | None = None
    concentrated_without_reason: int | None = None
    feedback_published: bool | None = None
    feedback_current: bool | None = None

    reviews: Mapping[ReviewKind, ReviewFinding] = field(default_factory=lambda: MappingProxyType({}))

    meeting_draft: bool | None = None
    interpretation_plan: Paper | None = None
    interpretation_material: Paper | None = None
    disclosure: Disclosure | None = None
    disclosure_reason: str = ""

    confirmed: Mapping[str, bool | None] = field(default_factory=lambda: MappingProxyType({}))
    not_applicable: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    overrides: Mapping[str, Override] = field(default_factory=lambda: MappingProxyType({}))
