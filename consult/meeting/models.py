"""Facts that people state for the meeting's file, and the legal division's overrides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.store import Base, JSONValue, UTCDateTime, big_id


class MeetingFact(Base):
    """A fact that no stage can compute (a review held, a risk assessment that doesn't apply), with its evidence.

    The newest row of a ``name`` holds; none is overwritten.
    """

    __tablename__ = "meeting_fact"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    name: Mapped[str] = mapped_column(String(60))
    """Name of the field of ``consult.law.preconditions.Facts``."""
    value: Mapped[Any] = mapped_column(JSONValue)
    note: Mapped[str] = mapped_column(Text, default="")
    evidence_name: Mapped[str] = mapped_column(String(200), default="")
    evidence_digest: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    by: Mapped[User | None] = relationship()

    __table_args__ = (Index("ix_meeting_fact_name", "consultation_id", "name", "id"),)


class Override(Base):
    """The legal division lets one unmet precondition pass, with a reason; it can be withdrawn."""

    __tablename__ = "precondition_override"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    precondition: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    found: Mapped[str] = mapped_column(Text, default="")
    """What was found unmet when it was let pass; when something else is found, it doesn't hold any more."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    by: Mapped[User] = relationship()
