"""What public pages ask of published reports: the newest ones with their shares, what one says of one submission."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from consult.adoption.models import Opinion, Outcome
from consult.intake.models import Submission, SubmissionState
from consult.ledger.models import LedgerEntry
from consult.moderation.models import Screening
from consult.reporting.models import FeedbackReport, ReportRow, ReportState
from consult.settings import rules
from consult.store import db


@dataclass(frozen=True)
class Feedback:
    """A published report in a line: what it is about, how many opinions, how many of each outcome."""

    report_id: int
    slug: str
    title: str
    version: int
    published_at: datetime
    total: int
    outcomes: dict[str, int]


@dataclass(frozen=True)
class Answer:
    """What a published report says of one opinion."""

    content: str
    outcome: str
    reason: str


def _newest() -> Select[Any]:
    """Return a query of the ids of the newest published version of each consultation's report."""
    return (
        select(func.max(FeedbackReport.id))
        .where(FeedbackReport.state == ReportState.PUBLISHED)
        .group_by(FeedbackReport.consultation_id)
    )


def recent(limit: int, *, before: int = 0) -> list[Feedback]:
    """Return standing reports, newest first, from below the report id ``before``."""
    query = (
        select(FeedbackReport)
        .where(FeedbackReport.id.in_(_newest()))
        .options(joinedload(FeedbackReport.consultation))
        .order_by(FeedbackReport.id.desc())
        .limit(limit)
    )
    if before:
        query = query.where(FeedbackReport.id < before)
    return [_feedback(report) for report in db.session.scalars(query)]


def standing(consultation_id: int) -> Feedback | None:
    """Return the published report that stands, or None."""
    query = (
        select(FeedbackReport)
        .where(FeedbackReport.consultation_id == consultation_id, FeedbackReport.state == ReportState.PUBLISHED)
        .order_by(FeedbackReport.version.desc())
        .limit(1)
    )
    report = db.session.scalar(query)
    return _feedback(report) if report is not None else None


def _feedback(report: FeedbackReport) -> Feedback:
    figures: dict[str, int] = report.snapshot.get("figures", {})
    outcomes = {outcome.value: figures.get(f"outcome.{outcome.value}", 0) for outcome in Outcome}
    assert report.published_at is not None
    return Feedback(
        report_id=report.id,
        slug=report.consultation.slug,
        title=report.consultation.title,
        version=report.version,
        published_at=report.published_at,
        total=figures.get("opinions", 0),
        outcomes={outcome: n for outcome, n in outcomes.items() if n},
    )


def answers(submission: Submission) -> dict[int, list[Answer]]:
    """Return what the standing report says of a submission, by the id of its part; nothing before publication.

    The content is the sender's own point, as it was decided.
    """
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
    found: defaultdict[int, list[Answer]] = defaultdict(list)
    for opinion, row in db.session.execute(query):
        found[opinion.part_id].append(Answer(opinion.content, row.outcome, row.reason))
    return dict(found)


def rejection(submission: Submission) -> str:
    """Return why a submission is kept out of print, in words; empty when it isn't."""
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
class Released:
    """An opinion that everybody may read, with what the published report says of it, if there is one."""

    opinion: Opinion
    submission: Submission
    row: ReportRow | None


def released(consultation_id: int, *, anchor: str | None = None, after: int = 0, limit: int = 50) -> list[Released]:
    """Return standing opinions of accepted submissions whose senders let them be read, by key.

    Arguments:
        anchor: on exactly this provision; empty for those on the whole.
        after: id of the last opinion on the page before.
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
    return [Released(*row) for row in db.session.execute(query)]


def versions(consultation_id: int) -> list[FeedbackReport]:
    """Return all versions of a consultation's report, also those set aside, newest first."""
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
    """Return every act on a version as the ledger has it, oldest first."""
    subject = f"report:{report.consultation_id}/{report.version}"
    return list(db.session.scalars(select(LedgerEntry).where(LedgerEntry.subject == subject).order_by(LedgerEntry.id)))


def unfinished(consultation_ids: Collection[int]) -> list[FeedbackReport]:
    """Return the reports of these consultations that are in review, or reviewed and not yet published."""
    query = select(FeedbackReport).where(
        FeedbackReport.consultation_id.in_(consultation_ids),
        FeedbackReport.state.in_((ReportState.IN_REVIEW, ReportState.REVIEWED)),
    )
    return list(db.session.scalars(query.order_by(FeedbackReport.id)))
