"""Mailboxes, their messages, the sightings of each message, and acknowledgements."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.intake.models import Submission
from consult.labels import Label, LabelledEnum
from consult.store import NOT_IN_RECORD, Base, JSONValue, UTCDateTime, big_id, enum_of

PROGRESS: Final = {NOT_IN_RECORD: "how far fetching is"}
WORK: Final = {NOT_IN_RECORD: "work that waits, and how often it was tried"}
DIGESTED: Final = {NOT_IN_RECORD: "covered by the digest of the message"}


class Encryption(LabelledEnum):
    """How the connection to a mail server is protected."""

    TLS = "tls", Label("TLS", "plain", hint="通常 993 端口")
    STARTTLS = "starttls", Label("STARTTLS", "plain", hint="通常 143 端口")
    NONE = "none", Label("不加密", "plain", hint="只用于本机或者内网")


class Mailbox(Base):
    """An IMAP folder for opinions, and the last UID that was read. Closed, never deleted."""

    __tablename__ = "mailbox"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    address: Mapped[str] = mapped_column(String(254), default="")
    """The address of the mailbox: mail from it was sent by us."""
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
    fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info=PROGRESS)
    """Time of the last complete fetch."""
    tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info=PROGRESS)
    error: Mapped[str] = mapped_column(Text, default="", info=PROGRESS)
    """Error of the last attempt, in Chinese; empty if it succeeded."""
    broke_at: Mapped[int | None] = mapped_column(BigInteger, info=PROGRESS)
    """The first UID of the request during which the connection last broke."""
    breaks: Mapped[int] = mapped_column(default=0, server_default="0", info=PROGRESS)
    """How many times in a row it broke there."""

    __table_args__ = (UniqueConstraint("host", "port", "user", "folder"),)


class Outcome(LabelledEnum):
    """The result of ingesting a message."""

    STORED = "stored", Label("已收", "plain")
    UNASSIGNED = "unassigned", Label("待归类", "plain")
    DUPLICATE = "duplicate", Label("重复", "plain")
    AUTOMATIC = "automatic", Label("自动邮件", "plain")
    QUARANTINED = "quarantined", Label("无法读取", "plain")


class MailMessage(Base):
    """A received message, stored once however often it was delivered; ``outcome`` is empty until it is classified.

    ``digest`` covers what its author sent, without trace fields (``deduplication.digest_of``). The raw bytes are here,
    or in a blob if large; once there is a submission, they are in its raw form instead.
    """

    __tablename__ = "mail_message"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    body: Mapped[bytes | None] = mapped_column(LargeBinary, info=DIGESTED)
    blob: Mapped[str | None] = mapped_column(String(64), info=DIGESTED)
    source: Mapped[str] = mapped_column(String(300), default="")
    stored_at: Mapped[datetime] = mapped_column(UTCDateTime)
    server_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the mail server accepted it (INTERNALDATE)."""
    outcome: Mapped[Outcome | None] = mapped_column(enum_of(Outcome))
    why: Mapped[str] = mapped_column(Text, default="", info=WORK)
    attempts: Mapped[int] = mapped_column(default=0, info=WORK)
    """How often classification was resumed after an interruption."""
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), unique=True)
    message_id: Mapped[str] = mapped_column(String(500), default="")
    sender: Mapped[str] = mapped_column(String(320), default="")
    subject: Mapped[str] = mapped_column(String(500), default="")
    enclosed_in: Mapped[int | None] = mapped_column(ForeignKey("mail_message.id"))
    """The message that enclosed it, if it came as one of several letters inside another."""
    received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    automatic: Mapped[str] = mapped_column(String(20), default="")
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONValue)
    """``{"defects": […], "spf": …, "dkim": …, "dmarc": …, "suggested": [consultation ids],
    "way": …, "spam": …, "letters": [ids]}``; ``way`` (``files.mail.Way``) where another sent it than who wrote it,
    ``spam`` what our gateway said, ``letters`` the messages that it enclosed."""
    answer_due: Mapped[bool] = mapped_column(default=False, info=WORK)
    """Whether the acknowledgement is due."""
    answer_held: Mapped[bool] = mapped_column(default=False, server_default=false(), info=WORK)
    """Whether the acknowledgement waits until the submission is accepted, because our gateway calls it spam."""
    scan_due: Mapped[bool] = mapped_column(default=False, server_default=false(), info=WORK)
    """Whether its files are still to be scanned because the scanner was unavailable."""
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When its bytes, sender and subject were deleted because their term was over."""

    submission: Mapped[Submission | None] = relationship()
    refused: Mapped[list[RefusedFile]] = relationship(order_by="RefusedFile.position")

    __table_args__ = (
        Index("ix_mail_message_outcome", "outcome", "id"),
        Index("ix_mail_message_answer_due", "answer_due", "id"),
        Index("ix_mail_message_scan_due", "scan_due", "id"),
        Index("ix_mail_message_enclosed_in", "enclosed_in"),
        {"sqlite_autoincrement": True},
    )


class RefusedFile(Base):
    """A file of a message that was refused as an attachment, and why; it remains in the raw message."""

    __tablename__ = "mail_refused_file"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail_message.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    why: Mapped[str] = mapped_column(Text)


class HookFailure(Base):
    """A submission by mail that the hook of a later stage failed to process; shown to a person with the reason."""

    __tablename__ = "mail_hook_failure"
    __table_args__ = ({"info": WORK},)

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    why: Mapped[str] = mapped_column(Text)


class Sighting(Base):
    """A sighting of a message: a UID of a mailbox under one UIDVALIDITY (RFC 3501, 2.3.1.1)."""

    __tablename__ = "mail_sighting"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    uidvalidity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail_message.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (
        UniqueConstraint("mailbox_id", "uidvalidity", "uid", "mail_id"),
        {"info": {NOT_IN_RECORD: "which copies of a message the server has"}},
    )


class Ending(StrEnum):
    """How the retries for a withheld message ended."""

    CAME = "came"
    GONE = "gone"


class Withheld(Base):
    """A message that a mail server withheld: its UID, the number of attempts, the server's words."""

    __tablename__ = "mail_withheld"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    uidvalidity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tried_at: Mapped[datetime] = mapped_column(UTCDateTime, info=PROGRESS)
    tries: Mapped[int] = mapped_column(info=PROGRESS)
    server_words: Mapped[str] = mapped_column("said", Text, info=PROGRESS)
    ending: Mapped[Ending | None] = mapped_column(enum_of(Ending))

    __table_args__ = (UniqueConstraint("mailbox_id", "uidvalidity", "uid"),)


class Acknowledgement(Base):
    """The acknowledgement of a submission by mail: stored before it is sent, so that it is never lost."""

    __tablename__ = "mail_acknowledgement"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(320))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    skipped: Mapped[str] = mapped_column(String(200), default="")
    """Why it is not sent, in Chinese."""
    over_limit: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its address had its acknowledgements of the day: a collecting one will name it."""
    collected_in: Mapped[str | None] = mapped_column(String(200))
    """The Message-ID of the collecting acknowledgement that names it."""

    submission: Mapped[Submission] = relationship()

    __table_args__ = (
        Index("ix_mail_acknowledgement_address", "address", "due_at"),
        Index("ix_mail_acknowledgement_collected_in", "collected_in"),
    )
