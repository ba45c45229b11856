"""How what came in and what was decided is spread: by provision, day, channel, decision and kind of sender.

Each part is a figure with rows of its own (``figures``), counted together with the others of its kind by one query.
What was counted is kept by each process as long as nothing was recorded, and for a while that is in proportion to what
counting took, so that a page of a million opinions isn't counted at every look.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import BigInteger, cast, extract, func, or_, select

from consult.adoption.models import DecisionState, Opinion, Outcome
from consult.adoption.queries import effective
from consult.clock import midnight
from consult.drafting.draft_units import Draft
from consult.drafting.models import Consultation
from consult.drafting.queries import draft_of
from consult.intake.models import Channel, SenderKind, Submission
from consult.ledger.models import LedgerEntry
from consult.reporting import count_tables, figures
from consult.reporting.figures import Figure
from consult.store import db
from consult.text.anchors import WHOLE

EXTENSION = "consult.distributions"
KEPT_FOR = 20
"""How many times as long as counting took the counts are kept, whatever was recorded meanwhile."""
LONGEST_KEPT = 600
"""Seconds."""
DAY = 24 * 3600
EAST = 8 * 3600
"""Asia/Shanghai, ahead of UTC, in seconds; it has had no other since 1991."""
EPOCH = date(1970, 1, 1)
UNDECIDED = "undecided"


@dataclass(frozen=True)
class Part:
    """A part: the name of its figure, its words and its number; ``day`` where it is one, ``tone`` a colour's class."""

    figure: str
    words: str
    n: int
    day: date | None = None
    tone: str = ""


@dataclass(frozen=True)
class Distribution:
    """Parts that make up what was counted: ``unit`` says of what."""

    name: str
    title: str
    unit: str
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """The sum of all parts."""
        return sum(part.n for part in self.parts)


@dataclass(frozen=True)
class Counted:
    """All distributions of a consultation, as of a moment."""

    at: datetime
    distributions: tuple[Distribution, ...]


@dataclass(frozen=True)
class _Kept:
    """What was counted, in which state, and until when it is kept whatever is recorded meanwhile."""

    state: tuple[object, ...]
    until: float
    counted: Counted

    def holds(self, state: tuple[object, ...], now: float) -> bool:
        same_consultation = self.state[:1] == state[:1]
        return self.state == state or (same_consultation and now < self.until)


def counted(consultation: Consultation, *, at: datetime) -> Counted:
    """Return the distributions of a consultation, of what is in time, as counted at ``at`` or shortly before."""
    kept: dict[int, _Kept] = current_app.extensions.setdefault(EXTENSION, {})
    state, now = _state(consultation), time.monotonic()
    before = kept.get(consultation.id)
    if before is not None and before.holds(state, now):
        return before.counted
    made = Counted(at, distributions(consultation))
    took = time.monotonic() - now
    kept[consultation.id] = _Kept(state, now + min(LONGEST_KEPT, KEPT_FOR * took), made)
    return made


def distributions(consultation: Consultation) -> tuple[Distribution, ...]:
    """Count the distributions of a consultation now."""
    return (
        _by_provision(consultation),
        _by_day(consultation.id),
        _by_channel(consultation.id),
        _by_decision(consultation.id),
        _by_sender(consultation.id),
    )


def figure(consultation: Consultation, name: str) -> Figure | None:
    """Return the figure of this name: one of a report, or of a part of a distribution; None where there is none."""
    if name in figures.FIGURES:
        return figures.FIGURES[name]
    kind, _, key = name.partition(".")
    if kind == "provision":
        return _of_provision(draft_of(consultation), key)
    if kind == "day":
        return _of_day(key)
    return NOT_REVIEWED if name == UNDECIDED else None


NOT_REVIEWED = Figure(
    UNDECIDED,
    "条意见未经复核",
    "opinion",
    figures.opinions(or_(effective("state").is_(None), effective("state") != DecisionState.REVIEWED)),
)
"""Opinions whose decision isn't reviewed, or that have none."""


