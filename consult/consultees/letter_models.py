"""The 征求意见函 as an official document: number, signer, copies, seal; the templates it is written by."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import Division
from consult.consultees.models import Invitation
from consult.drafting.models import Consultation, DraftVersion
from consult.labels import Label, LabelledEnum
from consult.store import NOT_IN_RECORD, Base, JSONValue, UTCDateTime, big_id, enum_of


class NumberSource(LabelledEnum):
    """Where the 发文字号 of a letter comes from; for one mark and year it is always the same."""

    OFFICE = "office", Label("本单位办文系统", "plain")
    REGISTER = "register", Label("本平台登记簿", "plain")


class Urgency(LabelledEnum):
    """紧急程度 (GB/T 9704-2012, 7.2.3)."""

    NONE = "none", Label("一般", "plain")
    URGENT = "urgent", Label("加急", "amber")
    MOST_URGENT = "most_urgent", Label("特急", "seal")

    @property
    def printed(self) -> str:
        """What is printed, empty for none."""
        return "" if self is Urgency.NONE else self.label.words


class AnnexFormat(LabelledEnum):
    """How the attachments go along."""

    PDF = "pdf", Label("合为一个 PDF", "plain")
    ZIP = "zip", Label("打成一个 ZIP 包（Word）", "plain")


class LetterTemplate(Base):
    """A department's own letter as DOCX with placeholders, of a division or of all. Retired, never deleted."""

    __tablename__ = "letter_template"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    """The division that it is for; None: all of them."""
    name: Mapped[str] = mapped_column(String(80))
    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of the file."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    division: Mapped[Division | None] = relationship()


class LetterSeries(Base):
    """The numbers of one mark (机关代字) in one year; locked while a number is taken, so that none is given twice."""

    __tablename__ = "letter_series"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    mark: Mapped[str] = mapped_column(String(40))
    year: Mapped[int]

    __table_args__ = (
        UniqueConstraint("mark", "year"),
        {"info": {NOT_IN_RECORD: "a lock; each letter has its own number"}},
    )


class OfficialLetter(Base):
    """The 征求意见函 of one round of a consultation, to all who are invited by it. A correction is a row of its own."""

    __tablename__ = "official_letter"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    round: Mapped[int]
    """1 for the first time, 2 where the revised draft is sent once more."""
    version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    """The text that opinions are asked on."""
    number: Mapped[str] = mapped_column(String(80))
    """发文字号, for instance 某市监函〔2026〕12号."""
    series_id: Mapped[int] = mapped_column(ForeignKey("letter_series.id"), index=True)
    serial: Mapped[int]
    number_source: Mapped[NumberSource] = mapped_column(enum_of(NumberSource))
    signer: Mapped[str] = mapped_column(String(40))
    """签发人; recorded, not printed: 信函格式 has no place for it."""
    signed_on: Mapped[date]
    """成文日期: the day on which it was signed (7.3.5.4)."""
    contact_name: Mapped[str] = mapped_column(String(40))
    contact_phone: Mapped[str] = mapped_column(String(40))
    addressee: Mapped[str] = mapped_column(String(200), default="")
    """主送 where one letter goes to all (各有关单位); empty: each by its name."""
    copies: Mapped[list[list[str]]] = mapped_column(JSONValue)
    """抄送: ``[[name, mail address or ""]…]``."""
    urgency: Mapped[Urgency] = mapped_column(enum_of(Urgency))
    sealed: Mapped[bool]
    """Whether it goes out only once the sealed file is there."""
    annexes: Mapped[AnnexFormat] = mapped_column(enum_of(AnnexFormat))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("letter_template.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("official_letter.id"))
    """The letter that this one corrects before anything was sent by it."""
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    consultation: Mapped[Consultation] = relationship()
    series: Mapped[LetterSeries] = relationship()
    version: Mapped[DraftVersion] = relationship()
    template: Mapped[LetterTemplate | None] = relationship()
    seals: Mapped[list[SealedFile]] = relationship(order_by="SealedFile.id")


class SealedFile(Base):
    """The letter with its seal, as it was scanned or sealed electronically: what is sent. The newest counts."""

    __tablename__ = "sealed_letter"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("official_letter.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), index=True)
    """The one addressee that it is for; None: all of them."""
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    invitation: Mapped[Invitation | None] = relationship()
