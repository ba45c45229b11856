"""Questions on which units of government and the drafting unit reached no agreement (分歧意见)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.consultees.models import Response
from consult.store import Base, UTCDateTime, big_id


class Disagreement(Base):
    """A question without agreement: what each unit holds, what the drafting unit holds, why, and on what basis.

    《重大行政决策程序暂行条例》第十三条 has it reported with the draft. Later agreement is noted.
    """

    __tablename__ = "disagreement"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    question: Mapped[str] = mapped_column(Text)
    ours: Mapped[str] = mapped_column(Text)
    """The opinion of the drafting unit."""
    reason: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    settled_how: Mapped[str] = mapped_column(Text, default="")

    by: Mapped[User | None] = relationship(foreign_keys=[by_id])
    units: Mapped[list[UnitOpinion]] = relationship(order_by="UnitOpinion.id")


class UnitOpinion(Base):
    """What one unit of government holds, bound to the response that says so."""

    __tablename__ = "disagreement_unit"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    disagreement_id: Mapped[int] = mapped_column(ForeignKey("disagreement.id"))
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), index=True)
    words: Mapped[str] = mapped_column(Text)

    response: Mapped[Response] = relationship()

    __table_args__ = (UniqueConstraint("disagreement_id", "response_id"),)
