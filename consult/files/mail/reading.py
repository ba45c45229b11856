"""Reading a message: any bytes become a Mail, whatever is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from consult.files import charsets
from consult.files.extraction import text_of
from consult.files.mail import addresses, authentication, automatic, bounces, dates, quoting
from consult.files.mail.bodies import Contents, Sorter
from consult.files.mail.headers import Fields
from consult.files.mail.model import AuthResults, Auto, Mail, MailAttachment, TextSource
from consult.files.mail.structure import Part, Reader
from consult.files.mail.subjects import is_answer, is_forward, normalise_subject

MAX_SIZE = 60 << 20  # bytes that are looked at
MAX_TEXT = 1_000_000  # characters
MAX_NESTING = 5  # messages inside messages
_MAX_READ_ATTACHMENTS = 5
_MESSAGE_ID = re.compile(rb"<([^<>\x00-\x20\x7f]{1,500})>")
_DELIVERY_FIELDS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-rcpt-to")
_CONTROLS = bytes([*range(9), *range(11, 32), 127])
_FOR = re.compile(rb"\bfor\s+<?([^\s<>;]{3,200}@[^\s<>;]{2,200})>?", re.I)
# A body that points to a file: 详见附件, 意见如附, 现将……发送给贵局（附件）, see attached.
_POINTER = re.compile(
    r"(?:见|参阅|查收|查阅|查看|审阅|发送|提交|报送|发来)[^，。；\n]{0,6}附[件表档]|附[件表档]\W*(?:\Z|\n|[是为中里内已请如])"
    r"|附上|附后|如附|随信附|见附|请(?:查收|查阅|审阅|查看)|(?:意见|建议|反馈)(?:表|函|书)?\W*\Z|\A\W*如题"
    r"|(?:see|find|refer to)[^.]{0,20}(?:attach|enclos)|attached (?:is|are|please)",
    re.I,
)
_POINTER_CHARACTERS = 300
"""Longest body that is taken to introduce its attachment; its words stay above those of the file."""
_POINTS_DOWN = re.compile(
    r"如下|见下|下面|下文|转发|轉發|转来|请(?:查收|看|查阅|阅)|代(?:为|发|转)|附上|fyi|forward", re.I
)


def read(raw: bytes, *, own_addresses: Collection[str] = (), trusted_hosts: Collection[str] = ()) -> Mail:
    """Read a message. Never raises: what can't be read is told in `defects`, a hopeless one is `unreadable`.

    `own_addresses` are those that the platform writes from, `trusted_hosts` the names under which our own mail server
    states what it found about a sender. Time and memory are bounded by the size of `raw`.
    """
    try:
        return _read(raw, own_addresses, trusted_hosts, 1)
    except Exception as error:  # the promise of this function: anything that was sent can be shown and counted
        return _rescue(raw, error)


def _read(raw: bytes, own: Collection[str], trusted: Collection[str], depth: int) -> Mail:
    data = _with_plain_line_ends(raw[:MAX_SIZE])
    reader = Reader(data)
    if len(raw) > MAX_SIZE:
        reader.note(f"邮件超过 {MAX_SIZE >> 20} MB，其余没有读取")
    root = reader.read(0, len(data))
    sorter = Sorter(reader)
    found = sorter.sort(root)
    nested = tuple(_nested(found, reader, own, depth))
    sender = _sender(root.fields)
    subject = root.fields.text("subject")
    body = "\n\n".join(text for block in found.blocks if (text := block.text.strip()))
    auto = automatic.classify(root, sender[1], subject, body, own)
    fields = root.fields
    answers = fields.has("in-reply-to") or fields.has("references") or is_answer(subject)
    words = _words(body, subject, found, nested, auto, own, answers=answers)
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
        html_text="\n\n".join(block.html for block in found.blocks if block.html)[:MAX_TEXT],
        attachments=tuple(found.attachments),
        nested=nested,
        auto=auto,
        bounce=bounces.details(root, body) if auto is Auto.BOUNCE else None,
        auth=authentication.read(fields, trusted) if trusted else AuthResults(),
        wants_no_answer=automatic.wants_no_answer(fields),
        signed=found.signed,
        encrypted=found.encrypted,
        defects=tuple(_defects(root, reader, sender[1])),
        unreadable=_is_unreadable(root, words, found, nested),
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


def _nested(found: Contents, reader: Reader, own: Collection[str], depth: int) -> list[Mail]:
    if depth > MAX_NESTING and found.messages:
        reader.note(f"邮件里套邮件超过 {MAX_NESTING} 层，更深的没有读取")
        return []
    return [_read(message, own, (), depth + 1) for message in found.messages]


def _sender(fields: Fields) -> tuple[str, str]:
    """Return name and address of who wrote, from the first field that has an address."""
    name = ""
    for field in ("from", "sender", "reply-to", "return-path"):
        for pair in addresses.parse(fields.first(field), fields.charset):
            return pair[0] or name, pair[1]
        name = name or (addresses.name_in(fields.text(field)) if field == "from" else "")
    return name, ""


def _bare(fields: Fields, name: str) -> tuple[str, ...]:
    found = [address for value in fields.all(name)[:5] for _, address in addresses.parse(value, fields.charset)]
    return tuple(dict.fromkeys(found))[: addresses.MAX_ADDRESSES]


def _delivered_to(fields: Fields) -> tuple[str, ...]:
    """Return the addresses that servers noted as the recipient: a blind copy has no other."""
    found = [address for name in _DELIVERY_FIELDS for address in _bare(fields, name)]
    for value in fields.all("received")[:5]:
        match = _FOR.search(value)
        if match:
            found.append(addresses.clean(match[1].decode("latin-1")))
    return tuple(dict.fromkeys(address for address in found if address))


def _identifier(value: bytes) -> str:
    """Return a message identifier without its brackets; one without brackets is taken up to the first space."""
    match = _MESSAGE_ID.search(value)
    if match:
        return match[1].decode("latin-1")
    plain = value.translate(None, _CONTROLS).strip(b" <>").split()
    return plain[0][:500].decode("latin-1") if plain else ""


def _identifiers(value: bytes) -> tuple[str, ...]:
    found = [match.decode("latin-1") for match in _MESSAGE_ID.findall(value)]
    return tuple(dict.fromkeys(found))[-100:]


@dataclass(frozen=True)
class _Found:
    text: str
    quoted: str
    source: TextSource


def _words(
    body: str,
    subject: str,
    found: Contents,
    nested: tuple[Mail, ...],
    auto: Auto,
    own: Collection[str],
    *,
    answers: bool,
) -> _Found:
    """Find the person's words: in the body, else in what was forwarded, in a message inside, in an attachment."""
    uses_html = any(block.uses_html for block in found.blocks)
    plain = TextSource.HTML if uses_html else TextSource.PLAIN
    words = quoting.split(body)
    if auto in (Auto.BOUNCE, Auto.READ_RECEIPT):
        return _Found(words.own or body, words.quoted if words.own else "", plain if body else TextSource.NONE)
    if not words.own and not words.message and not answers and not is_forward(subject):
        # Nothing is answered here: the marks of quotation are the writer's own.
        words = quoting.Words(quoting.own_among(words.quoted))
    forwarded = _forwarded(words, subject, own, answers=answers)
    if forwarded and (not words.own or (len(words.own) < 60 and _POINTS_DOWN.search(words.own))):
        text = f"{words.own}\n\n{forwarded}".strip()
        return _Found(text, words.quoted, TextSource.FORWARDED)
    if not words.own or _is_pointer(words.own):
        inner = next((mail for mail in nested if mail.text and mail.auto is not Auto.OWN), None)
        if inner:
            return _Found(f"{words.own}\n\n{inner.text}".strip(), words.quoted, TextSource.NESTED)
        readable = auto is Auto.NONE and not found.encrypted
        attached = _text_of_attachments(found.attachments) if readable else ""
        if attached:
            return _Found(f"{words.own}\n\n{attached}".strip(), words.quoted, TextSource.ATTACHMENT)
    if not words.own and auto is Auto.NONE and not (found.attachments or nested or words.quoted or found.encrypted):
        plain_subject = normalise_subject(subject)
        return _Found(plain_subject, "", TextSource.SUBJECT if plain_subject else TextSource.NONE)
    return _Found(words.own, words.quoted, plain if words.own else TextSource.NONE)


