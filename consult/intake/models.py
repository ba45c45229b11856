"""What one sender sent at one time through one channel, its parts, attachments, raw form and receipt."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.drafting.models import Consultation
from consult.files.clamd import Finding
from consult.store import Base, JSONValue, UTCDateTime, big_id, enum_of


class Channel(StrEnum):
    """The way a submission came (渠道)."""

    WEB = "web"
    MAILBOX = "mailbox"
    PORTAL = "portal"
    LETTER = "letter"
    PHONE = "phone"
    HOTLINE = "hotline"
    NEW_MEDIA = "new_media"
    MEETING = "meeting"


class SubmissionState(StrEnum):
    """The state of a submission (product.md, States)."""

    UNASSIGNED = "unassigned"
    RECEIVED = "received"
    SCREENING = "screening"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class SenderKind(StrEnum):
    """Who speaks: a person, an enterprise, a trade association or another organisation."""

    PERSON = "person"
    ENTERPRISE = "enterprise"
    ASSOCIATION = "association"
    ORGANISATION = "organisation"


class Doubt(StrEnum):
    """Why a moderator looks at a submission by itself, before those accepted a page at a time."""

    NONE = "none"
    UNPROVEN = "unproven"
    """The form came without proof of work: no script, an old device, or a robot."""
    TRAP = "trap"
    """A field that people don't see was filled: by a robot, or by a browser that fills forms."""


class Submission(Base):
    """What one sender sent at one time through one channel (来件). Never deleted."""

    __tablename__ = "submission"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))
    channel: Mapped[Channel] = mapped_column(enum_of(Channel))
    state: Mapped[SubmissionState] = mapped_column(enum_of(SubmissionState))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When it reached the department: decides whether it is late."""
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When it was stored here."""
    late: Mapped[bool] = mapped_column(default=False)
    sender_kind: Mapped[SenderKind] = mapped_column(enum_of(SenderKind), default=SenderKind.PERSON)
    subject: Mapped[str] = mapped_column(String(500), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    contact: Mapped[str] = mapped_column(String(300), default="")
    publish_name: Mapped[bool] = mapped_column(default=False)
    """The sender's separate consent to printing the name."""
    keep_private: Mapped[bool] = mapped_column(default=False)
    """The sender asked that the text isn't published; it is counted and decided all the same."""
    doubt: Mapped[Doubt] = mapped_column(enum_of(Doubt), default=Doubt.NONE, server_default=Doubt.NONE.value)
    """Nothing that the sender stated: it is no part of the evidence."""
    external_id: Mapped[str | None] = mapped_column(String(120))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Digest of the normalised text, to find the same text sent twice."""
    salt: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over salt and raw form: what stands in the ledger's tree."""
    key_hash: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(160), unique=True)
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))

    consultation: Mapped[Consultation | None] = relationship()
    parts: Mapped[list[SubmissionPart]] = relationship(back_populates="submission", order_by="SubmissionPart.position")
    attachments: Mapped[list[Attachment]] = relationship(order_by="Attachment.position")
    raw: Mapped[RawForm] = relationship(back_populates="submission")
    duplicate_of: Mapped[Submission | None] = relationship(remote_side="Submission.id")

    __table_args__ = (
        Index("ix_submission_queue", "consultation_id", "state", "id"),
        Index("ix_submission_fingerprint", "consultation_id", "fingerprint"),
        Index("ix_submission_duplicate_of_id", "duplicate_of_id"),
        {"sqlite_autoincrement": True},
    )


class SubmissionPart(Base):
    """What a submission says of one provision, or of the whole (``anchor`` empty), as the sender wrote it."""

    __tablename__ = "submission_part"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    position: Mapped[int]
    anchor: Mapped[str] = mapped_column(String(80), default="")
    quote: Mapped[str] = mapped_column(String(500), default="")
    """Words of the draft that the sender selected."""
    content: Mapped[str] = mapped_column(Text)

    submission: Mapped[Submission] = relationship(back_populates="parts")


class RawForm(Base):
    """The raw form exactly as it came, kept for ever: in the row, or as a blob when it is large."""

    __tablename__ = "submission_raw"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(80))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    blob: Mapped[str | None] = mapped_column(String(64))

    submission: Mapped[Submission] = relationship(back_populates="raw")


class Attachment(Base):
    """A file that came with a submission; the bytes are a blob."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    position: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    found_clean: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the virus scanner had looked at it before it was taken, and found nothing."""


