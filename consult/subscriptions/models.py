"""Who asked for which letters, until they say that it is enough."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.labels import Label, LabelledEnum
from consult.store import NOT_IN_RECORD, Base, UTCDateTime, big_id, enum_of


class Scope(LabelledEnum, translated=True):
    """What a subscription is about."""

    ALL = "all", Label("全部征求意见", "plain")
    WORDS = "words", Label("标题或者摘要里有这些字的", "plain")
    CONSULTATION = "consultation", Label("这一件征求意见", "plain")


class Subscription(Base):
    """An address that gets news of openings, extensions, ends and results, once its holder has confirmed it."""

    __tablename__ = "subscription"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    address: Mapped[str] = mapped_column(String(320))
    """Lower case; empty once it has ended."""
    scope: Mapped[Scope] = mapped_column(enum_of(Scope))
    words: Mapped[str] = mapped_column(String(40), default="")
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"), index=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    """Confirms and ends it; in no page but those that it opens."""
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    consultation: Mapped[Consultation | None] = relationship()

    __table_args__ = (
        CheckConstraint("(scope = 'consultation') = (consultation_id IS NOT NULL)", name="of_one_consultation"),
        Index("ix_subscription_address", "address"),
        {"info": {NOT_IN_RECORD: "a wish of its holder, who alone makes and ends it; nothing rests on it"}},
    )


class LetterWish(Base):
    """A sender who wants the receipt, and later the decisions, by mail."""

    __tablename__ = "letter_wish"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(String(320))
    """Lower case; empty once it has ended."""
    token: Mapped[str] = mapped_column(String(43), unique=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    submission: Mapped[Submission] = relationship()

    __table_args__ = ({"info": {NOT_IN_RECORD: "a wish of the sender alone; nothing rests on it"}},)
