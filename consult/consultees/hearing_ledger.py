"""The digest of a gathering for the ledger."""

from __future__ import annotations

from sqlalchemy import select

from consult.consultees.hearing_models import HearingChange, HearingLetter, HearingPaper
from consult.consultees.models import Attendance, Gathering
from consult.ledger.row_digests import digest_of, rows_of


def gathering_digest(id_: int) -> str:
    """Return the digest of a gathering with its attendances, papers, changes and letters."""
    letters = (
        select(*HearingLetter.__table__.c)
        .join(Attendance, Attendance.id == HearingLetter.attendance_id)
        .where(Attendance.gathering_id == id_)
        .order_by(HearingLetter.id)
    )
    return digest_of(
        rows_of(Gathering, "id", id_),
        rows_of(Attendance, "gathering_id", id_),
        rows_of(HearingPaper, "gathering_id", id_),
        rows_of(HearingChange, "gathering_id", id_),
        letters,
    )
