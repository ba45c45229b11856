"""Whom submissions speak for: the organisation that answered an invitation, or that spoke at a meeting."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from consult.consultees.models import Attendance, Consultee, Invitation, Response
from consult.intake.models import Submission
from consult.store import db


def names(submission_ids: Collection[int]) -> dict[int, str]:
    """Return the names of the consultees that these submissions speak for, by submission; others are left out."""
    ids = set(submission_ids)
    answered = (
        select(Response.submission_id, Consultee.name)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Consultee, Consultee.id == Invitation.consultee_id)
        .where(Response.submission_id.in_(ids))
    )
    spoken = (
        select(Submission.id, Consultee.name)
        .join(Attendance, Attendance.submission_id == Submission.id)
        .join(Consultee, Consultee.id == Attendance.consultee_id)
        .where(Attendance.submission_id.in_(ids))
    )
    return {row[0]: row[1] for query in (answered, spoken) for row in db.session.execute(query)} if ids else {}
