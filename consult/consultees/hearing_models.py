"""What belongs to a gathering: its papers, the changes of its time and place, the letters to those invited."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.consultees.models import Attendance, Method
from consult.labels import Label, LabelledEnum
from consult.store import Base, UTCDateTime, big_id, enum_of


class HearingPaperRole(LabelledEnum):
    """What a paper of a gathering is."""

    MINUTES = "minutes", Label("会议笔录", "plain")
    SIGNED_RECORD = "signed_record", Label("经签字的听证会记录", "plain")
    """听证会记录 that the participants confirmed and signed (《重大行政决策程序暂行条例》第十七条第三项)."""
    NOTICE = "notice", Label("听证时间、地点公告", "plain")
    """Time and place of a hearing, published before it was held (第十六条第二款)."""
    SELECTION_RULE = "selection_rule", Label("听证参加人遴选办法", "plain")
    """遴选办法: how the participants are selected, published before it was held (第十六条第三款)."""
    PARTICIPANTS = "participants", Label("听证参加人名单", "plain")
    """The list of the participants, published before it was held (第十六条第三款)."""


class HearingPaper(Base):
    """A paper of a gathering, or a publication with its day and address; the newest of a role counts, none is lost."""

    __tablename__ = "gathering_paper"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    gathering_id: Mapped[int] = mapped_column(ForeignKey("gathering.id"), index=True)
    role: Mapped[HearingPaperRole] = mapped_column(enum_of(HearingPaperRole))
    name: Mapped[str] = mapped_column(String(200), default="")
    digest: Mapped[str] = mapped_column(String(64), default="", index=True)
    """SHA-256 of the file; empty where the publication is named by its address only."""
    address: Mapped[str] = mapped_column(String(500), default="")
    published_on: Mapped[date | None]
    """Local day on which it was published."""
    held_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """Time of the gathering as it was set when this was noted: a notice of an earlier time doesn't count."""
    place: Mapped[str] = mapped_column(String(200), default="")
    unnecessary: Mapped[str] = mapped_column(Text, default="")
    """Why nobody had to be selected."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class HearingChange(Base):
    """A gathering was moved: its time and place before and after, and why."""

    __tablename__ = "gathering_change"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    gathering_id: Mapped[int] = mapped_column(ForeignKey("gathering.id"), index=True)
    from_held_at: Mapped[datetime] = mapped_column(UTCDateTime)
    from_place: Mapped[str] = mapped_column(String(200), default="")
    to_held_at: Mapped[datetime] = mapped_column(UTCDateTime)
    to_place: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class LetterKind(LabelledEnum):
    """What a letter to somebody invited says."""

    INVITATION = "invitation", Label("会议通知", "plain")
    REMINDER = "reminder", Label("提醒", "plain")
    MOVED = "moved", Label("变更通知", "plain")
    CANCELLED = "cancelled", Label("取消通知", "plain")


class HearingLetter(Base):
    """A letter to somebody invited to a gathering; by mail it goes out once, on paper or by call it is noted."""

    __tablename__ = "gathering_letter"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    attendance_id: Mapped[int] = mapped_column(ForeignKey("gathering_attendance.id"))
    kind: Mapped[LetterKind] = mapped_column(enum_of(LetterKind))
    rule: Mapped[str] = mapped_column(String(40), default="")
    """Which rule a reminder follows."""
    held_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """The time that it names."""
    method: Mapped[Method] = mapped_column(enum_of(Method))
    email: Mapped[str] = mapped_column(String(254), default="")
    message_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    bounced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    bounced_why: Mapped[str] = mapped_column(Text, default="")
    lapsed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it was no longer to be sent, because the gathering was moved or cancelled."""

    attendance: Mapped[Attendance] = relationship()

    __table_args__ = (UniqueConstraint("attendance_id", "kind", "rule", "held_at"),)
