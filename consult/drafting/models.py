"""A consultation, the versions of its draft, their provisions, and the acts on its period."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column, object_session, relationship

from consult.accounts.models import Division, User
from consult.store import Base, JSONValue, UTCDateTime, big_id, enum_of


class Stage(StrEnum):
    """What is stored of a consultation's state; what follows from the clock is computed (``State``)."""

    DRAFTING = "drafting"
    IN_REVIEW = "in_review"
    RELEASED = "released"
    FEEDBACK_REVIEW = "feedback_review"
    FEEDBACK_PUBLISHED = "feedback_published"
    SUBMITTED_TO_MEETING = "submitted_to_meeting"
    PROMULGATED = "promulgated"
    WITHDRAWN = "withdrawn"


class State(StrEnum):
    """The state of a consultation as people see it (product.md, States)."""

    DRAFTING = "drafting"
    IN_REVIEW = "in_review"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    FEEDBACK_REVIEW = "feedback_review"
    FEEDBACK_PUBLISHED = "feedback_published"
    SUBMITTED_TO_MEETING = "submitted_to_meeting"
    PROMULGATED = "promulgated"
    WITHDRAWN = "withdrawn"


class VersionKind(StrEnum):
    """What a draft version is for (稿)."""

    FOR_COMMENT = "for_comment"
    REVISED = "revised"
    FOR_SUBMISSION = "for_submission"
    PROMULGATED = "promulgated"
    IN_FORCE = "in_force"
    """The text in force that the draft revises: to compare with, not a version of the draft."""


class Consultation(Base):
    """One draft put out for opinions: notice, period, channels, state."""

    __tablename__ = "consultation"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    """Id of the kind of document in the rules."""
    enterprise_related: Mapped[bool] = mapped_column(default=False)
    summary: Mapped[str] = mapped_column(String(300), default="")
    notice_html: Mapped[str] = mapped_column(Text, default="")
    explanation_html: Mapped[str] = mapped_column(Text, default="")
    mail_phrase: Mapped[str] = mapped_column(String(80), default="")
    """Words that the notice asks for in the subject of a mail."""
    contact: Mapped[str] = mapped_column(String(300), default="")
    """Where letters and calls go: published with the notice."""
    stage: Mapped[Stage] = mapped_column(enum_of(Stage), default=Stage.DRAFTING)
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """First moment after the period: what comes at or after it is late."""
    period_days: Mapped[int | None]
    period_words: Mapped[str] = mapped_column(Text, default="")
    """How the period was counted, in words, as it was at the publication or the last extension."""
    period_basis: Mapped[str] = mapped_column(Text, default="")
    shortened_reason: Mapped[str] = mapped_column(Text, default="")
    returned_reason: Mapped[str] = mapped_column(Text, default="")
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")
    public_version_id: Mapped[int | None] = mapped_column(big_id)
    """The version out for comment; no constraint, since version and consultation name each other."""

    division: Mapped[Division | None] = relationship()
    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewer_id])
    versions: Mapped[list[DraftVersion]] = relationship(
        back_populates="consultation",
        foreign_keys="DraftVersion.consultation_id",
        order_by="DraftVersion.number",
    )
    public_version: Mapped[DraftVersion | None] = relationship(
        primaryjoin="foreign(Consultation.public_version_id) == DraftVersion.id", post_update=True
    )
    extensions: Mapped[list[PeriodExtension]] = relationship(order_by="PeriodExtension.id")
    grants: Mapped[list[Grant]] = relationship()

    __table_args__ = (Index("ix_consultation_stage_closes_at", "stage", "closes_at"),)

    @property
    def given_to(self) -> frozenset[int]:
        """Ids of the users outside the division that this consultation was given to."""
        return frozenset(grant.user_id for grant in self.grants)

    def state(self, at: datetime) -> State:
        """Return the state at an aware moment; whether a period is open follows from the clock alone."""
        if self.stage is not Stage.RELEASED:
            return State(self.stage.value)
        if self.opens_at is None or self.closes_at is None or at < self.opens_at:
            return State.SCHEDULED
        return State.OPEN if at < self.closes_at else State.CLOSED

    def is_public(self, at: datetime) -> bool:
        """Whether everybody may see it at ``at``: it was released and has opened, even if withdrawn since."""
        return self.opens_at is not None and self.opens_at <= at


class DraftVersion(Base):
    """One text of the document, parsed into provisions. Its file and text never change."""

    __tablename__ = "draft_version"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    number: Mapped[int]
    kind: Mapped[VersionKind] = mapped_column(enum_of(VersionKind))
    title: Mapped[str] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(String(200))
    file_digest: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSONValue)
    uploaded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    consultation: Mapped[Consultation] = relationship(back_populates="versions", foreign_keys=[consultation_id])
    provisions: Mapped[list[ProvisionRow]] = relationship(
        back_populates="version", order_by="ProvisionRow.position", cascade="all, delete-orphan"
    )

    __table_args__ = (UniqueConstraint("consultation_id", "number"),)


class ProvisionRow(Base):
    """A provision of a stored version; ``consult.text.provisions.Provision`` is its parsed form."""

    __tablename__ = "provision"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    position: Mapped[int]
    """Place in document order, from 0."""
    depth: Mapped[int]
    anchor: Mapped[str] = mapped_column(String(80))
    parent_anchor: Mapped[str | None] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(24))
    number: Mapped[str] = mapped_column(String(40))
    heading: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)

    version: Mapped[DraftVersion] = relationship(back_populates="provisions")

    __table_args__ = (
        UniqueConstraint("version_id", "anchor"),
        Index("ix_provision_version_id_position", "version_id", "position"),
    )


class FrozenText(Exception):
    """Something tried to change a stored version of a draft; a correction is a new version."""


@event.listens_for(DraftVersion, "before_update")
@event.listens_for(ProvisionRow, "before_update")
def _refuse_change(_mapper: Mapper[Any], _connection: Connection, row: DraftVersion | ProvisionRow) -> None:
    session = object_session(row)
    if session is not None and session.is_modified(row, include_collections=False):
        raise FrozenText(f"{type(row).__name__} {row.id} is stored and never changes")


class PeriodExtension(Base):
    """The act of extending a period: when, why, from when to when."""

    __tablename__ = "period_extension"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closes_before: Mapped[datetime] = mapped_column(UTCDateTime)
    closes_after: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(Text)


class Grant(Base):
    """A consultation given to a user outside its division, for screening or another part of the work."""

    __tablename__ = "consultation_grant"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class InstrumentRow(Base):
    """One version of an instrument in the register (``consult.text.instruments.Instrument`` in the core)."""

    __tablename__ = "instrument"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    level: Mapped[str] = mapped_column(String(40), default="")
    name: Mapped[str] = mapped_column(String(300), index=True)
    adopted_on: Mapped[date | None]
    in_force_from: Mapped[date | None]
    expired: Mapped[bool] = mapped_column(default=False)
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)
