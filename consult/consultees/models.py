"""The register of enterprises and associations, the list of those to be heard, invitations and responses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.consultees.response_kinds import ResponseStanding, Way
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.labels import Label, LabelledEnum
from consult.ledger.row_digests import BEFORE
from consult.store import NOT_IN_RECORD, Base, JSONValue, UTCDateTime, big_id, enum_of


class ConsulteeKind(LabelledEnum):
    """What a consultee is."""

    ENTERPRISE = "enterprise", Label("企业", "plain")
    ASSOCIATION = "association", Label("行业协会商会", "plain")
    GROUP_ORGANISATION = "group_organisation", Label("人民团体、社会组织", "plain")
    """A people's or social organisation that represents a particular group."""
    GOVERNMENT_UNIT = "government_unit", Label("机关单位", "plain")
    """Another unit of government, whose opinion is asked (会签、征求部门意见); counted apart from all others."""


class Size(LabelledEnum):
    """Size of an enterprise (大、中、小、微)."""

    LARGE = "large", Label("大型", "plain")
    MEDIUM = "medium", Label("中型", "plain")
    SMALL = "small", Label("小型", "plain")
    MICRO = "micro", Label("微型", "plain")


class Ownership(LabelledEnum):
    """Who owns an enterprise (国有、民营、外资、集体)."""

    STATE = "state", Label("国有", "plain")
    PRIVATE = "private", Label("民营", "plain")
    FOREIGN = "foreign", Label("外资", "plain")
    COLLECTIVE = "collective", Label("集体", "plain")


class Consultee(Base):
    """An enterprise, association, organisation or unit of government on the register. Retired, never deleted."""

    __tablename__ = "consultee"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200), index=True, info={NOT_IN_RECORD: "follows from the name"})
    """The name without what varies in writing it (brackets, 有限公司 …), to find near-equal ones."""
    credit_code: Mapped[str | None] = mapped_column(String(18), unique=True)
    """Unified social credit code (GB 32100)."""
    kind: Mapped[ConsulteeKind] = mapped_column(enum_of(ConsulteeKind))
    size: Mapped[Size | None] = mapped_column(enum_of(Size))
    sector: Mapped[str] = mapped_column(String(1), default="")
    """Section of GB/T 4754, A to T."""
    ownership: Mapped[Ownership | None] = mapped_column(enum_of(Ownership))
    labour_intensive: Mapped[bool | None]
    """Whether it is labour-intensive (劳动密集型); None: unknown."""
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
        Index(
            "ix_consultee_retired",
            "id",
            sqlite_where=text("retired_at IS NOT NULL"),
            postgresql_where=text("retired_at IS NOT NULL"),
        ),
    )


class NameKey(Base):
    """A key by which doubles of a consultee's name are looked up (``consult.text.organisation_names``)."""

    __tablename__ = "consultee_name_key"
    __table_args__ = ({"info": {NOT_IN_RECORD: "follows from the names"}},)

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    consultee_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"), primary_key=True, index=True)


class NameRun(Base):
    """Adjacent characters of a consultee's name, to find parts of it (``consult.consultees.name_search``)."""

    __tablename__ = "consultee_name_run"
    __table_args__ = ({"info": {NOT_IN_RECORD: "follows from the names"}},)

    run: Mapped[str] = mapped_column(String(3), primary_key=True)
    consultee_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"), primary_key=True, index=True)


class SuspectedDouble(Base):
    """Two consultees that may be the same by their names, until they are merged or marked as distinct."""

    __tablename__ = "consultee_suspected_double"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"), index=True)
    because: Mapped[str] = mapped_column(String(80))
    found_at: Mapped[datetime] = mapped_column(UTCDateTime)
    distinct_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When they were marked as distinct; a change of either name resets it."""
    distinct_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    distinct_reason: Mapped[str] = mapped_column(Text, default="")

    first: Mapped[Consultee] = relationship(foreign_keys=[first_id])
    second: Mapped[Consultee] = relationship(foreign_keys=[second_id])

    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        Index("ix_consultee_suspected_double_open", "distinct_at", "id"),
    )


class RegisterCorrection(Base):
    """A correction of the register: unlike a change, it also applies to earlier hearings."""

    __tablename__ = "consultee_correction"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultee_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(Text)
    changes: Mapped[dict[str, list[str]]] = mapped_column(JSONValue)
    """``{field: [as it was registered, as it should have been]}``."""


class Contact(Base):
    """A person to write to at a consultee; a later row supersedes, none is deleted."""

    __tablename__ = "consultee_contact"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultee_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"), index=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    current: Mapped[bool] = mapped_column(default=True)
    superseded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

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
    """Standing regardless of the clock (``consult.consultees.status``); ``none``: not invited."""
    answer_by: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Deadline of the newest invitation."""
    counted: Mapped[str] = mapped_column(String(80), default="")
    """The value of the counter in which this row is counted; empty: not counted."""

    consultee: Mapped[Consultee] = relationship()

    __table_args__ = (
        UniqueConstraint("consultation_id", "consultee_id"),
        Index("ix_consultation_consultee_standing", "consultation_id", "standing", "id"),
        Index("ix_consultation_consultee_order", "consultation_id", "removed_at", "id"),
        Index("ix_consultation_consultee_consultee", "consultee_id"),
    )


