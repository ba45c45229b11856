"""The register of enterprises and associations, the list of those to be heard, invitations and responses."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.store import Base, JSONValue, UTCDateTime, big_id, enum_of


class ConsulteeKind(StrEnum):
    """What a consultee is."""

    ENTERPRISE = "enterprise"
    ASSOCIATION = "association"
    GROUP_ORGANISATION = "group_organisation"
    """A people's or social organisation that speaks for a particular group."""


class Size(StrEnum):
    """Size of an enterprise (大、中、小、微)."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    MICRO = "micro"


class Consultee(Base):
    """An enterprise or association on the register. Retired, never deleted."""

    __tablename__ = "consultee"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200), index=True)
    """The name without what varies in writing it (brackets, 有限公司 …), to find near-equal ones."""
    credit_code: Mapped[str | None] = mapped_column(String(18), unique=True)
    """Unified social credit code (GB 32100)."""
    kind: Mapped[ConsulteeKind] = mapped_column(enum_of(ConsulteeKind))
    size: Mapped[Size | None] = mapped_column(enum_of(Size))
    sector: Mapped[str] = mapped_column(String(1), default="")
    """Section of GB/T 4754, A to T."""
    region: Mapped[str] = mapped_column(String(80), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    retired_reason: Mapped[str] = mapped_column(Text, default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("consultee.id"))

    contacts: Mapped[list[Contact]] = relationship(back_populates="consultee", order_by="Contact.id")

    __table_args__ = (
        Index("ix_consultee_register", "retired_at", "id"),
        Index("ix_consultee_register_kind", "retired_at", "kind", "id"),
        Index("ix_consultee_proposal", "retired_at", "kind", "sector", "id", "region"),
        Index("ix_consultee_region", "region", "id"),
    )


class Contact(Base):
    """A person to write to at a consultee; a later row supersedes, none is deleted."""

    __tablename__ = "consultee_contact"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultee_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"), index=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    current: Mapped[bool] = mapped_column(default=True)

    consultee: Mapped[Consultee] = relationship(back_populates="contacts")


class Listed(Base):
    """A consultee on the list of those to be heard in one consultation, and why."""

    __tablename__ = "consultation_consultee"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    consultee_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"))
    why: Mapped[str] = mapped_column(Text)
    """Why it is on the list: the proposal's reasons, or the drafter's."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    removed_reason: Mapped[str] = mapped_column(Text, default="")
    standing: Mapped[str] = mapped_column(String(20), default="none")
    """Where it stands whatever the clock says (``consult.consultees.standing``); ``none``: not invited."""
    answer_by: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Deadline of the newest invitation."""
    counted: Mapped[str] = mapped_column(String(80), default="")
    """Under which value of the tally this row is counted; empty: not counted."""

    consultee: Mapped[Consultee] = relationship()

    __table_args__ = (
        UniqueConstraint("consultation_id", "consultee_id"),
        Index("ix_consultation_consultee_standing", "consultation_id", "standing", "id"),
        Index("ix_consultation_consultee_order", "consultation_id", "removed_at", "id"),
        Index("ix_consultation_consultee_consultee", "consultee_id"),
    )


class Method(StrEnum):
    """How an invitation goes out."""

    MAIL = "mail"
    LETTER = "letter"
    HAND = "hand"


class Invitation(Base):
    """A 征求意见函 to one consultee, with the personal link's token as a hash."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    consultee_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"), index=True)
    method: Mapped[Method] = mapped_column(enum_of(Method))
    email: Mapped[str] = mapped_column(String(254), default="")
    nonce: Mapped[str] = mapped_column(String(32))
    """The token is derived from this with the platform's secret, so that a reminder can carry the same link."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    token_expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer_by: Mapped[datetime] = mapped_column(UTCDateTime)
    """First moment after the deadline."""
    deadline_words: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    bounced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    bounced_why: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    declined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    declined_why: Mapped[str] = mapped_column(Text, default="")
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"))
    """Who was asked before, where another was invited instead."""

    consultation: Mapped[Consultation] = relationship()
    consultee: Mapped[Consultee] = relationship()
    responses: Mapped[list[Response]] = relationship(back_populates="invitation", order_by="Response.version")
    reminders: Mapped[list[Reminder]] = relationship(order_by="Reminder.id")

    __table_args__ = (Index("ix_invitation_consultation", "consultation_id", "consultee_id"),)


class Reminder(Base):
    """A reminder that went out: each rule's once for an invitation and a deadline."""

    __tablename__ = "invitation_reminder"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    rule: Mapped[str] = mapped_column(String(40))
    answer_by: Mapped[datetime] = mapped_column(UTCDateTime)
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("invitation_id", "rule", "answer_by"),)


class DeadlineExtension(Base):
    """A consultee got more time: asked why, granted by whom."""

    __tablename__ = "invitation_extension"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_why: Mapped[str] = mapped_column(Text, default="")
    granted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    refused_why: Mapped[str] = mapped_column(Text, default="")
    answer_by: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ResponseDraft(Base):
    """What an organisation has written and not yet sent: goes on another day, by another colleague."""

    __tablename__ = "response_draft"

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONValue)
    """``{"parts": [[anchor, content]…], "attachments": [{name, media_type, size, digest}…], "note": …}``."""
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    saved_by: Mapped[str] = mapped_column(String(80), default="")


class Response(Base):
    """A 复函: what came back, as a submission; "no opinion" counts as heard. A correction is a new version."""

    __tablename__ = "response"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    version: Mapped[int]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), unique=True)
    no_opinion: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(80), default="")
    """Who sent it: a member of the organisation, or the member of staff who entered it."""
    late: Mapped[bool] = mapped_column(default=False)

    invitation: Mapped[Invitation] = relationship(back_populates="responses")
    submission: Mapped[Submission] = relationship()

    __table_args__ = (UniqueConstraint("invitation_id", "version"),)


class MemberRole(StrEnum):
    """What a member of an organisation may do in the portal."""

    DRAFT = "draft"
    SEND = "send"


class Member(Base):
    """A person's account for an organisation in the portal; a former member gets in nowhere."""

    __tablename__ = "consultee_member"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultee_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"), index=True)
    username: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[MemberRole] = mapped_column(enum_of(MemberRole))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    consultee: Mapped[Consultee] = relationship()


class GatheringKind(StrEnum):
    """座谈会、听证会、论证会."""

    SYMPOSIUM = "symposium"
    HEARING = "hearing"
    EXPERT_ARGUMENT = "expert_argument"


class Gathering(Base):
    """A symposium, public hearing or expert argument: who was invited, who came, minutes, what was said."""

    __tablename__ = "gathering"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    kind: Mapped[GatheringKind] = mapped_column(enum_of(GatheringKind))
    title: Mapped[str] = mapped_column(String(200))
    place: Mapped[str] = mapped_column(String(200), default="")
    held_at: Mapped[datetime] = mapped_column(UTCDateTime)
    materials_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    minutes_name: Mapped[str] = mapped_column(String(200), default="")
    minutes_digest: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    attendances: Mapped[list[Attendance]] = relationship(order_by="Attendance.id")


class Attendance(Base):
    """Somebody invited to a gathering; ``came`` once it was held; what they said is a submission."""

    __tablename__ = "gathering_attendance"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    gathering_id: Mapped[int] = mapped_column(ForeignKey("gathering.id"), index=True)
    consultee_id: Mapped[int | None] = mapped_column(ForeignKey("consultee.id"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    came: Mapped[bool | None]
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), unique=True)
