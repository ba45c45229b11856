"""Parses messages: any bytes become a Mail, however malformed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection

from consult.files import attachments, charsets
from consult.files.mail import addresses, authentication, bounces, dates, machine_mail, sender_text, writers
from consult.files.mail.bodies import Contents, Sorter
from consult.files.mail.headers import Fields
from consult.files.mail.message import AuthResults, Auto, Mail
from consult.files.mail.mime_structure import Part, Reader
from consult.files.mail.sender_text import MustBeOpened
from consult.files.mail.subjects import is_answer

MAX_SIZE = 60 << 20  # bytes that are read
MAX_TEXT = 1_000_000  # characters
MAX_NESTING = 5  # messages inside messages
_MESSAGE_ID = re.compile(rb"<([^<>\x00-\x20\x7f]{1,500})>")
_DELIVERY_FIELDS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-rcpt-to")
_CONTROLS = bytes([*range(9), *range(11, 32), 127])
# "从QQ邮箱发来的超大附件", "从网易163邮箱发来的云附件": what lies at the mail provider, for some weeks.
_ELSEWHERE = re.compile(
    r"发来的(?:超大|云|大)附件|(?:超大|云)附件\W{0,3}(?:\d|共|\n)|进入下载页面\s*[:：]"
    # "链接：https://pan.baidu.com/s/1aB 提取码：8888": what its sender put into a cloud
    r"|(?:pan|yun)\.baidu\.com/(?:s/|share|wap|e/)|pan\.quark\.cn/s/|(?:alipan|aliyundrive)\.com/[st]/|cloud\.189\.cn/(?:t/|web/share)"
    r"|(?:cai)?yun\.139\.com/\S|weiyun\.com/\w|\b115(?:cdn)?\.com/s/|lanzou\w?\.com/\w|jianguoyun\.com/p/|\b123\d{0,3}(?:pan)?\.(?:com|cn)/s/"
    r"|(?:drive|fast)\.uc\.cn/s/|pan\.xunlei\.com/s/|pan\.wo\.cn/s/|ctfile\.com/\w|cowtransfer\.com/s/|wenshushu\.cn/\w|wetransfer\.com/\w|we\.tl/\w"
    r"|(?:drive|docs)\.google\.com/\w|dropbox\.com/s\w*/|1drv\.ms/\w|onedrive\.live\.com/\S|sharepoint\.com/:|icloud\.com/(?:attachment|iclouddrive)"
    r"|(?:wx\.)?mail\.qq\.com/(?:cgi-bin/)?ftn|mail\.163\.com/(?:large-attachment|filehub)|dashi\.163\.com/\S*attachment|(?:docs|drive)\.(?:qq|weixin\.qq)\.com/\w"
    r"|kdocs\.cn/l/|feishu\.cn/(?:file|drive|docx|sheets|wiki)/|terabox\.com/s/|mega\.nz/\w|ecloud\.\S+/share",
    re.I,
)
ELSEWHERE = "附件没有随信寄来，只给出了下载地址；请尽快下载，或者请发件人重新寄"
_FOR = re.compile(rb"\bfor\s+<?([^\s<>;]{3,200}@[^\s<>;]{2,200})>?", re.I)


def read(
    raw: bytes, *, own_addresses: Collection[str] = (), trusted_hosts: Collection[str] = (), may_open: bool = True
) -> Mail:
    """Parse a message: defects are listed in `defects`, a hopeless message is `unreadable`.

    `own_addresses` are those that the platform sends from, `trusted_hosts` the names of our mail server in
    Authentication-Results. Time and memory are bounded by the size of `raw` where no attachment is unpacked.

    Raises:
        MustBeOpened: the text is in an attachment that must be unpacked, and `may_open` forbids it; nothing else.
    """
    try:
        return _read(raw, own_addresses, trusted_hosts, 1, may_open=may_open)
    except MustBeOpened:
        raise
    except Exception as error:  # anything that was sent must be shown and counted
        return _rescue(raw, error)


def _read(raw: bytes, own_addresses: Collection[str], trusted: Collection[str], depth: int, *, may_open: bool) -> Mail:
    data = _with_plain_line_ends(raw[:MAX_SIZE])
    reader = Reader(data)
    if len(raw) > MAX_SIZE:
        reader.note(f"邮件超过 {MAX_SIZE >> 20} MB，其余没有读取")
    root = reader.read(0, len(data))
    sorter = Sorter(reader)
    contents = sorter.sort(root)
    nested = tuple(_nested(contents, reader, own_addresses, depth, may_open=may_open))
    sender = _sender(root.fields)
    subject = root.fields.text("subject")
    body = "\n\n".join(text for block in contents.blocks if (text := block.text.strip()))
    fields = root.fields
    of_a_form = writers.of_a_form(fields, sender, body, own_addresses)
    auto = machine_mail.classify(root, sender[1], subject, body, () if of_a_form else own_addresses)
    answers = fields.has("in-reply-to") or fields.has("references") or is_answer(subject)
    words = sender_text.find(
        body, sender, subject, contents, nested, auto, own_addresses, answers=answers, may_open=may_open
    )
    return Mail(
        message_id=_identifier(fields.first("message-id")),
        in_reply_to=_identifier(fields.first("in-reply-to")),
        references=_identifiers(fields.first("references")),
        from_name=sender[0],
        from_address=sender[1],
        reply_to=_bare(fields, "reply-to"),
        to=_bare(fields, "to"),
        cc=_bare(fields, "cc"),
        delivered_to=_delivered_to(fields),
        subject=subject,
        date=dates.parse(fields.first("date")),
        received=dates.of_received(fields.first("received")),
        text=words.text[:MAX_TEXT],
        quoted=words.quoted[:MAX_TEXT],
        text_source=words.source,
        html_text="\n\n".join(block.html for block in contents.blocks if block.html)[:MAX_TEXT],
        attachments=tuple(contents.attachments),
        nested=nested,
        writer=of_a_form or words.writer,
        enclosed=_letters(contents.messages, nested) if words.encloses else (),
        auto=auto,
        bounce=bounces.details(root, body) if auto is Auto.BOUNCE else None,
        auth=authentication.read(fields, trusted) if trusted else AuthResults(),
        spam=authentication.spam_verdict(fields, trusted) if trusted else "",
        wants_no_answer=machine_mail.wants_no_answer(fields),
        signed=contents.signed,
        encrypted=contents.encrypted,
        defects=tuple(_defects(root, reader, sender[1], "\n".join([body, *contents.links]))),
        unreadable=_is_unreadable(root, words, contents, nested),
    )


def _with_plain_line_ends(raw: bytes) -> bytes:
    """Repair line ends that some programs double or leave half, where the first lines show it."""
    head = raw[:8_192]
    if b"\r\r\n" in head:
        return raw.replace(b"\r\r\n", b"\r\n")
    if b"\n" not in head and b"\r" in head:
        return raw.replace(b"\r", b"\n")
    stripped = raw.lstrip(b"\r\n \t\x00\xef\xbb\xbf") if raw[:1] in b"\r\n \t\x00\xef" else raw
    return stripped or raw


def _nested(
    contents: Contents, reader: Reader, own_addresses: Collection[str], depth: int, *, may_open: bool
) -> list[Mail]:
    if depth > MAX_NESTING and contents.messages:
        reader.note(f"邮件里套邮件超过 {MAX_NESTING} 层，更深的没有读取")
        return []
    return [_read(message, own_addresses, (), depth + 1, may_open=may_open) for message in contents.messages]


def _letters(messages: list[bytes], nested: tuple[Mail, ...]) -> tuple[bytes, ...]:
    """Return the bytes of the letters enclosed, also within those enclosed, if there are several."""
    raws: list[bytes] = []
    for raw, mail in zip(messages, nested, strict=False):
        raws += mail.enclosed or [raw]
    return tuple(raws) if len(raws) > 1 else ()


def _sender(fields: Fields) -> tuple[str, str]:
    """Return the sender's name and address, from the first field that has an address."""
    name = ""
    for field in ("from", "sender", "reply-to", "return-path"):
        for pair in addresses.parse(fields.first(field), fields.charset):
            return pair[0] or name, pair[1]
        name = name or (addresses.name_in(fields.text(field)) if field == "from" else "")
    return name, ""


