"""Saved groups of consultees: those that a division asks again and again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import Division
from consult.consultees.models import Consultee
from consult.store import Base, UTCDateTime, big_id


class ConsulteeGroup(Base):
    """A named group of consultees, of a division or of all. Retired, never deleted."""

    __tablename__ = "consultee_group"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    """The division whose group it is; None: everybody's."""
    name: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    division: Mapped[Division | None] = relationship()
    members: Mapped[list[GroupMember]] = relationship(order_by="GroupMember.id")


class GroupMember(Base):
    """A consultee in a saved group."""

    __tablename__ = "consultee_group_member"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("consultee_group.id"), index=True)
    consultee_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"), index=True)

    consultee: Mapped[Consultee] = relationship()
