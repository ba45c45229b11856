"""Mailboxes, the messages that came to them, where each message was seen, and what was answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.intake.models import Submission
from consult.store import Base, JSONValue, UTCDateTime, big_id, enum_of


class Encryption(StrEnum):
    """How the connection to a mail server is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Mailbox(Base):
    """An IMAP folder that opinions come to, and how far it was read. Closed, never deleted."""

    __tablename__ = "mailbox"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    address: Mapped[str] = mapped_column(String(254), default="")
    """The address that people write to: mail from it is our own."""
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    encryption: Mapped[Encryption] = mapped_column(enum_of(Encryption))
    user: Mapped[str] = mapped_column(String(254))
    password_sealed: Mapped[str] = mapped_column(Text)
    """Encrypted with the key in the data folder."""
    folder: Mapped[str] = mapped_column(String(255), default="INBOX")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    uidvalidity: Mapped[int | None] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)
    fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When all that was there had last been read."""
    tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(Text, default="")
    """What went wrong at the last try, in Chinese; empty when nothing did."""
    broke_at: Mapped[int | None] = mapped_column(BigInteger)
    """The first UID of those that were asked for when the line broke last."""
    breaks: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often in a row it broke there."""

    __table_args__ = (UniqueConstraint("host", "port", "user", "folder"),)


class Outcome(StrEnum):
    """What became of a message."""

    STORED = "stored"
    UNASSIGNED = "unassigned"
    DUPLICATE = "duplicate"
    AUTOMATIC = "automatic"
    QUARANTINED = "quarantined"


class MailMessage(Base):
    """A message as it came, once, however often it was delivered; ``outcome`` is empty until it was sorted.

    ``digest`` is over what its writer sent, without the traces of its way (``same.digest_of``). The raw bytes lie here,
    or as a blob when large; once there is a submission, its raw form holds them instead.
    """

    __tablename__ = "mail_message"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    blob: Mapped[str | None] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(300), default="")
    stored_at: Mapped[datetime] = mapped_column(UTCDateTime)
    server_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the mail server took it (INTERNALDATE)."""
    outcome: Mapped[Outcome | None] = mapped_column(enum_of(Outcome))
    why: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    """How often sorting was taken up again after it was cut off."""
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), unique=True)
    message_id: Mapped[str] = mapped_column(String(500), default="")
    sender: Mapped[str] = mapped_column(String(320), default="")
    subject: Mapped[str] = mapped_column(String(500), default="")
    received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    automatic: Mapped[str] = mapped_column(String(20), default="")
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONValue)
    """``{"defects": […], "spf": …, "dkim": …, "dmarc": …, "suggested": [consultation ids]}``."""
    answer_due: Mapped[bool] = mapped_column(default=False)
    """Whether the acknowledgement waits to be sent."""
    scan_due: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its files wait for the virus scanner, which was away."""

    submission: Mapped[Submission | None] = relationship()
    refused: Mapped[list[RefusedFile]] = relationship(order_by="RefusedFile.position")

    __table_args__ = (
        Index("ix_mail_message_outcome", "outcome", "id"),
        Index("ix_mail_message_answer_due", "answer_due", "id"),
        Index("ix_mail_message_scan_due", "scan_due", "id"),
        {"sqlite_autoincrement": True},
    )


class RefusedFile(Base):
    """A file of a message that was not taken as an attachment, and why; it stays inside the raw message."""

    __tablename__ = "mail_refused_file"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail_message.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    why: Mapped[str] = mapped_column(Text)


class Sighting(Base):
    """Where a message was seen: one UID of a mailbox under one UIDVALIDITY (RFC 3501, 2.3.1.1)."""

    __tablename__ = "mail_sighting"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    uidvalidity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail_message.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("mailbox_id", "uidvalidity", "uid", "mail_id"),)


class Ending(StrEnum):
    """How the waiting for a message ended that the server had kept back."""

    CAME = "came"
    GONE = "gone"


class Withheld(Base):
    """A message that a mail server kept back: where it lies, how often it was asked for, what the server said."""

    __tablename__ = "mail_withheld"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    uidvalidity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tried_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tries: Mapped[int]
    said: Mapped[str] = mapped_column(Text)
    ending: Mapped[Ending | None] = mapped_column(enum_of(Ending))

    __table_args__ = (UniqueConstraint("mailbox_id", "uidvalidity", "uid"),)


class Acknowledgement(Base):
    """The answer to a submission that came by mail: written down before it is sent, so that it is never forgotten."""

    __tablename__ = "mail_acknowledgement"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(320))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    skipped: Mapped[str] = mapped_column(String(200), default="")
    """Why it is not sent, in Chinese."""

    submission: Mapped[Submission] = relationship()

    __table_args__ = (Index("ix_mail_acknowledgement_address", "address", "due_at"),)