def _bare(fields: Fields, name: str) -> tuple[str, ...]:
    parsed = [address for value in fields.all(name)[:5] for _, address in addresses.parse(value, fields.charset)]
    return tuple(dict.fromkeys(parsed))[: addresses.MAX_ADDRESSES]


def _delivered_to(fields: Fields) -> tuple[str, ...]:
    """Return the addresses that servers noted as the recipient: a blind copy has no other."""
    recipients = [address for name in _DELIVERY_FIELDS for address in _bare(fields, name)]
    for value in fields.all("received")[:5]:
        match = _FOR.search(value)
        if match:
            recipients.append(addresses.clean(match[1].decode("latin-1")))
    return tuple(dict.fromkeys(address for address in recipients if address))


def _identifier(value: bytes) -> str:
    """Return a message identifier without its brackets; one without brackets is taken up to the first space."""
    match = _MESSAGE_ID.search(value)
    if match:
        return match[1].decode("latin-1")
    plain = value.translate(None, _CONTROLS).strip(b" <>").split()
    return plain[0][:500].decode("latin-1") if plain else ""


def _identifiers(value: bytes) -> tuple[str, ...]:
    identifiers = [match.decode("latin-1") for match in _MESSAGE_ID.findall(value)]
    return tuple(dict.fromkeys(identifiers))[-100:]


def _defects(root: Part, reader: Reader, sender: str, body: str) -> list[str]:
    if _ELSEWHERE.search(body):
        reader.note(ELSEWHERE)
    if root.fields.items and not sender:
        reader.note("没有可用的发件人地址，无法回复")
    if root.fields.has("date") and dates.parse(root.fields.first("date")) is None:
        reader.note("发信日期无法识别")
    return reader.defects


def _is_unreadable(root: Part, words: sender_text.Found, contents: Contents, nested: tuple[Mail, ...]) -> bool:
    """Whether there is nothing readable in a message."""
    if words.text or words.quoted or contents.attachments or nested:
        return contents.encrypted and not words.text
    return not root.fields.items or contents.encrypted or bool(root.body.strip())


def _rescue(raw: bytes, error: Exception) -> Mail:
    """Fall back on the bytes as text for a message that the parser failed on."""
    text = charsets.decode(raw[:200_000]).text.replace("\x00", "")
    return Mail(
        text="",
        quoted=text,
        defects=(f"邮件无法解析（{type(error).__name__}），原件已保存",),
        unreadable=True,
    )


def read_with_attachments(raw: bytes) -> None:
    """Parse a message and check each of its files, as ingestion does; run in ``consult.files.sandbox``."""
    for file in read(raw).all_attachments():
        with contextlib.suppress(Exception):  # a message is accepted whatever its files do to their reader
            attachments.check(file.name, file.data, max_bytes=len(file.data))
