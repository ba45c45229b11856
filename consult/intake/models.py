"""Submissions with their parts, attachments, raw form and receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.drafting.models import Consultation, Question
from consult.files.clamd import Finding
from consult.labels import Label, LabelledEnum
from consult.ledger.row_digests import BEFORE
from consult.store import NOT_IN_RECORD, Base, JSONValue, UTCDateTime, big_id, enum_of

PROGRESS: Final = {NOT_IN_RECORD: "how far an import is; its rows have receipts"}


@dataclass(frozen=True)
class ChannelLabel(Label):
    """What a channel is called, and what may be done with it."""

    entered_by_staff: bool = False
    """Staff type in or import what comes this way; the rest comes by itself."""
    brings_responses: bool = False
    """A consultee's response may come this way outside the portal."""
    by_its_own_clock: bool = False
    """The platform itself notes when it was sent, so that no table says otherwise."""


@dataclass(frozen=True)
class SenderLabel(Label):
    """What a kind of sender is called."""

    unnamed: str = ""
    """What stands for a sender who didn't consent to be named."""


class Channel(LabelledEnum, translated=True):
    """The channel of a submission (渠道)."""

    label: ChannelLabel

    WEB = "web", ChannelLabel("网站", "plain", by_its_own_clock=True)
    MAILBOX = "mailbox", ChannelLabel("征集信箱", "plain", brings_responses=True)
    PORTAL = "portal", ChannelLabel("企业端", "plain", by_its_own_clock=True)
    LETTER = "letter", ChannelLabel("信函", "plain", entered_by_staff=True, brings_responses=True)
    PHONE = "phone", ChannelLabel("电话", "plain", entered_by_staff=True, brings_responses=True)
    HOTLINE = "hotline", ChannelLabel("12345热线", "plain", entered_by_staff=True)
    NEW_MEDIA = "new_media", ChannelLabel("政务新媒体", "plain", entered_by_staff=True)
    MEETING = "meeting", ChannelLabel("座谈会、听证会", "plain", entered_by_staff=True, brings_responses=True)


class SubmissionState(LabelledEnum, translated=True):
    """The state of a submission."""

    UNASSIGNED = "unassigned", Label("待归类", "amber")
    RECEIVED = "received", Label("待审核", "plain", public=Label("已收到", "plain"))
    SCREENING = "screening", Label("待核实", "amber", public=Label("审核中", "amber"))
    ACCEPTED = "accepted", Label("已受理", "green")
    REJECTED = "rejected", Label("不予公开", "seal")
    DUPLICATE = "duplicate", Label("重复来件", "plain")


class SenderKind(LabelledEnum, translated=True):
    """The kind of sender: a person, an enterprise, a trade association, another organisation, a unit of government."""

    label: SenderLabel

    PERSON = "person", SenderLabel("个人", "plain", unnamed="一位公众")
    ENTERPRISE = "enterprise", SenderLabel("企业", "plain", unnamed="一家企业")
    ASSOCIATION = "association", SenderLabel("行业协会商会", "plain", unnamed="一家行业协会商会")
    ORGANISATION = "organisation", SenderLabel("其他单位", "plain", unnamed="一家单位")
    GOVERNMENT = "government_unit", SenderLabel("机关单位", "plain", unnamed="一个机关单位")


SENDERS_FROM_OUTSIDE = tuple(kind for kind in SenderKind if kind is not SenderKind.GOVERNMENT)
"""What a sender may call itself: a unit of government is asked by letter and never takes itself for one."""

_JUDGE = "看内容决定，来件照常有效。"
_UNPROVEN = f"这件没有经过自动的防刷验证：来件人的浏览器没有开脚本、设备太旧，或者是自动程序。{_JUDGE}"
_TRAP = f"表单里一个看不见的框被填了：可能是自动程序，也可能是浏览器自动填写。{_JUDGE}"


class Doubt(LabelledEnum):
    """Why a moderator screens a submission singly and not as part of a page."""

    NONE = "none", Label("无疑点", "plain")
    UNPROVEN = "unproven", Label("单独核对", "amber", hint=_UNPROVEN)
    """The form came without proof of work: no script, an old device, or a robot."""
    TRAP = "trap", Label("单独核对", "amber", hint=_TRAP)
    """A hidden field was filled: by a robot, or by form autofill."""


