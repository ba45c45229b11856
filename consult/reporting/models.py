"""The feedback report (意见采纳情况反馈): frozen, reviewed, published."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.drafting.models import Consultation
from consult.store import Base, JSONValue, UTCDateTime, big_id, enum_of


class ReportState(StrEnum):
    """How far a report is."""

    COMPILED = "compiled"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class FeedbackReport(Base):
    """One version of the account of what came in, what was adopted and why the rest was not.

    ``snapshot`` holds everything that is printed; once published, nothing of it changes. A correction is a new version
    that names the one it replaces.
    """

    __tablename__ = "feedback_report"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    version: Mapped[int]
    state: Mapped[ReportState] = mapped_column(enum_of(ReportState))
    statement: Mapped[str] = mapped_column(Text, default="")
    """Free words of the department, printed above the figures."""
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONValue)
    digest: Mapped[str] = mapped_column(String(64))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("feedback_report.id"))
    correction_reason: Mapped[str] = mapped_column(Text, default="")
    compiled_at: Mapped[datetime] = mapped_column(UTCDateTime)
    compiled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    files: Mapped[dict[str, str]] = mapped_column(JSONValue, default=dict)
    """Blob digest of each published file, by its extension."""

    consultation: Mapped[Consultation] = relationship()
    compiled_by: Mapped[User | None] = relationship(foreign_keys=[compiled_by_id])
    reviewed_by: Mapped[User | None] = relationship(foreign_keys=[reviewed_by_id])
    published_by: Mapped[User | None] = relationship(foreign_keys=[published_by_id])
    replaces: Mapped[FeedbackReport | None] = relationship(remote_side="FeedbackReport.id")

    __table_args__ = (UniqueConstraint("consultation_id", "version"),)


class ReportRow(Base):
    """One line of a report's table: what was printed of one opinion and of the decision on it."""

    __tablename__ = "report_row"

    report_id: Mapped[int] = mapped_column(ForeignKey("feedback_report.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """序号, from 1."""
    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), index=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    anchor: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(120))
    """The provision in words; 整个草案 for the whole."""
    sender: Mapped[str] = mapped_column(String(200))
    """As printed: masked unless the sender released the name."""
    sender_kind: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(32))
    content: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    late: Mapped[bool] = mapped_column(default=False)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_group.id"))
