"""A year's holiday notice as somebody entered it; a later row of the same year replaces it, none is changed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.store import Base, JSONValue, UTCDateTime, big_id


class CalendarNotice(Base):
    """The State Council's notice of a year: its days off and the weekend days that are worked instead (调休)."""

    __tablename__ = "calendar_notice"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    year: Mapped[int]
    rest: Mapped[list[str]] = mapped_column(JSONValue)
    """Days off, as ISO dates in order; weekends and statutory holidays among them."""
    work: Mapped[list[str]] = mapped_column(JSONValue)
    """Weekend days that are worked, as ISO dates in order."""
    basis: Mapped[str] = mapped_column(Text)
    """The notice as it is cited: its title and number."""
    issued_on: Mapped[date | None]
    url: Mapped[str] = mapped_column(String(500), default="")
    """Where it was published."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    by: Mapped[User | None] = relationship()

    @property
    def rest_days(self) -> tuple[date, ...]:
        """The days off."""
        return tuple(map(date.fromisoformat, self.rest))

    @property
    def work_days(self) -> tuple[date, ...]:
        """The weekend days that are worked."""
        return tuple(map(date.fromisoformat, self.work))
