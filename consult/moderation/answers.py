"""Answers to the questions of a consultation: how many, and page by page. Those of rejected submissions don't count."""

from __future__ import annotations

from sqlalchemy import func, select

from consult.drafting.models import Consultation, Question
from consult.intake.models import Answer, Submission, SubmissionState
from consult.store import db

HIDDEN = (SubmissionState.REJECTED, SubmissionState.DUPLICATE)


def counts(consultation: Consultation) -> dict[int, int]:
    """Return how many submissions answer each question, by the number of the question."""
    query = (
        select(Question.number, func.count())
        .join(Answer, Answer.question_id == Question.id)
        .join(Submission, Submission.id == Answer.submission_id)
        .where(
            Question.consultation_id == consultation.id,
            Submission.consultation_id == consultation.id,
            Submission.state.not_in(HIDDEN),
        )
        .group_by(Question.number)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def page(question: Question, *, before: int = 0, limit: int) -> list[tuple[Answer, Submission]]:
    """Return the answers to a question with their submissions, newest first, from before the id ``before`` on."""
    query = (
        select(Answer, Submission)
        .join(Submission, Submission.id == Answer.submission_id)
        .where(
            Answer.question_id == question.id,
            Submission.consultation_id == question.consultation_id,
            Submission.state.not_in(HIDDEN),
        )
        .order_by(Answer.id.desc())
        .limit(limit)
    )
    if before:
        query = query.where(Answer.id < before)
    return [(row.Answer, row.Submission) for row in db.session.execute(query)]
