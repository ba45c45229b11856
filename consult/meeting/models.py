"""Facts that people state for the meeting, overrides, and states of the gate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.store import NOT_IN_RECORD, Base, JSONValue, UTCDateTime, big_id


class MeetingFact(Base):
    """A fact that isn't computed, with its evidence; the newest row of a ``name`` counts, none is overwritten."""

    __tablename__ = "meeting_fact"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    name: Mapped[str] = mapped_column(String(60))
    """Name of the field of ``consult.law.facts.Facts``."""
    value: Mapped[Any] = mapped_column(JSONValue)
    note: Mapped[str] = mapped_column(Text, default="")
    evidence_name: Mapped[str] = mapped_column(String(200), default="")
    evidence_digest: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """The other person who confirmed it."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    by: Mapped[User | None] = relationship(foreign_keys=[by_id])
    confirmed_by: Mapped[User | None] = relationship(foreign_keys=[confirmed_by_id])

    __table_args__ = (Index("ix_meeting_fact_name", "consultation_id", "name", "id"),)


class Override(Base):
    """A request that an unmet precondition passes by exception: by one person, approved by another."""

    __tablename__ = "precondition_override"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    precondition: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    finding: Mapped[str] = mapped_column("found", Text, default="")
    """Why the precondition was unmet then; the override doesn't apply to a different finding."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    document_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    document_digest: Mapped[str] = mapped_column(String(64), default="", server_default="")
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    by: Mapped[User] = relationship(foreign_keys=[by_id])
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id])


class GateSnapshot(Base):
    """The checks when a consultation was submitted; ``checks`` is null for submissions from before snapshots."""

    __tablename__ = "gate_snapshot"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    checks: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONValue)


class GateState(Base):
    """The last state of one precondition and since when; derived from the facts."""

    __tablename__ = "gate_state"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), primary_key=True)
    precondition: Mapped[str] = mapped_column(String(60), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    before: Mapped[str] = mapped_column(String(20))
    """The state before this one; empty at first."""
    since: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (
        Index("ix_gate_state_since", "state", "since"),
        {"info": {NOT_IN_RECORD: "follows from the gate"}},
    )
