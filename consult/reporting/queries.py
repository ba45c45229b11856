"""Queries on reports: published ones with their totals, the answers to a submission, versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from consult.adoption.models import Decision, DecisionState, Opinion, Outcome
from consult.app_context import rules
from consult.intake.models import Submission, SubmissionState
from consult.ledger.models import LedgerEntry
from consult.moderation.models import Screening
from consult.reporting.models import FeedbackReport, ReportRow, ReportState
from consult.reporting.report_versions import published
from consult.store import db


@dataclass(frozen=True)
class PublishedReport:
    """A published report with its numbers of opinions, in total and by outcome."""

    report_id: int
    slug: str
    title: str
    version: int
    published_at: datetime
    total: int
    outcomes: dict[str, int]


@dataclass(frozen=True)
class Answer:
    """The published answer to one opinion."""

    number: int
    """Of its row in the report."""
    content: str
    outcome: str
    reason: str
    rewording: str


def _newest() -> Select[Any]:
    """Return the query for the id of each consultation's newest published version."""
    return (
        select(func.max(FeedbackReport.id))
        .where(FeedbackReport.state == ReportState.PUBLISHED)
        .group_by(FeedbackReport.consultation_id)
    )


def recent(limit: int, *, before: int = 0) -> list[PublishedReport]:
    """Return the newest published version of each report, newest first, with ids below ``before``."""
    query = (
        select(FeedbackReport)
        .where(FeedbackReport.id.in_(_newest()))
        .options(joinedload(FeedbackReport.consultation))
        .order_by(FeedbackReport.id.desc())
        .limit(limit)
    )
    if before:
        query = query.where(FeedbackReport.id < before)
    return [_as_published(report) for report in db.session.scalars(query)]


def standing(consultation_id: int) -> PublishedReport | None:
    """Return the newest published version, or None."""
    report = published(consultation_id)
    return _as_published(report) if report is not None else None


def _as_published(report: FeedbackReport) -> PublishedReport:
    figures: dict[str, int] = report.snapshot.get("figures", {})
    outcomes = {outcome.value: figures.get(f"outcome.{outcome.value}", 0) for outcome in Outcome}
    assert report.published_at is not None
    return PublishedReport(
        report_id=report.id,
        slug=report.consultation.slug,
        title=report.consultation.title,
        version=report.version,
        published_at=report.published_at,
        total=figures.get("opinions", 0),
        outcomes={outcome: n for outcome, n in outcomes.items() if n},
    )


def answers(submission: Submission) -> dict[int, list[Answer]]:
    """Return the answers of the published report to a submission, by the id of its part; none before publication."""
    if submission.consultation_id is None:
        return {}
    report = standing(submission.consultation_id)
    if report is None:
        return {}
    query = (
        select(Opinion, ReportRow)
        .join(ReportRow, ReportRow.opinion_id == Opinion.id)
        .where(ReportRow.report_id == report.report_id, Opinion.submission_id == submission.id)
        .order_by(ReportRow.number)
    )
    by_part: defaultdict[int, list[Answer]] = defaultdict(list)
    for opinion, row in db.session.execute(query):
        by_part[opinion.part_id].append(Answer(row.number, opinion.content, row.outcome, row.reason, row.rewording))
    return dict(by_part)


@dataclass(frozen=True)
class Confirmation:
    """Who confirmed a decision, by role, and when."""

    role: str
    at: datetime


def confirmation(report: FeedbackReport, row: ReportRow) -> Confirmation | None:
    """Return who confirmed the decision that a row prints; None where the record has it no more."""
    of_opinion = Decision.opinion_id == row.opinion_id
    on = or_(of_opinion, Decision.group_id == row.group_id) if row.group_id is not None else of_opinion
    query = (
        select(Decision)
        .where(
            on,
            Decision.state == DecisionState.REVIEWED,
            Decision.outcome == row.outcome,
            Decision.reason == row.reason,
            Decision.reviewed_at <= report.compiled_at,
        )
        .order_by(Decision.opinion_id.is_(None), Decision.id.desc())
        .limit(1)
    )
    decision = db.session.scalar(query)
    if decision is None or decision.reviewed_at is None or decision.reviewer is None:
        return None
    return Confirmation(decision.reviewer.role.label.words, decision.reviewed_at)


def rejection(submission: Submission) -> str:
    """Return in Chinese why a submission isn't published; empty when it is."""
    if submission.state is not SubmissionState.REJECTED:
        return ""
    last = db.session.scalar(
        select(Screening)
        .where(
            Screening.submission_id == submission.id,
            Screening.state_after == SubmissionState.REJECTED,
            Screening.undone_by_id.is_(None),
        )
        .order_by(Screening.id.desc())
        .limit(1)
    )
    if last is None:
        return ""
    names = {row.id: row.name for row in rules().rejection_reasons}
    return "：".join(words for words in (names.get(last.reason_id, ""), last.reason) if words)


@dataclass(frozen=True)
class PublicOpinion:
    """A public opinion, with its row of the published report, if there is one."""

    opinion: Opinion
    submission: Submission
    row: ReportRow | None


def public_opinions(
    consultation_id: int, *, anchor: str | None = None, after: int = 0, limit: int = 50
) -> list[PublicOpinion]:
    """Return the public opinions: of accepted submissions that aren't private, by id.

    Arguments:
        anchor: on exactly this provision; empty for those on the whole.
        after: id of the last opinion on the previous page.
    """
    report = standing(consultation_id)
    printed = (ReportRow.opinion_id == Opinion.id) & (ReportRow.report_id == (report.report_id if report else 0))
    query = (
        select(Opinion, Submission, ReportRow)
        .join(Submission, Submission.id == Opinion.submission_id)
        .outerjoin(ReportRow, printed)
        .where(
            Opinion.consultation_id == consultation_id,
            Opinion.id > after,
            Opinion.withdrawn.is_(False),
            Submission.state == SubmissionState.ACCEPTED,
            Submission.keep_private.is_(False),
        )
        .order_by(Opinion.id)
        .limit(limit)
    )
    if anchor is not None:
        query = query.where(Opinion.anchor == anchor)
    return [PublicOpinion(*row) for row in db.session.execute(query)]


def versions(consultation_id: int) -> list[FeedbackReport]:
    """Return all versions of a consultation's report, also discarded ones, newest first."""
    query = (
        select(FeedbackReport)
        .where(FeedbackReport.consultation_id == consultation_id)
        .options(
            joinedload(FeedbackReport.compiled_by),
            joinedload(FeedbackReport.reviewed_by),
            joinedload(FeedbackReport.published_by),
        )
        .order_by(FeedbackReport.version.desc())
    )
    return list(db.session.scalars(query))


def history(report: FeedbackReport) -> list[LedgerEntry]:
    """Return the ledger entries on a version, oldest first."""
    subject = f"report:{report.consultation_id}/{report.version}"
    return list(db.session.scalars(select(LedgerEntry).where(LedgerEntry.subject == subject).order_by(LedgerEntry.id)))


def unfinished(consultation_ids: Collection[int]) -> list[FeedbackReport]:
    """Return the reports of these consultations that are in review, or reviewed and not yet published."""
    query = select(FeedbackReport).where(
        FeedbackReport.consultation_id.in_(consultation_ids),
        FeedbackReport.state.in_((ReportState.IN_REVIEW, ReportState.REVIEWED)),
    )
    return list(db.session.scalars(query.order_by(FeedbackReport.id)))