class Submission(Base):
    """What one sender sent at one time through one channel (来件). Never deleted."""

    __tablename__ = "submission"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))
    channel: Mapped[Channel] = mapped_column(enum_of(Channel))
    state: Mapped[SubmissionState] = mapped_column(enum_of(SubmissionState))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When it reached the department; decides whether it is late."""
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When it was stored here."""
    late: Mapped[bool] = mapped_column(default=False)
    sender_kind: Mapped[SenderKind] = mapped_column(enum_of(SenderKind), default=SenderKind.PERSON)
    subject: Mapped[str] = mapped_column(String(500), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    contact: Mapped[str] = mapped_column(String(300), default="")
    publish_name: Mapped[bool] = mapped_column(default=False)
    """The sender's separate consent to publishing the name."""
    keep_private: Mapped[bool] = mapped_column(default=False)
    """The sender asked not to publish the text; it is counted and decided anyway."""
    doubt: Mapped[Doubt] = mapped_column(enum_of(Doubt), default=Doubt.NONE, server_default=Doubt.NONE.value)
    """Not stated by the sender, so not part of the evidence."""
    external_id: Mapped[str | None] = mapped_column(String(120))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Digest of the normalised text, for finding repeated texts."""
    salt: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over salt and raw form, as in the ledger's tree."""
    key_hash: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(160), unique=True)
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))

    consultation: Mapped[Consultation | None] = relationship()
    parts: Mapped[list[SubmissionPart]] = relationship(back_populates="submission", order_by="SubmissionPart.position")
    answers: Mapped[list[Answer]] = relationship(order_by="Answer.question_id")
    attachments: Mapped[list[Attachment]] = relationship(order_by="Attachment.position")
    raw: Mapped[RawForm] = relationship(back_populates="submission")
    duplicate_of: Mapped[Submission | None] = relationship(remote_side="Submission.id")

    __table_args__ = (
        Index("ix_submission_queue", "consultation_id", "state", "id"),
        Index("ix_submission_fingerprint", "consultation_id", "fingerprint"),
        Index("ix_submission_duplicate_of_id", "duplicate_of_id"),
        {"sqlite_autoincrement": True, "info": {NOT_IN_RECORD: "covered by the digest of its receipt"}},
    )


class SubmissionPart(Base):
    """A text of a submission on one provision, or on the whole (``anchor`` empty), as the sender wrote it."""

    __tablename__ = "submission_part"
    __table_args__ = ({"info": {NOT_IN_RECORD: "covered by the digest of its receipt"}},)

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    position: Mapped[int]
    anchor: Mapped[str] = mapped_column(String(80), default="")
    quote: Mapped[str] = mapped_column(String(500), default="")
    """Words of the draft that the sender selected."""
    content: Mapped[str] = mapped_column(Text)

    submission: Mapped[Submission] = relationship(back_populates="parts")


class RawForm(Base):
    """The raw form exactly as it came, until its term is over: in the row, or as a blob when it is large."""

    __tablename__ = "submission_raw"
    __table_args__ = ({"info": {NOT_IN_RECORD: "covered by the digest of its receipt"}},)

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(80))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    blob: Mapped[str | None] = mapped_column(String(64))
    erased_digest: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the raw form that was deleted when its term was over; a note stands in its place."""

    submission: Mapped[Submission] = relationship(back_populates="raw")


class Attachment(Base):
    """A file that came with a submission; the bytes are a blob."""

    __tablename__ = "attachment"
    __table_args__ = ({"info": {NOT_IN_RECORD: "covered by the digest of its receipt"}},)

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    position: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    found_clean: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it was scanned before it was accepted, and is clean."""


