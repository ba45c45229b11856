"""The papers and publications of a gathering; the newest of each role counts."""

from __future__ import annotations

from sqlalchemy import select

from consult.consultees.hearing_models import HearingChange, HearingPaper, HearingPaperRole
from consult.consultees.models import Gathering
from consult.store import db

PUBLISHED = (HearingPaperRole.NOTICE, HearingPaperRole.SELECTION_RULE, HearingPaperRole.PARTICIPANTS)
"""What must be published before a public hearing."""


def of(gathering: Gathering) -> list[HearingPaper]:
    """Return every paper of a gathering, oldest first."""
    query = select(HearingPaper).where(HearingPaper.gathering_id == gathering.id).order_by(HearingPaper.id)
    return list(db.session.scalars(query))


def newest(gathering: Gathering) -> dict[HearingPaperRole, HearingPaper]:
    """Return the newest paper of each role."""
    return {paper.role: paper for paper in of(gathering)}


def changes_of(gathering: Gathering) -> list[HearingChange]:
    """Return the changes of a gathering's time and place, oldest first."""
    query = select(HearingChange).where(HearingChange.gathering_id == gathering.id).order_by(HearingChange.id)
    return list(db.session.scalars(query))