class Method(LabelledEnum):
    """How an invitation goes out."""

    MAIL = "mail", Label("邮件", "plain")
    LETTER = "letter", Label("信函", "plain")
    HAND = "hand", Label("当面送达", "plain")


class Invitation(Base):
    """A 征求意见函 to one consultee, with the personal link's token as a hash."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    consultee_id: Mapped[int] = mapped_column(ForeignKey("consultee.id"), index=True)
    method: Mapped[Method] = mapped_column(enum_of(Method))
    email: Mapped[str] = mapped_column(String(254), default="")
    nonce: Mapped[str] = mapped_column(String(32))
    """The token is derived from this and the secret key, so that a reminder contains the same link."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    token_expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer_by: Mapped[datetime] = mapped_column(UTCDateTime)
    """The deadline, exclusive."""
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
    """The earlier invitation that this one replaces."""
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("official_letter.id"), index=True, info={BEFORE: None})
    """The official letter that it goes out with; None: the plain letter without a 发文字号."""
    round: Mapped[int] = mapped_column(default=1, server_default="1", info={BEFORE: 1})
    """1 on the draft that the public reads; 2 and more on a revised one."""
    sent_digest: Mapped[str] = mapped_column(String(64), default="", server_default="", info={BEFORE: ""})
    """SHA-256 of the sealed letter that went out by mail; empty where it had no seal."""
    paper_asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={BEFORE: None})
    """When the organisation asked for the letter on paper, through the portal."""
    paper_address: Mapped[str] = mapped_column(String(300), default="", server_default="", info={BEFORE: ""})
    paper_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={BEFORE: None})

    consultation: Mapped[Consultation] = relationship()
    consultee: Mapped[Consultee] = relationship()
    responses: Mapped[list[Response]] = relationship(back_populates="invitation", order_by="Response.version")
    reminders: Mapped[list[Reminder]] = relationship(order_by="Reminder.id")
    replaces: Mapped[Invitation | None] = relationship(remote_side=[id])

    __table_args__ = (Index("ix_invitation_consultation", "consultation_id", "consultee_id"),)

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer, confirmed or proposed as one."""
        return any(response.is_answer for response in self.responses)


class Reminder(Base):
    """A reminder that was sent: once per rule, invitation and deadline."""

    __tablename__ = "invitation_reminder"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    rule: Mapped[str] = mapped_column(String(40))
    answer_by: Mapped[datetime] = mapped_column(UTCDateTime)
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("invitation_id", "rule", "answer_by"),)


class DeadlineExtension(Base):
    """A request for more time, and by whom it was granted."""

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
    """The draft of an answer, shared by the members of an organisation."""

    __tablename__ = "response_draft"
    __table_args__ = ({"info": {NOT_IN_RECORD: "typed, not sent"}},)

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONValue)
    """``{"parts": [[anchor, content]…], "answers": [[number of the question, content]…], "attachments":
    [{name, media_type, size, digest}…], "note": …}``."""
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    saved_by: Mapped[str] = mapped_column(String(80), default="")


class Response(Base):
    """A 复函: a submission in answer to an invitation, and what it was confirmed as. A correction is a separate row."""

    __tablename__ = "response"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    version: Mapped[int]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), unique=True)
    no_opinion: Mapped[bool] = mapped_column(default=False)
    """Whether it states that there is no opinion."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(80), default="")
    """Who sent it: a member of the organisation, or the member of staff who entered it."""
    late: Mapped[bool] = mapped_column(default=False)
    standing: Mapped[ResponseStanding] = mapped_column(
        enum_of(ResponseStanding), default=ResponseStanding.PROPOSED, server_default=ResponseStanding.PROPOSED.value
    )
    proposed_as: Mapped[ResponseStanding | None] = mapped_column(enum_of(ResponseStanding))
    """The proposal for the person who confirms it; None where no confirmation is needed."""
    because: Mapped[list[str]] = mapped_column(JSONValue, default=list, server_default="[]")
    """The evidence for it."""
    way: Mapped[Way] = mapped_column(enum_of(Way), default=Way.MAIL, server_default=Way.MAIL.value)
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """Who entered it."""
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it was confirmed; a portal answer counts when it is sent."""
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("response.id"))
    """The earlier answer that this one corrects."""
    adds_to_id: Mapped[int | None] = mapped_column(ForeignKey("response.id"))
    """The earlier answer that this one supplements: both count."""
    caller_name: Mapped[str] = mapped_column(String(80), default="", server_default="")
    caller_phone: Mapped[str] = mapped_column(String(40), default="", server_default="")
    called_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    heard_as: Mapped[dict[str, str] | None] = mapped_column(JSONValue)
    """Snapshot of the register when the response came: name, kind, size, sector … and ``at``."""

    invitation: Mapped[Invitation] = relationship(back_populates="responses")
    submission: Mapped[Submission] = relationship()
    confirmed_by: Mapped[User | None] = relationship(foreign_keys=[confirmed_by_id])
    entered_by: Mapped[User | None] = relationship(foreign_keys=[entered_by_id])
    replaces: Mapped[Response | None] = relationship(foreign_keys=[replaces_id], remote_side=[id])
    adds_to: Mapped[Response | None] = relationship(foreign_keys=[adds_to_id], remote_side=[id])

    __table_args__ = (
        UniqueConstraint("invitation_id", "version"),
        Index("ix_response_standing", "standing", "invitation_id"),
        Index("ix_response_replaces_id", "replaces_id"),
    )

    @property
    def is_answer(self) -> bool:
        """Whether it is an answer: confirmed, replaced, or proposed as one."""
        if self.standing is ResponseStanding.PROPOSED:
            return self.proposed_as is not ResponseStanding.NOT_AN_ANSWER
        return self.standing is not ResponseStanding.NOT_AN_ANSWER

    @property
    def has_scan(self) -> bool:
        """Whether there is a document to confirm it against: an attachment, or the mail."""
        return (self.way in (Way.MAIL, Way.PORTAL) and self.entered_by_id is None) or bool(self.submission.attachments)


class MemberRole(LabelledEnum, translated=True):
    """What a member of an organisation may do in the portal."""

    DRAFT = "draft", Label("起草、保存", "plain")
    SEND = "send", Label("起草、保存，并以本单位名义提交", "plain")


class Member(Base):
    """A person's account for an organisation in the portal."""

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