class AttachmentScan(Base):
    """The virus scan of an attachment; an infected file is held back.

    Separate from the attachment, whose row is evidence and never changes.
    """

    __tablename__ = "attachment_scan"

    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"), primary_key=True, autoincrement=False)
    scanned_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finding: Mapped[Finding] = mapped_column(enum_of(Finding))
    """``away``: the scanner gave no answer; the scan is retried."""
    signature: Mapped[str] = mapped_column(String(200), default="")
    """Name of the virus, from the scanner."""
    search_due: Mapped[bool] = mapped_column(default=False)
    """Whether its text may still be in the search index, from before it was held back."""

    __table_args__ = (
        Index("ix_attachment_scan_finding", "finding", "scanned_at"),
        Index("ix_attachment_scan_search_due", "search_due", "attachment_id"),
        {"info": {NOT_IN_RECORD: "what was found infected has an entry; the rest is scanned again"}},
    )


class AttachmentOpening(Base):
    """That an attachment of the public form was opened, and why it is held back if it is unfit.

    Separate from the attachment, whose row is evidence and never changes.
    """

    __tablename__ = "attachment_opening"
    __table_args__ = ({"info": {NOT_IN_RECORD: "what was found unfit has an entry; the rest is opened again"}},)

    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"), primary_key=True, autoincrement=False)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    refusal: Mapped[str] = mapped_column(Text, default="")


class FileScan(Base):
    """The virus scan of a file uploaded by staff; an infected file is held back.

    Keyed by content, because rows of several stages refer to the file.
    """

    __tablename__ = "file_scan"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    scanned_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finding: Mapped[Finding] = mapped_column(enum_of(Finding))
    """``away``: the scanner gave no answer; the scan is retried."""
    signature: Mapped[str] = mapped_column(String(200), default="")
    """Name of the virus, from the scanner."""

    __table_args__ = (
        Index("ix_file_scan_finding", "finding", "scanned_at"),
        {"info": {NOT_IN_RECORD: "what was found infected has an entry; the rest is scanned again"}},
    )


class Work(StrEnum):
    """The purpose of reading a file."""

    SEARCH = "search"
    """Its text."""
    SCAN = "scan"
    """Viruses."""
    OPEN = "open"
    """Whether it is fit to be handed on."""
    TABLE = "table"
    """The rows of a table that staff uploaded."""