class AttachmentScan(Base):
    """What the virus scanner said of an attachment; a file that it found something in is held back.

    Beside the attachment, whose row is part of the evidence and never changes.
    """

    __tablename__ = "attachment_scan"

    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"), primary_key=True, autoincrement=False)
    scanned_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finding: Mapped[Finding] = mapped_column(enum_of(Finding))
    """``away``: it gave no answer to this file, and is asked again."""
    signature: Mapped[str] = mapped_column(String(200), default="")
    """The scanner's name of what it found."""
    search_due: Mapped[bool] = mapped_column(default=False)
    """Whether its words may still be found by a search, from before it was held back."""

    __table_args__ = (
        Index("ix_attachment_scan_finding", "finding", "scanned_at"),
        Index("ix_attachment_scan_search_due", "search_due", "attachment_id"),
    )


class FileScan(Base):
    """What the virus scanner said of a file that staff uploaded; one that it found something in is held back.

    By what the file holds: drafts, minutes and evidence are named by rows of several stages.
    """

    __tablename__ = "file_scan"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    scanned_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finding: Mapped[Finding] = mapped_column(enum_of(Finding))
    """``away``: it gave no answer to this file, and is asked again."""
    signature: Mapped[str] = mapped_column(String(200), default="")
    """The scanner's name of what it found."""

    __table_args__ = (Index("ix_file_scan_finding", "finding", "scanned_at"),)


class Work(StrEnum):
    """What a file is read for."""

    SEARCH = "search"
    """Its words."""
    SCAN = "scan"
    """Viruses."""
    TABLE = "table"
    """The rows of a table that staff uploaded."""


class FileAttempt(Base):
    """A file whose reading was begun and hasn't come to its end, or never will; by what it holds, whoever sent it."""

    __tablename__ = "file_attempt"

    work: Mapped[Work] = mapped_column(enum_of(Work), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    begun: Mapped[int]
    """How often the reading was begun since it last came to its end."""
    put_aside_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it was given up."""


class ImportMapping(Base):
    """Which columns of a channel's tables hold which fields: mapped once, remembered."""

    __tablename__ = "import_mapping"

    channel: Mapped[Channel] = mapped_column(enum_of(Channel), primary_key=True)
    columns: Mapped[dict[str, str]] = mapped_column(JSONValue)
    """Name of the column by field; an empty name means that the tables have no such column."""
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ImportStage(StrEnum):
    """How far an uploaded table is."""

    CHOOSING = "choosing"
    """Nobody has said yet which column holds the content."""
    CHECKING = "checking"
    CHECKED = "checked"
    TAKING = "taking"
    TAKEN = "taken"
    REFUSED = "refused"
    """It could not go on; ``why`` says what to do."""
    GIVEN_UP = "given_up"


class TableImport(Base):
    """A table that staff uploaded: how it is read, how far it is, and the account of its rows."""

    __tablename__ = "table_import"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    channel: Mapped[Channel] = mapped_column(enum_of(Channel))
    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    """The table as it was uploaded, a blob."""
    columns: Mapped[dict[str, str]] = mapped_column(JSONValue)
    """Name of the column by field; a field that the table doesn't have is left out."""
    stage: Mapped[ImportStage] = mapped_column(enum_of(ImportStage), index=True)
    uploaded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When the present stage was asked for; what is taken counts from here where it has no better moment."""
    row: Mapped[int] = mapped_column(default=0)
    """Number of the last row that is accounted for."""
    share: Mapped[float] = mapped_column(default=0.0)
    """How much of the file that is, 0 to 1."""
    taken: Mapped[int] = mapped_column(default=0)
    already: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    notable: Mapped[list[list[Any]]] = mapped_column(JSONValue)
    """The first rows to look at, each [number, outcome, reason]."""
    account_bytes: Mapped[int] = mapped_column(big_id, default=0)
    """Length of the account that is on disk, while it is being written."""
    account: Mapped[str] = mapped_column(String(64), default="")
    """The account row by row as a CSV file, a blob, once it is whole."""
    why: Mapped[str] = mapped_column(Text, default="")


class TrustedSender(Base):
    """A system that hands submissions over by the API under a key of its own; the database holds the key's digest."""

    __tablename__ = "trusted_sender"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    channel: Mapped[Channel] = mapped_column(enum_of(Channel))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