class GatheringKind(LabelledEnum):
    """座谈会、听证会、论证会."""

    SYMPOSIUM = "symposium", Label("座谈会", "blue")
    HEARING = "hearing", Label("听证会", "blue")
    EXPERT_ARGUMENT = "expert_argument", Label("专家论证会", "blue")


class Interest(LabelledEnum):
    """An expert's interest in the matter (利害关系)."""

    NONE = "none", Label("无利害关系", "plain")
    DIRECT = "direct", Label("有直接利害关系", "seal")
    INDIRECT = "indirect", Label("有间接利害关系", "amber")


class Gathering(Base):
    """A symposium, public hearing or expert argument: who was invited, who came, minutes, what was said.

    Time, place and minutes are the newest; earlier ones are rows of ``consult.consultees.hearing_models``.
    """

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
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_reason: Mapped[str] = mapped_column(Text, default="")

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
    email: Mapped[str] = mapped_column(String(254), default="")
    no_opinion: Mapped[bool] = mapped_column(default=False)
    """Whether the submission states that this person has no opinion."""
    interest: Mapped[Interest | None] = mapped_column(enum_of(Interest))
    """An expert's answer about an interest in the matter; None: not asked."""
    interest_words: Mapped[str] = mapped_column(Text, default="")
    interest_asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    heard_as: Mapped[dict[str, str] | None] = mapped_column(JSONValue)
    """Snapshot of the register when the statement was recorded, as ``Response.heard_as``."""

    submission: Mapped[Submission | None] = relationship()
