"""The feedback report (意见采纳情况反馈): frozen, reviewed, published."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.drafting.models import Consultation
from consult.labels import Label, LabelledEnum
from consult.store import NOT_IN_RECORD, Base, JSONValue, UTCDateTime, big_id, enum_of
from consult.text.privacy.kinds import Kind


class ReportState(LabelledEnum):
    """The state of a report."""

    COMPILED = "compiled", Label("已编制", "plain")
    IN_REVIEW = "in_review", Label("审核中", "amber")
    REVIEWED = "reviewed", Label("审核同意", "blue")
    PUBLISHED = "published", Label("已公布", "green")
    DISCARDED = "discarded", Label("已作废", "plain")


class FeedbackReport(Base):
    """One version of the feedback report (意见采纳情况反馈).

    ``snapshot`` contains what is printed, except for the table; once published it never changes. A correction is a new
    version that refers to the one it replaces.
    """

    __tablename__ = "feedback_report"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    version: Mapped[int]
    state: Mapped[ReportState] = mapped_column(enum_of(ReportState))
    statement: Mapped[str] = mapped_column(Text, default="")
    """Text of the department, printed above the figures."""
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONValue)
    digest: Mapped[str] = mapped_column(String(64))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("feedback_report.id"))
    correction_reason: Mapped[str] = mapped_column(Text, default="")
    compiled_at: Mapped[datetime] = mapped_column(UTCDateTime)
    compiled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    files: Mapped[dict[str, str]] = mapped_column(JSONValue, default=dict)
    """Blob digest of each file, by its extension; of the draft until it is published. Made by the worker."""
    signature: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What is signed of a published report, with key and salt, as JSON (``consult.reporting.signatures``)."""

    checkpoint: Mapped[str] = mapped_column(String(300), default="", server_default="")
    """The newest checkpoint of the public record at publication, in words."""

    consultation: Mapped[Consultation] = relationship()
    compiled_by: Mapped[User | None] = relationship(foreign_keys=[compiled_by_id])
    reviewed_by: Mapped[User | None] = relationship(foreign_keys=[reviewed_by_id])
    published_by: Mapped[User | None] = relationship(foreign_keys=[published_by_id])
    replaces: Mapped[FeedbackReport | None] = relationship(remote_side="FeedbackReport.id")

    __table_args__ = (UniqueConstraint("consultation_id", "version"),)


class ReportRow(Base):
    """One row of a report's table: an opinion and its decision as printed."""

    __tablename__ = "report_row"
    __table_args__ = (
        Index("ix_report_row_outcome", "report_id", "outcome", "number"),
        Index("ix_report_row_anchor", "report_id", "anchor", "number"),
        {"info": {NOT_IN_RECORD: "covered by the digest of its report"}},
    )

    report_id: Mapped[int] = mapped_column(ForeignKey("feedback_report.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """序号, from 1."""
    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), index=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    anchor: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(120))
    """The provision in Chinese; 整个草案 for the whole."""
    sender: Mapped[str] = mapped_column(String(200))
    """As printed: masked unless the sender consented."""
    sender_kind: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(32))
    content: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    rewording: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What the draft says or is to say instead, with its label; empty where nothing is changed."""
    late: Mapped[bool] = mapped_column(default=False)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_group.id"))


class FindChoice(LabelledEnum):
    """What becomes of private data in a report."""

    MASK = "mask", Label("遮盖", "blue")
    RELEASE = "release", Label("准予公开", "amber")


class FindDecision(Base):
    """What becomes of one private datum wherever the reports of a consultation have it; a later one replaces it.

    The datum itself isn't stored: its digest has a key that the database doesn't know.
    """

    __tablename__ = "report_find_decision"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    kind: Mapped[Kind] = mapped_column(enum_of(Kind))
    digest: Mapped[str] = mapped_column(String(64))
    shown: Mapped[str] = mapped_column(String(40))
    """The datum with its middle starred."""
    choice: Mapped[FindChoice] = mapped_column(enum_of(FindChoice))
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it may be printed; empty where it is masked."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("report_find_decision.id"))

    by: Mapped[User | None] = relationship()

    __table_args__ = (
        UniqueConstraint("replaces_id"),
        Index("ix_report_find_decision_key", "consultation_id", "kind", "digest"),
    )


class ReportScan(Base):
    """Where private data stands in what a row of a report prints; derived, can be detected again at any time."""

    __tablename__ = "report_scan"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), primary_key=True)
    row: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=False)
    """Id of the opinion; 0 for all that a report prints beside its table."""
    digest: Mapped[str] = mapped_column(String(64))
    """Over the detector's version, the texts and what was found, with a key."""
    finds: Mapped[str] = mapped_column(Text, default="")
    """JSON of column, kind, start, end and digest of each datum; empty for none."""

    __table_args__ = ({"info": {NOT_IN_RECORD: "follows from opinions and decisions"}},)
