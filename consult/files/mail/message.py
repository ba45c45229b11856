"""A parsed mail message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from consult.labels import Label, LabelledEnum

_NEVER_ANSWERED = re.compile(r"(no|do[-_.]?not)[-_.]?reply|mailer-daemon|postmaster|bounces?\b|notifications?\b", re.I)


class Auto(LabelledEnum):
    """Whether a person wrote a message, and if not, what did."""

    NONE = "none", Label("本人来信", "plain")
    AUTO_REPLY = "auto_reply", Label("自动回复", "plain")
    BOUNCE = "bounce", Label("退信", "plain")
    READ_RECEIPT = "read_receipt", Label("阅读回执", "plain")
    RECALL = "recall", Label("撤回邮件的通知", "plain")
    ABSENCE = "absence", Label("离岗、停用或者系统发送的通知", "plain")
    """Recognised by its words alone; from an organisation that was asked it is shown as its answer."""
    CALENDAR = "calendar", Label("日程邮件", "plain")
    GATEWAY = "gateway", Label("邮件网关的通知", "plain")
    LIST = "list", Label("邮件列表的邮件", "plain")
    BULK = "bulk", Label("群发邮件", "plain")
    OWN = "own", Label("平台自己发出的邮件", "plain")


MAYBE_A_PERSON = frozenset({Auto.NONE, Auto.BULK, Auto.ABSENCE})
"""Kinds that may become a submission without anybody's word: the name of a draft, or who sent it, decides."""


class TextSource(StrEnum):
    """The source of `Mail.text`."""

    NONE = "none"
    PLAIN = "plain"
    SUBJECT = "subject"
    HTML = "html"
    FORWARDED = "forwarded"
    NESTED = "nested"
    ATTACHMENT = "attachment"


class Way(LabelledEnum):
    """How a letter came that another sent than who wrote it."""

    FORM = "form", Label("由网站代发", "plain")
    FORWARD = "forward", Label("转来的来信", "plain")
    ENCLOSED = "enclosed", Label("附在邮件中转来的来信", "plain")


@dataclass(frozen=True)
class Writer:
    """Who wrote a letter that another sent: as its head, form or enclosed message says. Either may be empty.

    `subject` and `message_id` are the letter's own, as far as they are known.
    """

    name: str
    address: str
    way: Way
    subject: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class MailAttachment:
    """A file that came with a message: its `name` as sent, its type by content, its bytes.

    `inline` files are part of the body's layout (a picture in a signature), not sent as files.
    """

    name: str
    media_type: str
    data: bytes = field(repr=False)
    inline: bool = False


@dataclass(frozen=True)
class Bounce:
    """A report of non-delivery (RFC 3464): recipient, status, and which message of ours it is about."""

    recipient: str = ""
    status: str = ""
    action: str = ""
    diagnostic: str = ""
    original_message_id: str = ""

    @property
    def permanent(self) -> bool:
        """Whether trying again is of no use (RFC 3463, class 5)."""
        return self.status.startswith("5") or (not self.status and self.action != "delayed")


@dataclass(frozen=True)
class AuthResults:
    """The authentication results of our server (RFC 8601): `pass`, `fail`, `none`…; "" if there are none."""

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""


@dataclass(frozen=True)
class Mail:
    """A parsed message. `read` makes one from any bytes.

    Addresses are bare (`a@b.cn`), lower case in the domain. `text` is what the person wrote; what follows
    it, an answered message or a signature, is in `quoted`. `writer` is who wrote it, if not the sender; `enclosed`
    has the bytes of several letters that a message only encloses. `date` is the sender's claim, `received` the time
    that the topmost server noted, both aware or None. `defects` say in Chinese what could not be read.
    """

    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    from_name: str = ""
    from_address: str = ""
    reply_to: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    date: datetime | None = None
    received: datetime | None = None
    text: str = ""
    quoted: str = ""
    text_source: TextSource = TextSource.NONE
    html_text: str = ""
    attachments: tuple[MailAttachment, ...] = ()
    nested: tuple[Mail, ...] = ()
    writer: Writer | None = None
    enclosed: tuple[bytes, ...] = field(default=(), repr=False)
    auto: Auto = Auto.NONE
    bounce: Bounce | None = None
    auth: AuthResults = AuthResults()
    spam: str = ""
    """The verdict of our own gateway, as its field states it; "" if it gave none."""
    wants_no_answer: bool = False
    signed: bool = False
    encrypted: bool = False
    defects: tuple[str, ...] = ()
    unreadable: bool = False

    @property
    def title(self) -> str:
        """The subject of the letter: its own, where it was passed on and that is known."""
        return (self.writer.subject if self.writer is not None else "") or self.subject

    @property
    def answer_address(self) -> str:
        """Where an answer goes: to who wrote it, never to who passed it on; "" if that is unknown."""
        if self.writer is not None:
            return self.writer.address
        return (self.reply_to or (self.from_address,))[0]

    @property
    def may_be_answered(self) -> bool:
        """Whether an automatic answer may be sent: to a person, at an address that takes mail (RFC 3834, 2)."""
        local = (self.writer.address if self.writer is not None else self.from_address).partition("@")[0]
        wanted = self.auto is Auto.NONE and not self.wants_no_answer
        return wanted and bool(local) and not _NEVER_ANSWERED.search(local)

    def all_attachments(self) -> Iterator[MailAttachment]:
        """Yield the files of this message and of those inside it."""
        yield from self.attachments
        for inner in self.nested:
            yield from inner.all_attachments()

    def recipients(self) -> tuple[str, ...]:
        """Return every address that this message was sent to, each once."""
        return tuple(dict.fromkeys((*self.delivered_to, *self.to, *self.cc)))