class FileAttempt(Base):
    """Attempts to read a file that haven't completed; keyed by content, whoever sent it."""

    __tablename__ = "file_attempt"
    __table_args__ = ({"info": {NOT_IN_RECORD: "how often reading a file was tried"}},)

    work: Mapped[Work] = mapped_column(enum_of(Work), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    begun: Mapped[int]
    """Attempts since the last completed one."""
    put_aside_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it was given up."""


class ImportMapping(Base):
    """The remembered mapping of columns to fields for the tables of a channel."""

    __tablename__ = "import_mapping"
    __table_args__ = ({"info": {NOT_IN_RECORD: "fills in a form"}},)

    channel: Mapped[Channel] = mapped_column(enum_of(Channel), primary_key=True)
    columns: Mapped[dict[str, str | list[str]]] = mapped_column(JSONValue)
    """Where a field was: the name of its column, or of its columns; an empty name, of an earlier time, says nothing."""
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ImportStage(LabelledEnum):
    """The stage of a table import."""

    CHOOSING = "choosing", Label("等待指定列", "plain")
    """The column of the content isn't chosen yet."""
    CHECKING = "checking", Label("正在检查", "plain")
    CHECKED = "checked", Label("已检查，等待导入", "plain")
    TAKING = "taking", Label("正在导入", "plain")
    TAKEN = "taken", Label("已导入", "plain")
    REFUSED = "refused", Label("没有完成", "plain")
    """It failed; ``why`` says what to do."""
    GIVEN_UP = "given_up", Label("已放弃", "plain")


class TableImport(Base):
    """A table uploaded by staff: its column mapping, progress, and the report on its rows."""

    __tablename__ = "table_import"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    channel: Mapped[Channel] = mapped_column(enum_of(Channel))
    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    """The table as it was uploaded, a blob."""
    columns: Mapped[dict[str, str | list[str]]] = mapped_column(JSONValue)
    """The column of each field, or its columns; a field that the table doesn't have is left out."""
    with_hidden: Mapped[bool] = mapped_column(default=False, server_default=false(), info={BEFORE: False})
    """Whether rows that are hidden or filtered out are imported too."""
    received_on: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When rows without a readable time were received, as the staff say."""
    files: Mapped[str] = mapped_column(String(64), default="", server_default="", info={BEFORE: ""})
    """The ZIP archive with the attachments that its rows name, a blob."""
    stage: Mapped[ImportStage] = mapped_column(enum_of(ImportStage), index=True, info=PROGRESS)
    uploaded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, info=PROGRESS)
    """When the current stage was requested; time of receipt for rows without a time."""
    row: Mapped[int] = mapped_column(default=0, info=PROGRESS)
    """Number of the last processed row."""
    share: Mapped[float] = mapped_column(default=0.0, info=PROGRESS)
    """Share of the file processed, 0 to 1."""
    taken: Mapped[int] = mapped_column(default=0, info=PROGRESS)
    already: Mapped[int] = mapped_column(default=0, info=PROGRESS)
    refused: Mapped[int] = mapped_column(default=0, info=PROGRESS)
    notable: Mapped[list[list[Any]]] = mapped_column(JSONValue, info=PROGRESS)
    """The first rows to look at, each [number, outcome, reason]."""
    account_bytes: Mapped[int] = mapped_column(big_id, default=0, info=PROGRESS)
    """Length of the report on disk while it is being written."""
    account: Mapped[str] = mapped_column(String(64), default="", info=PROGRESS)
    """The complete report row by row as a CSV file, a blob."""
    why: Mapped[str] = mapped_column(Text, default="", info=PROGRESS)
    accounted: Mapped[dict[str, Any]] = mapped_column(JSONValue, default=dict, server_default="{}", info=PROGRESS)
    """The account of sheets, columns, rows, cells and attachments (``files.tables.Account``), its lists kept short."""


class Purpose(LabelledEnum):
    """What staff upload a file for, which the worker reads before they confirm it."""

    DRAFT = "draft", Label("文稿", "plain")
    REGISTER = "register", Label("企业名录", "plain")
    DECISIONS = "decisions", Label("采纳情况表", "plain")
    INSTRUMENTS = "instruments", Label("文件库清单", "plain")


class StaffUpload(Base):
    """A file that staff uploaded: read by the worker, shown to its uploader, kept until its term is over."""

    __tablename__ = "staff_upload"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    purpose: Mapped[Purpose] = mapped_column(enum_of(Purpose))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    """The file, a blob."""
    stage: Mapped[ImportStage] = mapped_column(enum_of(ImportStage), index=True)
    uploaded_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When the current stage was requested."""
    begun: Mapped[int] = mapped_column(default=0)
    """Attempts at the current stage."""
    noted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When a worker last noted that it processes the file."""
    row: Mapped[int] = mapped_column(default=0)
    """Number of the last processed row of a table."""
    result: Mapped[str] = mapped_column(String(64), default="")
    """What was read, a blob."""
    why: Mapped[str] = mapped_column(Text, default="")
    options: Mapped[dict[str, Any]] = mapped_column(JSONValue, default=dict, server_default="{}")
    """How it is read, as its uploader chose: the columns of a table."""

    __table_args__ = ({"info": {NOT_IN_RECORD: "read and shown; what is made of it has entries of its own"}},)

    @property
    def shown(self) -> str:
        """The digests of the file and of what was read in it; nothing before it was read."""
        return f"{self.digest}{self.result}" if self.result else ""

    @property
    def confirmation(self) -> str:
        """What a form sends to confirm it: its id, and the digests of what was shown."""
        return f"{self.id}-{self.shown}"


class TrustedSender(Base):
    """A system that submits through the API with an API key; the database stores the key's digest."""

    __tablename__ = "trusted_sender"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    channel: Mapped[Channel] = mapped_column(enum_of(Channel))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Answer(Base):
    """What a submission answers to a question of the consultation."""

    __tablename__ = "submission_answer"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    question_id: Mapped[int] = mapped_column(ForeignKey("consultation_question.id"), index=True)
    content: Mapped[str] = mapped_column(Text)

    question: Mapped[Question] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        UniqueConstraint("submission_id", "question_id"),
        {"info": {NOT_IN_RECORD: "covered by the digest of its receipt"}},
    )
