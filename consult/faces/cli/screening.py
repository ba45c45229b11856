"""Bulk screening from the console: waiting submissions pass with private data masked as proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.intake.models import Submission, SubmissionPart
from consult.moderation import service as moderation
from consult.moderation.models import PublicText
from consult.store import db, transaction

BATCH = 200


@dataclass
class Passed:
    """How many submissions passed, and how many pieces of private data were masked in them."""

    accepted: int = 0
    masked: int = 0


def accept(actor: Actor, consultation: Consultation, numbers: Sequence[str] | None, *, at: datetime) -> Passed:
    """Accept the submissions named, or all that wait; a batch in each transaction.

    Raises:
        Refused: a number that the consultation doesn't have.
    """
    require(actor, Act.SCREEN, consultation)
    passed = Passed()
    if numbers is not None:
        with transaction():
            named = sorted((_named(consultation, number) for number in numbers), key=lambda one: one.id)
            _accept(actor, named, passed, at)
        return passed
    last = 0
    while page := _waiting(consultation, last):
        with transaction():
            _accept(actor, page, passed, at)
        last = page[-1].id
        db.session.expunge_all()
        db.session.add(consultation)
    return passed


def _named(consultation: Consultation, number: str) -> Submission:
    found = db.session.scalar(
        select(Submission).where(
            Submission.number == number.strip().upper(), Submission.consultation_id == consultation.id
        )
    )
    if found is None:
        raise Refused(f"“{consultation.slug}”里没有回执编号为“{number}”的来件。")
    return found


def _waiting(consultation: Consultation, last: int) -> list[Submission]:
    query = (
        select(Submission)
        .where(
            Submission.consultation_id == consultation.id,
            Submission.state.in_(moderation.WAITING),
            Submission.id > last,
        )
        .options(selectinload(Submission.parts))
        .order_by(Submission.id)
        .limit(BATCH)
    )
    return list(db.session.scalars(query))


def _accept(actor: Actor, submissions: Sequence[Submission], passed: Passed, at: datetime) -> None:
    for submission in submissions:
        moderation.accept(actor, submission, at=at)
    masked = (
        select(func.sum(PublicText.masked))
        .join(SubmissionPart, SubmissionPart.id == PublicText.part_id)
        .where(SubmissionPart.submission_id.in_([submission.id for submission in submissions]))
    )
    passed.accepted += len(submissions)
    passed.masked += db.session.scalar(masked) or 0