def _forwarded(words: quoting.Words, subject: str, own: Collection[str], *, answers: bool) -> str:
    """Return what was passed on, "" where the message answers another or passes our own notice back.

    Some people type the head of a letter themselves (发件人：…, 日期：…): that is nothing answered either.
    """
    if not words.message or not (words.forward or is_forward(subject) or (words.bare_head and not answers)):
        return ""
    head = words.head.lower()
    if any(address.lower() in head.partition("收件人")[0].partition("\nto:")[0] for address in own if address):
        return ""
    inner = quoting.split(words.message)
    for _ in range(5):
        if inner.own or not inner.message:
            break
        inner = quoting.split(inner.message)
    return inner.own or words.message


def _is_pointer(text: str) -> bool:
    return len(text) <= _POINTER_CHARACTERS and bool(_POINTER.search(text))


def _text_of_attachments(attachments: list[MailAttachment]) -> str:
    """Join the texts of the files that were sent for their own sake, each under its name."""
    pieces = []
    for attachment in [item for item in attachments if not item.inline][:_MAX_READ_ATTACHMENTS]:
        text = text_of(attachment.data, attachment.media_type)
        if text:
            pieces.append((attachment.name, text))
    if len(pieces) == 1:
        return pieces[0][1]
    return "\n\n".join(f"【{name}】\n{text}" for name, text in pieces)


def _defects(root: Part, reader: Reader, sender: str) -> list[str]:
    if root.fields.items and not sender:
        reader.note("没有可用的发件人地址，无法回复")
    if root.fields.has("date") and dates.parse(root.fields.first("date")) is None:
        reader.note("发信日期无法识别")
    return reader.defects


def _is_unreadable(root: Part, words: _Found, found: Contents, nested: tuple[Mail, ...]) -> bool:
    """Say whether there is nothing to read in what somebody sent."""
    if words.text or words.quoted or found.attachments or nested:
        return found.encrypted and not words.text
    return not root.fields.items or found.encrypted or bool(root.body.strip())


def _rescue(raw: bytes, error: Exception) -> Mail:
    """Make the best of a message that broke the reader: its bytes as text."""
    text = charsets.decode(raw[:200_000]).text.replace("\x00", "")
    return Mail(
        text="",
        quoted=text,
        defects=(f"邮件无法解析（{type(error).__name__}），原件已保存",),
        unreadable=True,
    )
