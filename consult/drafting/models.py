"""A consultation, the versions of its draft, their provisions, and the acts on its period."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column, object_session, relationship

from consult.accounts.models import Division, User
from consult.clock import local
from consult.labels import Label, LabelledEnum
from consult.law.periods import in_words
from consult.ledger.row_digests import BEFORE
from consult.store import NOT_IN_RECORD, Base, JSONValue, UTCDateTime, big_id, enum_of

LAST_DAY, PUBLISHED_ON = "【截止日期】", "【公布日期】"
"""Placeholders in a notice for dates that aren't known yet."""
NOT_YET = "（公布时填入）"


class Stage(StrEnum):
    """The stored part of a consultation's state; what depends on the clock is computed (``State``)."""

    DRAFTING = "drafting"
    IN_REVIEW = "in_review"
    RELEASED = "released"
    FEEDBACK_REVIEW = "feedback_review"
    FEEDBACK_PUBLISHED = "feedback_published"
    SUBMITTED_TO_MEETING = "submitted_to_meeting"
    PROMULGATED = "promulgated"
    WITHDRAWN = "withdrawn"


class State(LabelledEnum, translated=True):
    """The state of a consultation as displayed."""

    DRAFTING = "drafting", Label("起草中", "plain")
    IN_REVIEW = "in_review", Label("审核中", "amber")
    SCHEDULED = "scheduled", Label("待公布", "blue")
    OPEN = "open", Label("正在征求意见", "green")
    CLOSED = "closed", Label("已截止，正在研究", "blue")
    FEEDBACK_REVIEW = "feedback_review", Label("反馈审核中", "amber", public=Label("已截止，正在研究", "blue"))
    FEEDBACK_PUBLISHED = "feedback_published", Label("已公布反馈", "green")
    SUBMITTED_TO_MEETING = "submitted_to_meeting", Label("已提请审议", "violet")
    PROMULGATED = "promulgated", Label("已公布施行", "green")
    WITHDRAWN = "withdrawn", Label("已撤回", "seal")

    @property
    def is_public(self) -> bool:
        """Whether everybody may see a consultation in this state."""
        return self not in (State.DRAFTING, State.IN_REVIEW, State.SCHEDULED)


class VersionKind(LabelledEnum, translated=True):
    """The kind of a draft version (稿)."""

    FOR_COMMENT = "for_comment", Label("征求意见稿", "plain")
    REVISED = "revised", Label("修改稿", "plain")
    FOR_SUBMISSION = "for_submission", Label("送审稿", "plain")
    PROMULGATED = "promulgated", Label("发布稿", "plain", public=Label("公布施行的文本", "plain"))
    IN_FORCE = "in_force", Label("现行文本", "plain", public=Label("现行规定", "plain"))
    """The text in force that the draft revises: for comparison, not a version of the draft."""


class Issuer(LabelledEnum):
    """Who issues the document; the fair-competition review follows it (《公平竞争审查条例》第十三条、第十四条)."""

    DEPARTMENT = "department", Label("本部门", "plain")
    JOINT = "joint", Label("多个部门联合", "blue")
    GOVERNMENT = (
        "government",
        Label("本级人民政府，或者提请本级人民代表大会及其常务委员会审议", "violet", "人民政府、人大"),
    )


class Consultation(Base):
    """One draft put out for opinions: notice, period, channels, state."""

    __tablename__ = "consultation"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    """Id of the kind of document in the rules."""
    enterprise_related: Mapped[bool] = mapped_column(default=False)
    issuer: Mapped[Issuer] = mapped_column(
        enum_of(Issuer), default=Issuer.DEPARTMENT, info={BEFORE: Issuer.DEPARTMENT.value}
    )
    leading_unit: Mapped[str] = mapped_column(String(200), default="", info={BEFORE: ""})
    """The leading department of a document that several issue; it reviews fair competition."""
    summary: Mapped[str] = mapped_column(String(300), default="")
    notice_html: Mapped[str] = mapped_column(Text, default="")
    explanation_html: Mapped[str] = mapped_column(Text, default="")
    mail_phrase: Mapped[str] = mapped_column(String(80), default="")
    """Phrase that the notice asks for in the subject of a mail."""
    contact: Mapped[str] = mapped_column(String(300), default="")
    """Address and telephone for letters and calls, published with the notice."""
    stage: Mapped[Stage] = mapped_column(enum_of(Stage), default=Stage.DRAFTING)
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """End of the period, exclusive: anything received at or after it is late."""
    period_days: Mapped[int | None]
    period_words: Mapped[str] = mapped_column(Text, default="")
    """The count of the period in words, at publication or the last extension."""
    period_basis: Mapped[str] = mapped_column(Text, default="")
    shortened_reason: Mapped[str] = mapped_column(Text, default="")
    returned_reason: Mapped[str] = mapped_column(Text, default="")
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")
    evaluates_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"), index=True, info={BEFORE: None})
    """Of a consultation on how an issued document works (后评估): the consultation that led to that document."""
    public_version_id: Mapped[int | None] = mapped_column(big_id)
    """The version out for comment; no foreign key, because versions refer to consultations."""

    division: Mapped[Division | None] = relationship()
    evaluates: Mapped[Consultation | None] = relationship(remote_side=[id], foreign_keys=[evaluates_id])
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
    work_grants: Mapped[list[WorkGrant]] = relationship()

    __table_args__ = (Index("ix_consultation_stage_closes_at", "stage", "closes_at"),)

    @property
    def given_to(self) -> frozenset[int]:
        """Ids of the moderators outside the division who have access to this consultation."""
        return frozenset(grant.user_id for grant in self.grants)

    @property
    def helpers(self) -> frozenset[int]:
        """Ids of the drafters outside the division who were given opinions (协办)."""
        return frozenset(grant.user_id for grant in self.work_grants if grant.user_id is not None)

    @property
    def helping_divisions(self) -> frozenset[int]:
        """Ids of the other divisions that were given opinions (协办处室)."""
        return frozenset(grant.division_id for grant in self.work_grants if grant.division_id is not None)

    @property
    def last_day(self) -> date | None:
        """The last local day of the period, as extended."""
        return local(self.closes_at - timedelta(microseconds=1)).date() if self.closes_at is not None else None

    @property
    def notice_as_read(self) -> str:
        """The notice as people read it: HTML with the last day of the period and the day of publication filled in."""
        opened = local(self.opens_at).date() if self.opens_at is not None else None
        html = self.notice_html.replace(LAST_DAY, in_words(self.last_day) if self.last_day else NOT_YET)
        return html.replace(PUBLISHED_ON, in_words(opened) if opened else NOT_YET)

    def state(self, at: datetime) -> State:
        """Return the state at an aware moment; whether a period is open depends on the clock alone."""
        if self.stage is not Stage.RELEASED:
            return State(self.stage.value)
        if self.opens_at is None or self.closes_at is None or at < self.opens_at:
            return State.SCHEDULED
        return State.OPEN if at < self.closes_at else State.CLOSED

    def is_public(self, at: datetime) -> bool:
        """Whether it is public at ``at``: it was released and has opened, even if withdrawn since."""
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
    """A provision of a stored version; ``consult.text.parser.provisions.Provision`` is its parsed form."""

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
        {"info": {NOT_IN_RECORD: "covered by the digest of its version"}},
    )


