"""Collects the facts for the preconditions from all stages: computed, or stated by people with a reason or a paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from consult.adoption.group_outcomes import group_outcomes
from consult.adoption.models import DecisionState, OpinionGroup, Outcome
from consult.adoption.queries import progress
from consult.app_context import blobs, rules
from consult.clock import local
from consult.consultees import hearings, status
from consult.consultees.models import GatheringKind
from consult.drafting import draft_check, notice_words, postings, questions
from consult.drafting.models import Consultation, Medium, VersionKind
from consult.intake.models import Submission
from consult.law.facts import Disclosure, Facts, Flag, Hearing, NoticeChannel, Paper
from consult.law.facts import Override as FactOverride
from consult.law.reviews import ReviewKind
from consult.mailbox import queries as mailbox
from consult.meeting.flags import CONFIRMED, DISCLOSURE, FLAGS, NOT_APPLICABLE, PAPERS, known_names, latest_statements
from consult.meeting.models import MeetingFact, Override
from consult.reporting import figures, report_versions
from consult.reporting import service as reporting
from consult.review import queries as reviews
from consult.store import db

CHANNELS_OF = {
    Medium.NEW_MEDIA: NoticeChannel.NEW_MEDIA,
    Medium.PRESS: NoticeChannel.PRESS,
    Medium.BROADCAST: NoticeChannel.BROADCAST,
}


def collect(consultation: Consultation, at: datetime) -> Facts:
    """Return the facts about a consultation at ``at``."""
    facts = Facts(
        kind=consultation.kind,
        enterprise_related=consultation.enterprise_related,
        enterprise_words=_enterprise_words(consultation),
        group_words=_group_words(consultation),
        overrides=_overrides(consultation),
        reviews={kind: reviews.finding(consultation, kind, at) for kind in ReviewKind},
        **_notice(consultation, at),
        **_heard(consultation, at),
        **_opinions(consultation),
        meeting_draft=any(version.kind is VersionKind.FOR_SUBMISSION for version in consultation.versions),
    )
    return _with_stated(facts, latest_statements(consultation))


def _enterprise_words(consultation: Consultation) -> tuple[str, ...]:
    """Return the wording about enterprises in the newest draft; none for an enterprise-related consultation."""
    version = reviews.newest_version(consultation)
    if version is None or consultation.enterprise_related:
        return ()
    return draft_check.enterprise_words(version)


def _group_words(consultation: Consultation) -> tuple[str, ...]:
    """Return the groups of people that the newest draft names, where somebody states that it affects none."""
    version, stated = reviews.newest_version(consultation), latest_statements(consultation).get("special_group")
    if version is None or stated is None or stated.value is not False:
        return ()
    return draft_check.group_words(version)


def _notice(consultation: Consultation, at: datetime) -> dict[str, Any]:
    public = consultation.is_public(at)
    held = [hearing for hearing in hearings.of(consultation) if hearing.kind is GatheringKind.HEARING]
    return {
        "period_days": consultation.period_days,
        "period_ended": consultation.closes_at is not None and at >= consultation.closes_at,
        "shortening_reason": consultation.shortened_reason or None,
        "draft_published": public and consultation.public_version_id is not None,
        "explanation_published": public and bool(consultation.explanation_html.strip()),
        "notice_lacks": notice_words.missing_statements(consultation) if public else None,
        "notice_channels": _channels(consultation) if public else None,
        "hearings": tuple(
            Hearing(
                local(hearing.held_at).date(),
                local(hearing.materials_sent_at).date() if hearing.materials_sent_at else None,
                hearings.why_not_held(hearing, at),
            )
            for hearing in held
        ),
    }


def _channels(consultation: Consultation) -> frozenset[NoticeChannel]:
    """Return the channels of a public consultation: website, a working mailbox, and where it was posted."""
    channels = {NoticeChannel.WEBSITE}
    if mailbox.worked_during(consultation):
        channels.add(NoticeChannel.MAILBOX)
    return frozenset(channels | {CHANNELS_OF[posting.medium] for posting in postings.of(consultation)})


def _heard(consultation: Consultation, at: datetime) -> dict[str, Any]:
    return {
        "heard": status.heard(consultation),
        "competition_heard": status.heard_on_competition(consultation),
        "competition_public_asked": consultation.is_public(at) and questions.asks_competition(consultation),
    }


def _opinions(consultation: Consultation) -> dict[str, Any]:
    done = progress(consultation.id)
    report = report_versions.published(consultation.id)
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
        "concentrated_without_reason": unadopted.count(False) if report else len(unadopted),
        "feedback_published": report is not None,
        "feedback_current": report is not None and reporting.is_current(report),
    }


def _concentrated_unadopted(consultation: Consultation) -> list[bool]:
    """Return for each concentrated group that wasn't wholly adopted whether every such member has a reviewed reason."""
    concentrated = select(OpinionGroup.id).where(
        OpinionGroup.consultation_id == consultation.id, OpinionGroup.concentrated.is_(True)
    )
    says_something = rules().reason.says_something
    unadopted = (
        [part for part in outcome.parts if part.outcome is not Outcome.ADOPTED]
        for outcome in group_outcomes(list(db.session.scalars(concentrated))).values()
    )
    return [
        all(part.state is DecisionState.REVIEWED and says_something(part.reason) for part in parts)
        for parts in unadopted
        if parts
    ]


def _overrides(consultation: Consultation) -> dict[str, FactOverride]:
    query = (
        select(Override)
        .where(Override.consultation_id == consultation.id, Override.withdrawn_at.is_(None))
        .order_by(Override.id)
    )
    return {
        row.precondition: FactOverride(
            row.by.name,
            row.reason,
            local(row.at).date(),
            row.finding,
            row.document_name if row.document_digest and blobs().exists(row.document_digest) else "",
            row.approved_by.name if row.approved_by is not None and row.approved_by_id != row.by_id else "",
        )
        for row in db.session.scalars(query)
    }


def _with_stated(facts: Facts, statements: Mapping[str, MeetingFact]) -> Facts:
    changes: dict[str, Any] = {}
    confirmed: dict[str, bool | None] = {}
    not_applicable: dict[str, str] = {}
    known = known_names()
    for name, fact in statements.items():
        if name not in known or fact.value is None:
            continue  # no longer stated this way, or withdrawn
        if name.startswith(CONFIRMED):
            confirmed[name.removeprefix(CONFIRMED)] = fact.value
        elif name.startswith(NOT_APPLICABLE):
            not_applicable[name.removeprefix(NOT_APPLICABLE)] = fact.value
        elif name in PAPERS:
            there = bool(fact.evidence_digest) and blobs().exists(fact.evidence_digest)
            changes[name] = Paper(fact.evidence_name, there) if fact.value and fact.evidence_digest else None
        elif name == DISCLOSURE:
            changes[name], changes["disclosure_reason"] = Disclosure(fact.value), fact.note
        elif name in FLAGS:
            changes[name] = Flag(
                bool(fact.value),
                fact.note,
                fact.by.name if fact.by is not None else "",
                fact.confirmed_by.name if fact.confirmed_by is not None else "",
            )
    return replace(facts, confirmed=confirmed, not_applicable=not_applicable, **changes)
