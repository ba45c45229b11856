"""Reviews, their papers, the points that they raise, and the pauses of their time."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.drafting.models import DraftVersion
from consult.labels import Label, LabelledEnum
from consult.law.reviews import Conclusion, ReviewKind
from consult.ledger.row_digests import BEFORE
from consult.store import Base, JSONValue, UTCDateTime, big_id, enum_of


class PaperRole(LabelledEnum):
    """What a paper of a review is."""

    MATERIAL = "material", Label("送审材料", "plain")
    """Handed in with the request (送审材料)."""
    OPINION = "opinion", Label("审查意见或者报告", "plain")
    """The reviewer's opinion or report."""
    EXPERT_OPINION = "expert_opinion", Label("专家书面意见", "plain")
    """An expert's written opinion, signed or sealed (《重大行政决策程序暂行条例》第十九条)."""
    COUNSEL_OPINION = "counsel_opinion", Label("法律顾问、公职律师意见", "plain")
    """The opinion of 法律顾问、公职律师 (第二十八条)."""
    REGULATOR_OPINION = "regulator_opinion", Label("市场监管部门审查意见", "plain")
    """The market regulator's 审查意见 (《公平竞争审查条例》第十四条)."""
    EMERGENCY = "emergency", Label("提前送审的说明", "plain")
    """Why the draft was sent before the comment period had ended."""


class StandardFinding(LabelledEnum):
    """What was found of one standard of the fair-competition review."""

    CLEAR = "clear", Label("不含有", "green")
    EXCEPTED = "excepted", Label("含有，适用例外规定", "amber")
    VIOLATED = "violated", Label("含有，违反标准", "seal")


class Review(Base):
    """One review of one version: asked for, perhaps paused, concluded. Never overwritten; another is another row."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    kind: Mapped[ReviewKind] = mapped_column(enum_of(ReviewKind))
    version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    version_digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the version's file, as it was reviewed."""
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    sent_on: Mapped[date | None]
    """Local day on which the draft went to the reviewer."""
    due_on: Mapped[date | None]
    early_reason: Mapped[str] = mapped_column(Text, default="")
    """Why it was sent before the comment period had ended."""
    returned_on: Mapped[date | None]
    conclusion: Mapped[Conclusion | None] = mapped_column(enum_of(Conclusion))
    concluded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewing_unit: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    article: Mapped[str] = mapped_column(String(80), default="")
    """The item that an exception rests on (《公平竞争审查条例》第十二条)."""
    alternatives: Mapped[str] = mapped_column(Text, default="")
    """Which milder measures were weighed, and why none would do."""
    until: Mapped[date | None]
    end_condition: Mapped[str] = mapped_column(Text, default="")
    standards: Mapped[dict[str, str]] = mapped_column(JSONValue, default=dict, info={BEFORE: {}})
    """What was found of each standard of fair competition, by the id of its row (``StandardFinding``)."""
    hearing_id: Mapped[int | None] = mapped_column(ForeignKey("gathering.id"))
    """The expert meeting that the conclusion rests on."""
    confirms_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"))
    """The review of an earlier version that this one confirms for another, on the comparison of the two."""
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")

    version: Mapped[DraftVersion] = relationship()
    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewer_id])
    papers: Mapped[list[ReviewPaper]] = relationship(back_populates="review", order_by="ReviewPaper.id")
    points: Mapped[list[ReviewPoint]] = relationship(order_by="ReviewPoint.id")
    pauses: Mapped[list[ReviewPause]] = relationship(order_by="ReviewPause.id")

    __table_args__ = (Index("ix_review_consultation_kind", "consultation_id", "kind", "id"),)


class ReviewPaper(Base):
    """A paper of a review."""

    __tablename__ = "review_paper"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), index=True)
    role: Mapped[PaperRole] = mapped_column(enum_of(PaperRole))
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    item: Mapped[str] = mapped_column(String(40), default="", info={BEFORE: ""})
    """The item of the checklist that it was handed in for: the id of a row ``[[material]]`` of the rules."""
    signatory: Mapped[str] = mapped_column(String(80), default="")
    """Who signed an expert's opinion."""
    interest: Mapped[str] = mapped_column(Text, default="")
    """A direct interest of the signatory in the matter, in words; empty: asked, and none (第二十条)."""

    review: Mapped[Review] = relationship(back_populates="papers")


class ReviewPoint(Base):
    """One point of a review, and what the drafting division did about it."""

    __tablename__ = "review_point"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    done: Mapped[str] = mapped_column(Text, default="")
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    __table_args__ = (UniqueConstraint("review_id", "number"),)


class ReviewPause(Base):
    """The material was incomplete: the clock stops until it is complete (补正)."""

    __tablename__ = "review_pause"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), index=True)
    from_on: Mapped[date]
    lacking: Mapped[str] = mapped_column(Text)
    until_on: Mapped[date | None]