class ProvisionMatch(Base):
    """A person's word on whether two provisions of two versions are counterparts; the newest on a pair counts."""

    __tablename__ = "provision_match"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    old_version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    new_version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    old_anchor: Mapped[str] = mapped_column(String(80))
    new_anchor: Mapped[str] = mapped_column(String(80))
    holds: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    by: Mapped[User | None] = relationship()

    __table_args__ = (Index("ix_provision_match_versions", "old_version_id", "new_version_id"),)


class FrozenText(Exception):
    """An attempt to change a stored version of a draft; corrections are new versions."""


@event.listens_for(DraftVersion, "before_update")
@event.listens_for(ProvisionRow, "before_update")
def _refuse_change(_mapper: Mapper[Any], _connection: Connection, row: DraftVersion | ProvisionRow) -> None:
    session = object_session(row)
    if session is not None and session.is_modified(row, include_collections=False):
        raise FrozenText(f"{type(row).__name__} {row.id} is stored and never changes")


class PeriodExtension(Base):
    """An extension of a period: time, reason, old and new end."""

    __tablename__ = "period_extension"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closes_before: Mapped[datetime] = mapped_column(UTCDateTime)
    closes_after: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(Text)


class Grant(Base):
    """Access to a consultation for a user outside its division, for screening or other work."""

    __tablename__ = "consultation_grant"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class WorkGrant(Base):
    """Access to a consultation for a drafter outside its division, or another division, that was given opinions."""

    __tablename__ = "work_grant"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (division_id IS NULL)", name="to_one"),
        UniqueConstraint("consultation_id", "user_id"),
        UniqueConstraint("consultation_id", "division_id"),
    )


class Medium(LabelledEnum):
    """Where a notice is posted besides the website."""

    NEW_MEDIA = "new_media", Label("政务新媒体", "plain")
    PRESS = "press", Label("报刊", "plain")
    BROADCAST = "broadcast", Label("广播、电视", "plain")


class PublicText(LabelledEnum):
    """What of a consultation is made known besides on the website."""

    NOTICE = "notice", Label("征求意见公告", "plain")
    REPORT = "report", Label("意见采纳情况反馈", "plain")
    ISSUED = "issued", Label("印发的文件", "plain")


class NoticePosting(Base):
    """Something was posted in new media, press or broadcast: where, when, and the link or picture that shows it."""

    __tablename__ = "notice_posting"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    about: Mapped[PublicText] = mapped_column(
        enum_of(PublicText), default=PublicText.NOTICE, info={BEFORE: PublicText.NOTICE.value}
    )
    medium: Mapped[Medium] = mapped_column(enum_of(Medium))
    account: Mapped[str] = mapped_column(String(200))
    """The account, paper or station."""
    posted_on: Mapped[date]
    link: Mapped[str] = mapped_column(String(1000), default="")
    picture_name: Mapped[str] = mapped_column(String(200), default="")
    picture_digest: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")


class QuestionTopic(LabelledEnum):
    """The topic of a question."""

    COMPETITION = "competition", Label("公平竞争影响", "plain")
    """The effect on fair competition (《公平竞争审查条例》第十六条)."""
    OWN = "own", Label("自拟问题", "plain")
    """A question of the drafting division: cost, time of transition."""


class Question(Base):
    """A question in form, portal and letter of one consultation; answers are part of a submission."""

    __tablename__ = "consultation_question"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]
    topic: Mapped[QuestionTopic] = mapped_column(enum_of(QuestionTopic))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("consultation_id", "number"),)


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
