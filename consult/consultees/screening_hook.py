"""Screening hooks: a consultee is heard by a submission only while that is in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from consult.consultees.invitations import locked_place
from consult.consultees.standing_queries import affected_consultees
from consult.consultees.status import update_standings
from consult.intake.models import Submission


def lock_places(submissions: Sequence[Submission]) -> None:
    """Lock the list rows that depend on submissions, before the submissions are locked."""
    for consultation_id, consultee_id in affected_consultees([submission.id for submission in submissions]):
        locked_place(consultation_id, consultee_id)


def update_after_screening(submissions: Sequence[Submission], at: datetime) -> None:
    """Update the standings of consultees that depend on submissions or their duplicates."""
    for consultation_id, consultee_id in affected_consultees([submission.id for submission in submissions]):
        update_standings(consultation_id, [consultee_id])
