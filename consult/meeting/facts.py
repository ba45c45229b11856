"""Collects, from every stage, the facts on which the preconditions of the meeting are evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from consult.adoption.models import Decision, DecisionState, Opinion, OpinionGroup, Outcome
from consult.adoption.queries import progress
from consult.clock import local
from consult.consultees import standing
from consult.consultees.models import Gathering, GatheringKind
from consult.drafting.models import Consultation, State, VersionKind
from consult.intake.models import Submission
from consult.law.facts import Disclosure, Facts, FairCompetition, Hearing, Legality, NoticeChannel
from consult.law.facts import Override as FactOverride
from consult.meeting.errors import MeetingRefused
from consult.meeting.models import MeetingFact, Override
from consult.reporting import figures, stored
from consult.reporting import service as reporting
from consult.settings import rules
from consult.store import db

BOOLEANS = frozenset(
    {
        "market_activity",
        "special_group",
        "public_interest",
        "risk_applies",
        "experts_apply",
        "competition_public_heard",
        "risk_report",
        "risk_controllable",
        "experts_reported",
        "interpretation_plan",
        "interpretation_material",
    }
)
DATES = frozenset({"legality_sent_on", "legality_due_on", "legality_returned_on"})
CHOICES: Mapping[str, type[StrEnum]] = {
    "fair_competition": FairCompetition,
    "legality": Legality,
    "disclosure": Disclosure,
}
CHANNELS = "notice_channels"
CONFIRMED = "confirmed."
NOT_APPLICABLE = "not_applicable."


def read_value(name: str, value: Any) -> Any:
    """Return the value of a stated fact as ``Facts`` has it; ``value`` is JSON.

    Raises:
        MeetingRefused: no such fact, or not a value of its kind.
    """
    try:
        if name in BOOLEANS and isinstance(value, bool | None):
            return value
        if name in DATES:
            return None if value is None else date.fromisoformat(value)
        if name in CHOICES:
            return None if value is None else CHOICES[name](value)
        if name == CHANNELS:
            return frozenset(NoticeChannel(channel) for channel in value)
        if name.startswith(CONFIRMED) and isinstance(value, bool | None):
            return value
        if name.startswith(NOT_APPLICABLE) and isinstance(value, str):
            return value
    except (ValueError, TypeError) as error:
        raise MeetingRefused(f"“{name}”的值“{value}”不对。") from error
    raise MeetingRefused(f"没有“{name}”这一项，或者它的值“{value}”不对。")


def stated(consultation: Consultation) -> dict[str, MeetingFact]:
    """Return the newest statement of each fact."""
    newest = (
        select(func.max(MeetingFact.id))
        .where(MeetingFact.consultation_id == consultation.id)
        .group_by(MeetingFact.name)
    )
    return {fact.name: fact for fact in db.session.scalars(select(MeetingFact).where(MeetingFact.id.in_(newest)))}


def collect(consultation: Consultation, at: datetime) -> Facts:
    """Return the facts about a consultation at a moment: computed where a stage knows, stated where only people do."""
    facts = Facts(
        kind=consultation.kind,
        enterprise_related=consultation.enterprise_related,
        overrides=_overrides(consultation),
        **_notice(consultation, at),
        **_heard(consultation),
        **_opinions(consultation),
        meeting_draft=any(version.kind is VersionKind.FOR_SUBMISSION for version in consultation.versions),
    )
    return _with_stated(facts, stated(consultation))


def _notice(consultation: Consultation, at: datetime) -> dict[str, Any]:
    public = consultation.is_public(at)
    hearings = db.session.scalars(
        select(Gathering).where(Gathering.consultation_id == consultation.id, Gathering.kind == GatheringKind.HEARING)
    )
    return {
        "period_days": consultation.period_days,
        "period_ended": consultation.closes_at is not None and at >= consultation.closes_at,
        "shortening_reason": consultation.shortened_reason or None,
        "draft_published": public and consultation.public_version_id is not None,
        "explanation_published": public and bool(consultation.explanation_html.strip()),
        "notice_states_how": public and bool(consultation.notice_html.strip()) and consultation.closes_at is not None,
        "notice_channels": frozenset({NoticeChannel.WEBSITE}) if public else None,
        "hearings": tuple(
            Hearing(
                local(hearing.held_at).date(),
                local(hearing.materials_sent_at).date() if hearing.materials_sent_at else None,
            )
            for hearing in hearings
        ),
    }


def _heard(consultation: Consultation) -> dict[str, Any]:
    counts = standing.heard(consultation)
    return {"heard": counts, "competition_heard": counts}


def _opinions(consultation: Consultation) -> dict[str, Any]:
    done = progress(consultation.id)
    report = stored.published(consultation.id)
    waiting = db.session.scalar(
        select(func.count())
        .select_from(Submission)
        .where(Submission.consultation_id == consultation.id, Submission.state.in_(figures.WAITING))
    )
    unadopted = _concentrated_unadopted(consultation)
    return {
        "submissions_unscreened": waiting or 0,
        "opinions_total": done.total,
        "opinions_undecided": done.undecided + done.returned,
        "opinions_unreviewed": done.proposed,
        "concentrated_unadopted": len(unadopted),
        "concentrated_without_reason": sum(not reason.strip() for reason in unadopted) if report else len(unadopted),
        "feedback_published": report is not None,
        "feedback_current": report is not None and reporting.is_current(report),
    }


def _concentrated_unadopted(consultation: Consultation) -> list[str]:
    """Return the reasons given on concentrated groups that were not (or only partly) adopted, or not decided."""
    query = (
        select(OpinionGroup.id, Decision.outcome, Decision.reason, Decision.state)
        .outerjoin(Decision, (Decision.group_id == OpinionGroup.id) & Decision.current.is_(True))
        .where(
            OpinionGroup.consultation_id == consultation.id,
            OpinionGroup.concentrated.is_(True),
            select(Opinion.id).where(Opinion.group_id == OpinionGroup.id, Opinion.withdrawn.is_(False)).exists(),
        )
    )
    return [
        reason if reason and state is DecisionState.REVIEWED else ""
        for _, outcome, reason, state in db.session.execute(query)
        if outcome is not Outcome.ADOPTED
    ]


def _overrides(consultation: Consultation) -> dict[str, FactOverride]:
    query = (
        select(Override)
        .where(Override.consultation_id == consultation.id, Override.withdrawn_at.is_(None))
        .order_by(Override.id)
    )
    return {
        row.precondition: FactOverride(row.by.name, row.reason, local(row.at).date(), row.found)
        for row in db.session.scalars(query)
    }


def _with_stated(facts: Facts, statements: Mapping[str, MeetingFact]) -> Facts:
    changes: dict[str, Any] = {}
    confirmed: dict[str, bool | None] = {}
    not_applicable: dict[str, str] = {}
    for name, fact in statements.items():
        value = read_value(name, fact.value)
        if name.startswith(CONFIRMED):
            confirmed[name.removeprefix(CONFIRMED)] = value
        elif name.startswith(NOT_APPLICABLE):
            not_applicable[name.removeprefix(NOT_APPLICABLE)] = value
        elif name == CHANNELS:
            changes[name] = value | (facts.notice_channels or frozenset())
        else:
            changes[name] = value
    return replace(facts, confirmed=confirmed, not_applicable=not_applicable, **changes)


def known_names() -> frozenset[str]:
    """Return the names of all facts that people can state, the department's own rows included."""
    own = {
        f"{prefix}{row.id}"
        for row in rules().preconditions
        if row.test == "confirmed"
        for prefix in (CONFIRMED, NOT_APPLICABLE)
    }
    return frozenset({*BOOLEANS, *DATES, *CHOICES, CHANNELS, *own})


def is_before_meeting(consultation: Consultation, at: datetime) -> bool:
    """Whether a consultation is on its way to the meeting and not yet there."""
    return consultation.state(at) in (State.CLOSED, State.FEEDBACK_REVIEW, State.FEEDBACK_PUBLISHED)