def _state(consultation: Consultation) -> tuple[object, ...]:
    """Return what changes with every act on a consultation; its first part tells consultations apart."""
    last = select(LedgerEntry.seal).where(LedgerEntry.consultation_id == consultation.id)
    seal = db.session.scalar(last.order_by(LedgerEntry.id.desc()).limit(1))
    return (consultation.slug, consultation.created_at), seal


def _by_provision(consultation: Consultation) -> Distribution:
    query = figures.opinions()(consultation.id).with_only_columns(Opinion.anchor, func.count()).group_by(Opinion.anchor)
    by_anchor = {anchor: int(n) for anchor, n in db.session.execute(query)}
    parts = tuple(
        Part(f"provision.{at}", words, n)
        for at, words, anchors in draft_of(consultation).opinion_places(by_anchor)
        if (n := sum(by_anchor.get(anchor, 0) for anchor in anchors))
    )
    return Distribution("provision", "按条文", "条意见", parts)


def _of_provision(draft: Draft, at: str) -> Figure | None:
    for name, words, anchors in draft.opinion_places(["" if at == WHOLE else at]):
        if name == at:
            rows = figures.opinions(Opinion.anchor.in_(anchors))
            return Figure(f"provision.{at}", f"条对{words}的意见", "opinion", rows)
    return None


def _by_day(consultation_id: int) -> Distribution:
    whole_minutes = cast(
        extract("epoch", Submission.received_at) - extract("second", Submission.received_at), BigInteger
    )  # fractions are gone on both databases before it is cast, which PostgreSQL would round
    day = ((whole_minutes + EAST) // DAY).label("day")
    query = figures.in_time()(consultation_id).with_only_columns(day, func.count()).group_by("day")
    counts = {int(key): int(n) for key, n in db.session.execute(query)}
    days = range(min(counts), max(counts) + 1) if counts else range(0)
    return Distribution("day", "按日", "件来件", tuple(_day_part(n, counts.get(n, 0)) for n in days))


def _day_part(number: int, n: int) -> Part:
    day = EPOCH + timedelta(days=number)
    return Part(f"day.{day.isoformat()}", f"{day.year}年{day.month}月{day.day}日", n, day)


def _of_day(key: str) -> Figure | None:
    try:
        day = date.fromisoformat(key)
        first, end = midnight(day), midnight(day + timedelta(days=1))
    except (ValueError, OverflowError):
        return None
    rows = figures.in_time(Submission.received_at >= first, Submission.received_at < end)
    return Figure(f"day.{day.isoformat()}", f"件来件（{day.year}年{day.month}月{day.day}日）", "submission", rows)


def _by_channel(consultation_id: int) -> Distribution:
    counts: Counter[Channel] = Counter()
    for channel, _, n in count_tables.submissions_by_origin(consultation_id):
        counts[channel] += n
    parts = tuple(Part(f"channel.{each.value}", each.label.words, n) for each in Channel if (n := counts[each]))
    return Distribution("channel", "按渠道", "件来件", parts)


def _by_sender(consultation_id: int) -> Distribution:
    counts: Counter[SenderKind] = Counter()
    for _, sender, n in count_tables.submissions_by_origin(consultation_id):
        counts[sender] += n
    parts = tuple(Part(f"sender.{each.value}", each.label.words, n) for each in SenderKind if (n := counts[each]))
    return Distribution("sender", "按提出人", "件来件", parts)


def _by_decision(consultation_id: int) -> Distribution:
    counts: Counter[Outcome | None] = Counter()
    for _, outcome, n in count_tables.opinions_by_outcome(consultation_id):
        counts[outcome] += n
    parts = [
        Part(f"outcome.{each.value}", each.label.words, n, tone=each.value) for each in Outcome if (n := counts[each])
    ]
    rest = replace(NOT_REVIEWED_PART, n=counts[None])
    return Distribution("decision", "按采纳情况", "条意见", (*parts, *([rest] if rest.n else [])))


NOT_REVIEWED_PART = Part(UNDECIDED, "待处理、待复核", 0, tone="rest")


def anchors_at(consultation: Consultation, at: str) -> tuple[str, ...]:
    """Return the anchors of the opinions that a part of the distribution by provision counts."""
    places = draft_of(consultation).opinion_places(["" if at == WHOLE else at])
    return next((anchors for name, _, anchors in places if name == at), ())
