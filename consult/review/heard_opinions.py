"""Whom the fair-competition review rests on: which organisations were heard, how, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import product

from sqlalchemy import select

from consult.adoption.models import DecisionState, Opinion, Outcome
from consult.adoption.queries import decision_words, effective, with_decision
from consult.clock import local
from consult.consultees import hearing_proof
from consult.consultees.models import Gathering, Invitation, Response
from consult.consultees.response_kinds import COUNTING, ResponseStanding
from consult.consultees.standing_queries import is_in_force
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.law.periods import in_words
from consult.store import db

HeardRow = tuple[str, str, str, str]
"""Organisation, way, day, and what became of what it said."""
Decided = tuple[Outcome | None, DecisionState | None]
STATES = (DecisionState.REVIEWED, DecisionState.PROPOSED, DecisionState.RETURNED)
IN_ORDER: tuple[Decided, ...] = (*product(Outcome, STATES), (None, None))


def organisations(consultation: Consultation) -> list[HeardRow]:
    """Return every confirmed answer that is in force, by invitation, and what was said at meetings that count."""
    outcomes = _outcomes(consultation)
    answered = [
        (
            response.invitation.consultee.name,
            response.way.label.words,
            in_words(local(response.submission.received_at).date()),
            _became(response.submission, outcomes, no_opinion=response.standing is ResponseStanding.NO_OPINION),
        )
        for response in _responses(consultation)
        if response.standing in COUNTING and is_in_force(response.submission, consultation.id)
    ]
    return answered + [
        (
            attendance.name,
            gathering.kind.label.words,
            in_words(local(gathering.held_at).date()),
            _became(attendance.submission, outcomes, no_opinion=attendance.no_opinion),
        )
        for gathering in _gatherings(consultation)
        for attendance in hearing_proof.spoke(gathering)
        if attendance.consultee_id is not None and attendance.submission is not None
    ]


def _responses(consultation: Consultation) -> Iterable[Response]:
    query = (
        select(Response)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.consultation_id == consultation.id)
        .order_by(Invitation.id, Response.version)
    )
    return db.session.scalars(query)


def _gatherings(consultation: Consultation) -> Iterable[Gathering]:
    query = select(Gathering).where(Gathering.consultation_id == consultation.id).order_by(Gathering.held_at)
    return [gathering for gathering in db.session.scalars(query) if not hearing_proof.why_not_proved(gathering)]


def _became(submission: Submission, outcomes: dict[int, Counter[Decided]], *, no_opinion: bool) -> str:
    """Say what became of a submission: its opinions and what was decided, and how many questions it answers."""
    answers = len(submission.answers)
    counts = outcomes.get(submission.duplicate_of_id or submission.id, Counter())
    opinions = "无意见" if no_opinion else _in_words(counts) if counts or not answers else ""
    return "；".join(words for words in (opinions, f"回答问题{answers}个" if answers else "") if words)


def public(consultation: Consultation) -> str:
    """Return in words what the public said and what became of it; empty where nothing came in."""
    theirs = {response.submission_id for response in _responses(consultation)}
    theirs |= {
        attendance.submission_id
        for gathering in _gatherings(consultation)
        for attendance in gathering.attendances
        if attendance.consultee_id is not None and attendance.submission_id is not None
    }
    counts: Counter[Decided] = Counter()
    for submission_id, counted in _outcomes(consultation).items():
        if submission_id not in theirs:
            counts.update(counted)
    return _in_words(counts) if counts else ""


def _outcomes(consultation: Consultation) -> dict[int, Counter[Decided]]:
    columns = (Opinion.submission_id, effective("outcome"), effective("state"))
    query = with_decision(*columns).where(Opinion.consultation_id == consultation.id)
    outcomes: dict[int, Counter[Decided]] = {}
    for submission_id, outcome, state in db.session.execute(query):
        decided = (Outcome(outcome), DecisionState(state)) if outcome else (None, None)
        outcomes.setdefault(submission_id, Counter())[decided] += 1
    return outcomes


def _in_words(counts: Counter[Decided]) -> str:
    parts = [f"{decision_words(*decided)}{counts[decided]}条" for decided in IN_ORDER if counts[decided]]
    return f"提出意见{counts.total()}条：{'，'.join(parts)}" if parts else "提出意见"
