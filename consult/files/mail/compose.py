"""Composes mail that threads with the message it answers and that no autoresponder answers."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from consult.files.mail.machine_mail import OWN_MARK
from consult.files.mail.message import Mail
from consult.files.mail.subjects import normalise_subject

_BEIJING = timezone(timedelta(hours=8))
_MAX_REFERENCES = 20
_MAX_SUBJECT = 200  # characters
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ENCODED = "=?"
"""How an encoded word (RFC 2047) begins: `email` decodes it in what a field is given, line ends and all."""
_IDENTIFIER = re.compile(r"(?!.*=\?)[^\s<>@]{1,250}@[^\s<>@]{1,250}\Z")


class AddressRefused(ValueError):
    """Mail can't be sent to or from an address; the message says which, in Chinese."""


@dataclass(frozen=True)
class Enclosure:
    """A file to send along."""

    name: str
    media_type: str
    data: bytes


def message(
    *,
    sender: str,
    to: str,
    subject: str,
    text: str,
    at: datetime,
    sender_name: str = "",
    to_name: str = "",
    reply_to: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
    auto_submitted: str = "auto-generated",
    message_id: str = "",
    enclosures: Sequence[Enclosure] = (),
) -> EmailMessage:
    """Build a message ready to be sent; its bytes are `.as_bytes()`.

    `auto_submitted` is `auto-replied` for answers to a message, `auto-generated` for what a program sends by itself,
    `no` for what a person wrote (RFC 3834, 5). `in_reply_to` and `references` are identifiers without brackets, `at` is
    aware. A `message_id` is made up unless it is given. Raises AddressRefused.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(sender, sender_name)
    mail["To"] = _address(to, to_name)
    if reply_to:
        mail["Reply-To"] = _address(reply_to)
    mail["Subject"] = _plain(subject)[:_MAX_SUBJECT].strip()
    mail["Date"] = format_datetime(at.astimezone(_BEIJING))
    mail["Message-ID"] = f"<{message_id or new_message_id(sender)}>"
    _thread(mail, in_reply_to, references)
    if auto_submitted != "no":
        mail["Auto-Submitted"] = auto_submitted
        mail["X-Auto-Response-Suppress"] = "All"
    mail[OWN_MARK] = "1"
    mail.set_content(_wire_text(text), charset="utf-8", cte="base64")
    for enclosure in enclosures:
        main, _, sub = enclosure.media_type.partition("/")
        mail.add_attachment(
            enclosure.data, maintype=main, subtype=sub or "octet-stream", filename=_plain(enclosure.name)
        )
    return mail


def acknowledgement(
    mail: Mail,
    *,
    sender: str,
    sender_name: str,
    title: str,
    number: str,
    key: str,
    link: str,
    at: datetime,
    late: bool = False,
) -> EmailMessage:
    """Build the acknowledgement of `mail` for its sender, with the receipt's number, key and link.

    `title` is the consultation's. Nothing of the message is quoted, so that nobody can make us send their text to a
    stranger. Raises AddressRefused if there is no address to answer to.
    """
    answered = mail.writer.message_id if mail.writer is not None else mail.message_id
    lines = [
        "您好：",
        "",
        f"您对《{title}》的意见已经收到。",
        "",
        f"回执编号：{number}",
        f"查询密码：{key}",
        f"查询网址：{link}",
        f"收到时间：{at.astimezone(_BEIJING):%Y年%m月%d日 %H:%M}（北京时间）",
        "",
        "凭编号和密码可以查看办理情况、采纳结果和理由。请妥善保存，不要转给他人。",
    ]
    if late:
        lines += ["", "您的意见在征求意见期限之后收到，平台照样保存并注明，是否参考由起草单位决定。"]
    lines += ["", "这是系统自动发送的邮件，不需要回复。如果不是您发送的意见，请忽略本邮件。"]
    return message(
        sender=sender,
        sender_name=sender_name,
        to=mail.answer_address,
        subject=f"已收到您的意见（回执 {number}）：{normalise_subject(mail.title)}".rstrip("："),
        text="\n".join(lines),
        at=at,
        in_reply_to=answered,
        references=(*mail.references, answered) if mail.writer is None else (answered,),
        auto_submitted="auto-replied",
    )


@dataclass(frozen=True)
class Acknowledged:
    """A submission that a collecting acknowledgement names; `title` is the consultation's, `at` is aware."""

    title: str
    number: str
    key: str
    link: str
    at: datetime
    late: bool = False


def collected_acknowledgement(
    submissions: Sequence[Acknowledged], *, to: str, sender: str, sender_name: str, at: datetime
) -> EmailMessage:
    """Build one acknowledgement of several submissions of an address. Raises AddressRefused."""
    lines = ["您好：", "", f"您的以下 {len(submissions)} 件意见已经收到，回执合并发送。"]
    for submission in submissions:
        received = f"{submission.at.astimezone(_BEIJING):%Y年%m月%d日 %H:%M}（北京时间）"
        lines += [
            "",
            f"《{submission.title}》",
            f"回执编号：{submission.number}",
            f"查询密码：{submission.key}",
            f"查询网址：{submission.link}",
            f"收到时间：{received}{'，在征求意见期限之后收到' if submission.late else ''}",
        ]
    lines += [
        "",
        "凭编号和密码可以查看办理情况、采纳结果和理由。请妥善保存，不要转给他人。",
        "",
        "这是系统自动发送的邮件，不需要回复。如果不是您发送的意见，请忽略本邮件。",
    ]
    return message(
        sender=sender,
        sender_name=sender_name,
        to=to,
        subject=f"已收到您的意见（{len(submissions)} 件，汇总回执）",
        text="\n".join(lines),
        at=at,
        auto_submitted="auto-replied",
    )


def new_message_id(sender: str) -> str:
    """Return a fresh identifier in the sender's domain, without brackets."""
    return f"{secrets.token_hex(16)}@{_ascii_domain(sender.rpartition('@')[2]) or 'localhost'}"


def _plain(words: str) -> str:
    """Return words that stay within their field: without line ends, also encoded ones, and halves of characters."""
    return _BREAKS.sub(" ", words).replace(_ENCODED, "= ?")


def _address(address: str, name: str = "") -> Address:
    local, at, domain = address.rpartition("@")
    try:
        if not at or not local.isascii() or _plain(address) != address or " " in address:
            raise ValueError(address)
        spec = f"{local}@{_ascii_domain(domain)}"
        return Address(display_name=_plain(name).strip(), addr_spec=spec)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise AddressRefused(f"邮箱地址“{address[:200]}”不能用来收发邮件，请检查。") from error


def _ascii_domain(domain: str) -> str:
    return domain if domain.isascii() else domain.encode("idna").decode("ascii")


def _thread(mail: EmailMessage, in_reply_to: str, references: Sequence[str]) -> None:
    """Set In-Reply-To and References (RFC 5322, 3.6.4); invalid identifiers are left out."""
    if _IDENTIFIER.match(in_reply_to) and in_reply_to.isascii():
        mail["In-Reply-To"] = f"<{in_reply_to}>"
    known = [item for item in dict.fromkeys(references) if _IDENTIFIER.match(item) and item.isascii()]
    if len(known) > _MAX_REFERENCES:  # the first names the thread, the last ones the place in it
        known = [known[0], *known[-_MAX_REFERENCES + 1 :]]
    if known:
        mail["References"] = " ".join(f"<{item}>" for item in known)


def _wire_text(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
