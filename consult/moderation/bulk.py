"""Bulk acceptance: waiting submissions are accepted in batches, private data masked as proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.intake.models import Submission, SubmissionPart
from consult.moderation import queries, service
from consult.moderation.errors import ScreeningRefused
from consult.moderation.models import PublicText
from consult.store import db, transaction

BATCH = 200


@dataclass
class Accepted:
    """How many submissions were accepted, and how many pieces of private data were masked in them."""

    submissions: int = 0
    masked: int = 0


def accept_numbered(actor: Actor, consultation: Consultation, numbers: Sequence[str], *, at: datetime) -> Accepted:
    """Accept the submissions with these receipt numbers, in one transaction.

    Raises:
        ScreeningRefused: a number that the consultation doesn't have, or that doesn't wait any more; none is accepted.
    """
    require(actor, Act.SCREEN, consultation)
    accepted = Accepted()
    with transaction():
        submissions = [_numbered(consultation, number) for number in numbers]
        _accept(actor, sorted(submissions, key=lambda submission: submission.id), accepted, at)
    return accepted


def accept_all(actor: Actor, consultation: Consultation, *, at: datetime) -> Accepted:
    """Accept all submissions that wait, each batch in a transaction of its own.

    Loaded rows leave the session after each batch, so that memory doesn't grow with their number.
    """
    require(actor, Act.SCREEN, consultation)
    accepted, last = Accepted(), 0
    while batch := _waiting(consultation, last):
        with transaction():
            _accept(actor, batch, accepted, at)
        last = batch[-1].id
        db.session.expunge_all()
        db.session.add(consultation)
    return accepted


def _numbered(consultation: Consultation, number: str) -> Submission:
    submission = queries.by_number(consultation.id, number)
    if submission is None:
        raise ScreeningRefused(f"“{consultation.slug}”里没有回执编号为“{number}”的来件。")
    return submission


def _waiting(consultation: Consultation, last: int) -> list[Submission]:
    query = (
        select(Submission)
        .where(
            Submission.consultation_id == consultation.id,
            Submission.state.in_(service.WAITING),
            Submission.id > last,
        )
        .options(selectinload(Submission.parts))
        .order_by(Submission.id)
        .limit(BATCH)
    )
    return list(db.session.scalars(query))


def _accept(actor: Actor, submissions: Sequence[Submission], accepted: Accepted, at: datetime) -> None:
    service.accept_together(actor, submissions, at=at)
    masked = (
        select(func.sum(PublicText.masked))
        .join(SubmissionPart, SubmissionPart.id == PublicText.part_id)
        .where(SubmissionPart.submission_id.in_([submission.id for submission in submissions]))
    )
    accepted.submissions += len(submissions)
    accepted.masked += db.session.scalar(masked) or 0
