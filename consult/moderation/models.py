"""Screening: the acts on a submission, and the public text that masking puts beside the original."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.store import Base, JSONValue, UTCDateTime, big_id, enum_of


class ScreeningKind(StrEnum):
    """What a moderator did."""

    TAKE_UP = "take_up"
    ACCEPT = "accept"
    REJECT = "reject"
    MARK_DUPLICATE = "mark_duplicate"
    MASK = "mask"
    UNDO = "undo"


class Screening(Base):
    """One act of a moderator on a submission; the newest that isn't undone holds."""

    __tablename__ = "screening"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[ScreeningKind] = mapped_column(enum_of(ScreeningKind))
    state_before: Mapped[SubmissionState] = mapped_column(enum_of(SubmissionState))
    state_after: Mapped[SubmissionState] = mapped_column(enum_of(SubmissionState))
    reason_id: Mapped[str] = mapped_column(String(40), default="")
    """Id of the rejection reason in the rules."""
    reason: Mapped[str] = mapped_column(Text, default="")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONValue)
    """Public texts before a masking, by part id, so that it can be undone."""
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("screening.id"))

    submission: Mapped[Submission] = relationship()
    by: Mapped[User | None] = relationship()


class PublicText(Base):
    """What may be printed of a part: written by moderation, beside the original."""

    __tablename__ = "public_text"

    part_id: Mapped[int] = mapped_column(ForeignKey("submission_part.id"), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    masked: Mapped[int] = mapped_column(default=0)
    """How many pieces of private data were masked."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    part: Mapped[SubmissionPart] = relationship()
