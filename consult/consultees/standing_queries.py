"""The data behind standings: newest invitations, answers that count, statements at gatherings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, union_all
from sqlalchemy.orm import aliased

from consult.consultees import hearing_proof
from consult.consultees.models import Attendance, Gathering, Invitation, Response
from consult.consultees.register_history import Snapshot
from consult.consultees.response_kinds import COUNTING, ResponseStanding
from consult.intake.models import Submission, SubmissionState
from consult.store import db

IN_FORCE = (SubmissionState.RECEIVED, SubmissionState.SCREENING, SubmissionState.ACCEPTED)
"""States of a submission in force."""

_original = aliased(Submission)


def is_in_force(submission: Submission, consultation_id: int) -> bool:
    """Whether a submission is in force in a consultation: itself, or the one it duplicates."""
    if submission.consultation_id != consultation_id:
        return False
    if submission.state is SubmissionState.DUPLICATE and submission.duplicate_of is not None:
        return submission.duplicate_of.state in IN_FORCE
    return submission.state in IN_FORCE


def _in_force() -> ColumnElement[bool]:
    """The same as a condition of a query that joins the original as ``_original``."""
    repeats = and_(Submission.state == SubmissionState.DUPLICATE, _original.state.in_(IN_FORCE))
    return or_(Submission.state.in_(IN_FORCE), repeats)


@dataclass(frozen=True)
class Answer:
    """An answer that counts, with the snapshot of the register."""

    no_opinion: bool
    heard_as: Snapshot | None


def newest_invitations(consultation_id: int, ids: Collection[int]) -> dict[int, Invitation]:
    """Return each consultee's newest invitation."""
    newest = (
        select(func.max(Invitation.id))
        .where(Invitation.consultation_id == consultation_id, Invitation.consultee_id.in_(ids))
        .group_by(Invitation.consultee_id)
    )
    rows = db.session.scalars(select(Invitation).where(Invitation.id.in_(newest)))
    return {invitation.consultee_id: invitation for invitation in rows}


def answers(consultation_id: int, ids: Collection[int]) -> dict[int, list[Answer]]:
    """Return the answers of each consultee that count, oldest first."""
    query = (
        select(Invitation.consultee_id, Response.standing, Response.heard_as)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Submission, Submission.id == Response.submission_id)
        .outerjoin(_original, _original.id == Submission.duplicate_of_id)
        .where(
            Invitation.consultation_id == consultation_id,
            Invitation.consultee_id.in_(ids),
            Response.standing.in_(COUNTING),
            Submission.consultation_id == consultation_id,
            _in_force(),
        )
        .order_by(Response.id)
    )
    by_consultee: defaultdict[int, list[Answer]] = defaultdict(list)
    for consultee_id, standing, heard_as in db.session.execute(query):
        by_consultee[consultee_id].append(Answer(standing is ResponseStanding.NO_OPINION, heard_as))
    return by_consultee


def speakers(consultation_id: int, ids: Collection[int]) -> dict[int, Snapshot | None]:
    """Return the consultees that spoke at a gathering that counts, with the snapshot of the register."""
    query = (
        select(Gathering)
        .join(Attendance, Attendance.gathering_id == Gathering.id)
        .where(
            Gathering.consultation_id == consultation_id,
            Attendance.consultee_id.in_(ids),
            Attendance.submission_id.is_not(None),
        )
        .distinct()
        .order_by(Gathering.id.desc())
    )
    gatherings = [gathering for gathering in db.session.scalars(query) if not hearing_proof.why_not_proved(gathering)]
    return {
        attendance.consultee_id: attendance.heard_as
        for gathering in gatherings
        for attendance in hearing_proof.spoke(gathering)
        if attendance.consultee_id is not None and attendance.consultee_id in ids
    }


def affected_consultees(submission_ids: Iterable[int]) -> list[tuple[int, int]]:
    """Return (consultation, consultee) of the standings that depend on these submissions or their duplicates."""
    ids = list(submission_ids)
    either = or_(Submission.id.in_(ids), Submission.duplicate_of_id.in_(ids))
    answered = (
        select(Invitation.consultation_id, Invitation.consultee_id)
        .join(Response, Response.invitation_id == Invitation.id)
        .join(Submission, Submission.id == Response.submission_id)
        .where(either)
    )
    spoken = (
        select(Gathering.consultation_id, Attendance.consultee_id)
        .join(Attendance, Attendance.gathering_id == Gathering.id)
        .join(Submission, Submission.id == Attendance.submission_id)
        .where(either, Attendance.consultee_id.is_not(None))
    )
    rows: Iterable[Any] = db.session.execute(union_all(answered, spoken))
    return sorted({(consultation_id, consultee_id) for consultation_id, consultee_id in rows})
