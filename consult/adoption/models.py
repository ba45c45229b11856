"""Opinions, groups of them, and the decisions on both."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.intake.models import Submission, SubmissionPart
from consult.store import Base, UTCDateTime, big_id, enum_of


class Outcome(StrEnum):
    """What became of an opinion (采纳情况)."""

    ADOPTED = "adopted"
    PARTLY_ADOPTED = "partly_adopted"
    NOT_ADOPTED = "not_adopted"
    EXPLAINED = "explained"
    OUT_OF_SCOPE = "out_of_scope"


class DecisionState(StrEnum):
    """How far a decision is: proposed by its author, then reviewed by another person, or returned."""

    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    RETURNED = "returned"


class OpinionGroup(Base):
    """Opinions that say the same (归并意见)."""

    __tablename__ = "opinion_group"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    anchor: Mapped[str] = mapped_column(String(80), default="")
    title: Mapped[str] = mapped_column(String(300))
    concentrated: Mapped[bool] = mapped_column(default=False)
    """Above the threshold of the rules (较为集中)."""
    kept: Mapped[bool] = mapped_column(default=False, server_default=false())
    """A person made or changed it: grouping by the machine leaves it as it is."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    opinions: Mapped[list[Opinion]] = relationship(back_populates="group", order_by="Opinion.id")


class Opinion(Base):
    """One point out of an accepted submission, on one provision or on the whole (意见)."""

    __tablename__ = "opinion"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("submission_part.id"), index=True)
    anchor: Mapped[str] = mapped_column(String(80), default="")
    """Provision of the public version; empty for the whole."""
    content: Mapped[str] = mapped_column(Text)
    """The point as printed: the public text of the part, or the piece of it that a drafter set apart."""
    group_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_group.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn: Mapped[bool] = mapped_column(default=False)
    """Its submission is no longer accepted, or it was split: it stands no more, and isn't counted."""
    replaced: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Others stand in its place (its pieces, or the whole it was a piece of), also when its submission comes back."""
    alone: Mapped[bool] = mapped_column(default=False, server_default=false())
    """A person took it out of a group: grouping by the machine leaves it alone."""

    submission: Mapped[Submission] = relationship()
    part: Mapped[SubmissionPart] = relationship()
    group: Mapped[OpinionGroup | None] = relationship(back_populates="opinions")

    __table_args__ = (
        Index("ix_opinion_by_provision", "consultation_id", "anchor", "id"),
        Index("ix_opinion_by_key", "consultation_id", "id"),
    )


class Decision(Base):
    """What was decided on an opinion or on a group, why, by whom, confirmed by whom.

    Never overwritten: a new decision names the one it replaces. ``current`` marks the one that holds.
    """

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    opinion_id: Mapped[int | None] = mapped_column(ForeignKey("opinion.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_group.id"))
    outcome: Mapped[Outcome] = mapped_column(enum_of(Outcome))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[DecisionState] = mapped_column(enum_of(DecisionState))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    returned_reason: Mapped[str] = mapped_column(Text, default="")
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"))
    current: Mapped[bool] = mapped_column(default=True)

    opinion: Mapped[Opinion | None] = relationship()
    group: Mapped[OpinionGroup | None] = relationship()
    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewer_id])

    __table_args__ = (
        CheckConstraint("(opinion_id IS NULL) <> (group_id IS NULL)", name="on_one_thing"),
        Index("ix_decision_opinion", "opinion_id", "current"),
        Index("ix_decision_group", "group_id", "current"),
        Index("ix_decision_state", "consultation_id", "current", "state"),
        Index("ix_decision_author", "author_id", "id"),
    )
