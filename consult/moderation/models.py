"""Screening: the acts on a submission, and the public text that masking puts beside the original."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.labels import Label, LabelledEnum
from consult.store import NOT_IN_RECORD, Base, JSONValue, UTCDateTime, big_id, enum_of


class ScreeningKind(LabelledEnum):
    """The kind of act of a moderator."""

    TAKE_UP = "take_up", Label("留待核实", "plain")
    ACCEPT = "accept", Label("通过", "plain")
    REJECT = "reject", Label("不予公开", "plain")
    MARK_DUPLICATE = "mark_duplicate", Label("标为重复", "plain")
    MASK = "mask", Label("修改公开文本", "plain")
    UNDO = "undo", Label("撤销", "plain")


class Screening(Base):
    """One act of a moderator on a submission; the newest that isn't undone is in effect."""

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
    """The public text of a part, written by moderation; the original is unchanged."""

    __tablename__ = "public_text"

    part_id: Mapped[int] = mapped_column(ForeignKey("submission_part.id"), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    masked: Mapped[int] = mapped_column(default=0)
    """How many pieces of private data were masked."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    part: Mapped[SubmissionPart] = relationship()


class PrivateData(Base):
    """Where private data stands in the texts of a submission; derived, can be detected again at any time."""

    __tablename__ = "private_data"
    __table_args__ = ({"info": {NOT_IN_RECORD: "follows from the submissions"}},)

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True, autoincrement=False)
    detector: Mapped[str] = mapped_column(String(16))
    """Version of the detector; what another one detected doesn't count."""
    spans: Mapped[dict[str, Any]] = mapped_column(JSONValue)
    """Kind, start and end of each datum, parted by blanks, by the ids of parts and answers."""
