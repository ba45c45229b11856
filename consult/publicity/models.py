"""Kits that were asked for and drawn; a later one replaces an earlier one, none is overwritten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.drafting.models import Consultation, PublicText
from consult.store import NOT_IN_RECORD, Base, JSONValue, UTCDateTime, big_id, enum_of


class PublicityKit(Base):
    """A kit about one public text: when it was asked for, and, once the worker has drawn it, its files."""

    __tablename__ = "publicity_kit"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    about: Mapped[PublicText] = mapped_column(enum_of(PublicText))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """NULL: the platform, because the text had become public or had changed."""
    basis: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the words that were drawn: a kit whose words are others by now is out of date."""
    files: Mapped[dict[str, str]] = mapped_column(JSONValue, default=dict)
    """Digest of each file by its name; empty until they are drawn."""
    drawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime, info={NOT_IN_RECORD: "how far the work is"})
    """When its words were last compared with the public pages without a difference, or it was asked for."""
    failed: Mapped[str] = mapped_column(Text, default="", info={NOT_IN_RECORD: "how the work went"})
    """Why they couldn't be drawn, in Chinese."""

    consultation: Mapped[Consultation] = relationship()
    asked_by: Mapped[User | None] = relationship()

    __table_args__ = (Index("ix_publicity_kit_about", "consultation_id", "about", "id"),)
