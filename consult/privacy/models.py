"""Stubs of deleted personal data, what senders ask about theirs, and holds that keep a consultation's data."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.app_context import rules
from consult.calendars.in_force import calendar
from consult.clock import local
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.labels import Label, LabelledEnum
from consult.law import clocks
from consult.store import NOT_IN_RECORD, Base, UTCDateTime, big_id, enum_of

CLOCK = "personal-data-request"
"""Id of the row ``[[clock]]`` of requests."""


class Erasure(Base):
    """A stub: of what, under which row of the rules, personal data were deleted, and when."""

    __tablename__ = "personal_data_erasure"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    rule: Mapped[str] = mapped_column(String(40))
    """Id of the row ``[[retention]]``."""
    subject: Mapped[str] = mapped_column(String(80))
    """What the record names it by: ``submission:…``."""
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    file: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of a file that was deleted with it."""
    file_gone_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={NOT_IN_RECORD: "how far the run is"})
    """When the file was removed from the disk."""

    __table_args__ = (
        UniqueConstraint("rule", "subject"),
        Index("ix_personal_data_erasure_file_gone_at", "file_gone_at", "file"),
    )


class RequestKind(LabelledEnum, translated=True):
    """What a sender may ask to be done with personal data."""

    CORRECT = "correct", Label("更正姓名、联系方式", "plain")
    ERASE = "erase", Label("删除姓名、联系方式和原始表单", "plain")


class RequestState(LabelledEnum, translated=True):
    """How far a request is."""

    WAITING = "waiting", Label("待办理", "amber", public=Label("正在办理", "amber"))
    PROPOSED = "proposed", Label("待复核", "amber", public=Label("正在办理", "amber"))
    GRANTED = "granted", Label("已办理", "green")
    REFUSED = "refused", Label("不予办理", "seal")
    TAKEN_BACK = "taken_back", Label("已撤回", "plain")


class PrivacyRequest(Base):
    """What the holder of a receipt asks to be done with personal data, and what was decided, by whom, why."""

    __tablename__ = "privacy_request"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    kind: Mapped[RequestKind] = mapped_column(enum_of(RequestKind))
    state: Mapped[RequestState] = mapped_column(enum_of(RequestState))
    words: Mapped[str] = mapped_column(Text, default="")
    """Why, in the sender's words; deleted when it is decided, as is what is to be written."""
    new_name: Mapped[str] = mapped_column(String(200), default="")
    new_contact: Mapped[str] = mapped_column(String(300), default="")
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_on: Mapped[date | None]
    """The last local day for the decision as it was counted when it was asked; what is in force is ``due``."""
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    submission: Mapped[Submission] = relationship()
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
    confirmed_by: Mapped[User | None] = relationship(foreign_keys=[confirmed_by_id])

    __table_args__ = (Index("ix_privacy_request_state_due_on", "state", "due_on"),)

    @property
    def due(self) -> clocks.Clock:
        """The time for the decision, by the calendar in force."""
        return clocks.compute(rules().clocks[CLOCK], local(self.asked_at).date(), calendar())

    @property
    def due_day(self) -> date | None:
        """The last local day for the decision; provisional while the year's notice isn't out."""
        return self.due.day or self.due.provisional


class Hold(Base):
    """Nothing of a consultation is deleted while a complaint or lawsuit about it is pending."""

    __tablename__ = "retention_hold"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    lifted_reason: Mapped[str] = mapped_column(Text, default="")

    consultation: Mapped[Consultation] = relationship()
    by: Mapped[User | None] = relationship(foreign_keys=[by_id])
    lifted_by: Mapped[User | None] = relationship(foreign_keys=[lifted_by_id])
