"""Archive packages that were asked for on the desk, and what was built."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.drafting.models import Consultation
from consult.store import NOT_IN_RECORD, Base, UTCDateTime, big_id


class ArchivePackage(Base):
    """One archive package: asked for, built by the worker, and removed again after its term; the row stays."""

    __tablename__ = "archive_package"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    built_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    digest: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the ZIP."""
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    """Bytes."""
    submissions: Mapped[int] = mapped_column(default=0)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failed: Mapped[str] = mapped_column(Text, default="", info={NOT_IN_RECORD: "how the work went"})
    """Why it couldn't be built, in Chinese."""

    consultation: Mapped[Consultation] = relationship()
    asked_by: Mapped[User | None] = relationship()
