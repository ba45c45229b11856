"""The meeting's result, the issued document, and the acts on it: filing, validity, evaluation, repeal."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import User
from consult.drafting.models import Consultation, DraftVersion
from consult.labels import Label, LabelledEnum
from consult.ledger.row_digests import BEFORE
from consult.store import Base, UTCDateTime, big_id, enum_of


class MeetingOutcome(LabelledEnum):
    """What the deliberation meeting decided."""

    PASSED = "passed", Label("审议通过", "green")
    PASSED_WITH_CHANGES = "passed_with_changes", Label("修改后通过", "blue")
    PUT_OFF = "put_off", Label("暂缓审议", "amber")
    REFUSED = "refused", Label("未获通过", "seal")


PASSED = (MeetingOutcome.PASSED, MeetingOutcome.PASSED_WITH_CHANGES)


class MeetingResult(Base):
    """The result of one deliberation, with its minutes (会议纪要). A later meeting's is a row of its own."""

    __tablename__ = "meeting_result"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    outcome: Mapped[MeetingOutcome] = mapped_column(enum_of(MeetingOutcome))
    held_on: Mapped[date]
    meeting: Mapped[str] = mapped_column(String(200))
    """Which meeting: 2026年第12次厅务会议."""
    differing: Mapped[str] = mapped_column(Text, default="")
    """Differing opinions as they were said; empty where there was none."""
    changes: Mapped[str] = mapped_column(Text, default="")
    """What is to be changed, put off for, or refused for."""
    minutes_name: Mapped[str] = mapped_column(String(200))
    minutes_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    by: Mapped[User | None] = relationship()


class IssuedDocument(Base):
    """The document as it was issued: registered, numbered and printed as one (统一登记、统一编号、统一印发)."""

    __tablename__ = "issued_document"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), primary_key=True, autoincrement=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    document_number: Mapped[str] = mapped_column(String(80))
    """发文字号: 某建发〔2026〕12号."""
    register_number: Mapped[str] = mapped_column(String(80), default="")
    """统一登记号, where the province gives one."""
    issued_on: Mapped[date]
    effective_on: Mapped[date]
    published_in: Mapped[str] = mapped_column(Text)
    """Where it was published: the gazette's number, addresses."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    consultation: Mapped[Consultation] = relationship()
    version: Mapped[DraftVersion] = relationship()
    by: Mapped[User | None] = relationship()


class DocumentActKind(LabelledEnum):
    """What happened to an issued document."""

    FILED = "filed", Label("报送备案", "blue")
    VALIDITY = "validity", Label("确定有效期", "plain")
    EVALUATED = "evaluated", Label("后评估", "violet")
    REPEALED = "repealed", Label("废止", "seal")


class DocumentAct(Base):
    """One act on an issued document. A later act of its kind counts; none is overwritten."""

    __tablename__ = "document_act"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("issued_document.consultation_id"))
    kind: Mapped[DocumentActKind] = mapped_column(enum_of(DocumentActKind))
    on: Mapped[date]
    """The day of the act."""
    until: Mapped[date | None]
    """Of a validity: its last day."""
    organisation: Mapped[str] = mapped_column(String(200), default="")
    """To whom it was filed; who evaluated it."""
    number: Mapped[str] = mapped_column(String(80), default="")
    """Of the receipt of the filing; of the document that repeals it."""
    words: Mapped[str] = mapped_column(Text, default="")
    """The conclusion of an evaluation; the reason of a validity or a repeal."""
    heard: Mapped[str] = mapped_column(Text, default="", info={BEFORE: ""})
    """Of an evaluation: how the public was heard, where that wasn't by a consultation here."""
    paper_name: Mapped[str] = mapped_column(String(200), default="")
    paper_digest: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    by: Mapped[User | None] = relationship()

    __table_args__ = (Index("ix_document_act_kind", "consultation_id", "kind", "id"),)
