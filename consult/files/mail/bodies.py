"""Sorts the parts of a message: body, attachments, enclosed messages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from consult.files import charsets, file_type
from consult.files.mail import smime, tnef, transfer_encoding
from consult.files.mail.headers import decode_words
from consult.files.mail.html_bodies import decode_html, text_of_html
from consult.files.mail.message import MailAttachment
from consult.files.mail.mime_structure import Part, Reader

MAX_ATTACHMENTS = 200
MAX_MESSAGES = 20
MAX_LINKS = 200
MAX_TEXT_BYTES = 8 << 20
_MAX_TNEF_DEPTH = 3
_SIGNATURES = frozenset({
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
})  # fmt: skip
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
# What programs say to programs.
_REPORTS = frozenset({
    "message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
    "message/feedback-report", "text/rfc822-headers", "message/rfc822-headers", "application/pgp-encrypted",
    "text/x-amp-html", "text/watch-html", "application/applefile",
})  # fmt: skip
# Exchange puts what follows an attachment, such as the footer of a list, into files of these names.
_BODY_NAMES = re.compile(r"(?:att\d{3,}|mime-attachment|message|body|part\d*)\.(?:txt|html?)\Z", re.I)
_HTML_START = re.compile(r"\s*(?:<!doctype html|<html|<head|<body|<meta|<div|<p[ >]|<table|<span|<font|<br)", re.I)
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[0-9a-f]{2,6}|nbsp|lt|gt|amp|quot);", re.I)
# What text/enriched marks its words with (RFC 1896): <bold>…</bold>, <param>…</param>, << for <.
_ENRICHED = re.compile(r"<param>[^<]{0,200}</param>|</?[a-z-]{1,60}>|(?<=<)<", re.I)
_HREF = re.compile(r"href\s*=\s*[\"']?(https?://[^\"'\s>]{1,500})", re.I)
_CID = re.compile(r"cid:([^\"'\s>)]{1,200})", re.I)
_SIGNED_BEGINS, _SIGNATURE_BEGINS, _SIGNATURE_ENDS = (
    f"-----{words}-----" for words in ("BEGIN PGP SIGNED MESSAGE", "BEGIN PGP SIGNATURE", "END PGP SIGNATURE")
)
_PLACEHOLDER = re.compile(
    r"\s*(?:this is a multi-?part message|您的(?:邮件|電郵|邮箱)?(?:客户端|浏览器|程序)?不支持|此邮件为 ?html"
    r"|your (?:e-?mail|mail) (?:client|reader) does not|请使用支持 ?html)",
    re.I,
)


@dataclass
class Block:
    """One piece of body text in its versions; either may be empty."""

    plain: str = ""
    html: str = ""
    damaged: bool = False

    @property
    def uses_html(self) -> bool:
        """Whether the HTML says more than the plain text beside it, as with programs that leave the latter out."""
        if not self.html.strip():
            return False
        if not self.plain.strip() or _PLACEHOLDER.match(self.plain) or self.damaged or _is_lost(self.plain):
            return True
        return len("".join(self.plain.split())) * 5 < len("".join(self.html.split())) * 2

    @property
    def text(self) -> str:
        """The version to read."""
        return self.html if self.uses_html else self.plain


@dataclass
class Contents:
    """The contents of a message: body, attachments, enclosed messages."""

    blocks: list[Block] = field(default_factory=list)
    attachments: list[MailAttachment] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """Where the links of the HTML lead, which its text doesn't say."""
    signed: bool = False
    encrypted: bool = False


class Sorter:
    """Sorts the parts of one message; reports defects to the reader of its structure."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.found = Contents()
        self._root: Part | None = None
        self._shown: set[str] = set()  # what the HTML shows in place, by Content-ID
        self._files: list[tuple[str, MailAttachment]] = []

    def sort(self, root: Part) -> Contents:
        """Sort the parts of a whole message."""
        self._root = root
        self._sort(root, related=False)
        for content_id, file in self._files:
            shown = file.media_type.startswith("image/") and content_id in self._shown
            self.found.attachments.append(replace(file, inline=True) if shown else file)
        return self.found

    def _sort(self, part: Part, *, related: bool) -> None:
        kind = part.media_type
        if not part.is_multipart:
            self._leaf(part, related=related)
        elif kind == "multipart/alternative":
            self._alternatives(part)
        elif kind == "multipart/signed":
            self.found.signed = True
            for child in part.children:
                self._sort(child, related=related)
        else:
            if kind == "multipart/encrypted":
                self._note_encrypted()
            for number, child in enumerate(part.children):
                self._sort(child, related=related or (kind == "multipart/related" and number > 0))

    def _alternatives(self, part: Part) -> None:
        """Take the versions of one text as one block; files among them are kept."""
        before = self.found.blocks
        self.found.blocks = []
        for child in part.children:
            self._sort(child, related=False)
        versions, self.found.blocks = self.found.blocks, before
        plain = [block for block in versions if block.plain.strip()]
        rich = [block.html for block in versions if block.html.strip()]
        damaged = any(block.damaged for block in plain)
        merged = Block("\n\n".join(block.plain for block in plain), "\n\n".join(rich), damaged)
        self.found.blocks.append(merged)

    def _leaf(self, part: Part, *, related: bool) -> None:
        kind = part.media_type
        if kind in _SIGNATURES:
            self.found.signed = True
        elif kind in _REPORTS:
            self.found.encrypted |= kind == "application/pgp-encrypted"
        elif kind in _MESSAGES:
            self._message(part.content())
        elif kind == "message/partial":
            self._reader.note("这是一封被拆开发送的邮件的一部分")
        elif kind == "message/external-body":
            self._reader.note("附件没有随信寄来，只给出了存放地址")
        elif kind in ("text/plain", "text/html", "text/enriched") and self._is_body(part):
            self._text(part)
        else:
            self._file(part, related=related)

    def _is_body(self, part: Part) -> bool:
        if part.disposition == "attachment":
            return False
        # The body of a message without parts is its body, whatever name it was given.
        return not part.name or part is self._root or bool(_BODY_NAMES.match(part.name))

    def _message(self, data: bytes) -> None:
        if len(self.found.messages) >= MAX_MESSAGES:
            self._reader.note(f"邮件里装了超过 {MAX_MESSAGES} 封邮件，其余没有读取")
        elif data.strip():
            self.found.messages.append(data)

    def _text(self, part: Part) -> None:
        data = part.content()
        if not part.whole:
            self._reader.note("正文的传输编码有损坏，能读出的部分已读出")
        declared = part.fields.first("content-transfer-encoding").strip().lower()
        if declared not in (b"base64", b"quoted-printable"):
            data = transfer_encoding.undeclared(data) or data
            data = self._without_uuencoded(data)
        data = self._beginning(data)
        charset = part.parameters.get("charset")
        if part.media_type == "text/html":
            self._html(data, charset)
            return
        read = charsets.decode(data, charset or part.fields.charset)
        if _HTML_START.match(read.text) and "</" in read.text:
            self._html(data, charset)
            return
        self._note_damage(read)
        if part.media_type == "text/enriched":
            read = replace(read, text=_ENRICHED.sub("", read.text))
        text = _without_armour(_flowed(read.text, part.parameters))
        self.found.signed |= _SIGNED_BEGINS in read.text
        if "-----BEGIN PGP MESSAGE-----" in read.text:
            self._note_encrypted()
        self.found.blocks.append(Block(plain=_lines(text), damaged=not read.clean))

    def _html(self, data: bytes, charset: str | None) -> None:
        read = decode_html(data, charset)
        self._note_damage(read)
        if "<" not in read.text and not _ENTITY.search(read.text):
            self.found.blocks.append(Block(plain=_lines(read.text)))
            return
        self.found.links += _HREF.findall(read.text)[:MAX_LINKS]
        self._shown.update(_CID.findall(read.text))
        self.found.blocks.append(Block(html=_lines(text_of_html(read.text)), damaged=not read.clean))

    def _file(self, part: Part, *, related: bool) -> None:
        data = part.content()
        if not part.whole:
            self._reader.note(f"附件《{part.name or '未命名'}》的编码有损坏，可能无法打开")
        if part.media_type in _SMIME or part.name.lower().endswith(".p7m"):
            self._smime(part, data)
        elif part.media_type in ("application/ms-tnef", "application/vnd.ms-tnef") or data.startswith(tnef.SIGNATURE):
            self._tnef(part, data)
        elif part.name.lower().endswith(".eml") and file_type.sniff(data, part.name) == file_type.EML:
            self._message(data)
        elif data or part.name:
            inline = related and part.media_type.startswith("image/") and part.disposition != "attachment"
            self._attach(part.name, data, part.media_type, inline=inline, content_id=part.content_id)

    def _attach(self, name: str, data: bytes, declared: str, *, inline: bool, content_id: str = "") -> None:
        if len(self._files) >= MAX_ATTACHMENTS:
            self._reader.note(f"附件超过 {MAX_ATTACHMENTS} 个，其余没有读取")
            return
        if not data:
            self._reader.note(f"附件《{name}》是空的")
        kind = file_type.sniff(data, name)
        if kind == file_type.UNKNOWN and declared.startswith(("audio/", "video/", "image/")):
            kind = declared
        number = len(self._files) + 1
        self._files.append((content_id, MailAttachment(name or f"附件{number}", kind, data, inline)))

    def _smime(self, part: Part, data: bytes) -> None:
        if part.parameters.get("smime-type", "").startswith("enveloped") or smime.is_encrypted(data):
            self._note_encrypted()
            self._attach(part.name or "smime.p7m", data, part.media_type, inline=False)
            return
        content = smime.signed_content(data)
        if content is None:
            self._reader.note("签名邮件的内容无法取出")
            self._attach(part.name or "smime.p7m", data, part.media_type, inline=False)
            return
        self.found.signed = True
        inner = Reader(content)
        root = inner.read(0, len(content))
        for defect in inner.defects:
            self._reader.note(defect)
        self._sort(root, related=False)

    def _tnef(self, part: Part, data: bytes, depth: int = 0) -> None:
        """Unpack winmail.dat; a message inside (`depth` levels down) is read in place."""
        unpacked = tnef.unpack(data)
        if not unpacked.files and not unpacked.text.strip():
            self._attach(part.name or "winmail.dat", data, part.media_type, inline=False)
            return
        if not unpacked.whole:
            self._reader.note("Outlook 专用格式（winmail.dat）有损坏，能读出的部分已读出")
        if unpacked.text.strip() and (depth or not any(block.text.strip() for block in self.found.blocks)):
            self.found.blocks.append(Block(plain=_lines(unpacked.text)))
        for file in unpacked.files:
            if file.data.startswith(tnef.SIGNATURE) and depth < _MAX_TNEF_DEPTH:
                self._tnef(part, file.data, depth + 1)
            else:
                self._attach(file.name, file.data, "", inline=file.inline)

    def _without_uuencoded(self, data: bytes) -> bytes:
        """Extract uuencoded files from the text."""
        if b"\nend" not in data or b"begin " not in data:
            return data
        kept, at = [], 0
        for name, content, start, end in transfer_encoding.uuencoded(data):
            self._attach(decode_words(name), content, "", inline=False)
            kept.append(data[at:start])
            at = end
        return b"".join([*kept, data[at:]])

    def _beginning(self, data: bytes) -> bytes:
        """Return what is read of a text: more is never shown, and each byte costs thirty while it is."""
        if len(data) <= MAX_TEXT_BYTES:
            return data
        self._reader.note(f"正文超过 {MAX_TEXT_BYTES >> 20} MB，其余没有读取")
        return data[: data.rfind(b"\n", 0, MAX_TEXT_BYTES) + 1 or MAX_TEXT_BYTES]

    def _note_damage(self, read: charsets.Decoded) -> None:
        lost = read.text.count("\ufffd")
        if lost:
            self._reader.note(f"正文中有 {lost} 处字符无法识别")

    def _note_encrypted(self) -> None:
        self.found.encrypted = True
        self._reader.note("邮件是加密的，无法读取；请联系发件人重新发送不加密的邮件")


def _is_lost(text: str) -> bool:
    """Whether a program replaced characters missing in its charset by question marks."""
    plain = "".join(text.split())
    return plain.count("?") * 2 > len(plain)


def _lines(text: str) -> str:
    """Return text with plain line ends and without characters that no page can show."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]", "", text).replace("\xa0", " ").strip("\n")


def _flowed(text: str, parameters: dict[str, str]) -> str:
    """Join the lines that the sender's program broke (RFC 3676)."""
    if parameters.get("format", "").lower() != "flowed":
        return text
    delete_space = parameters.get("delsp", "").lower() == "yes"
    out: list[list[str]] = []
    open_quotes = -1
    for line in text.splitlines():
        quotes = len(line) - len(line.lstrip(">"))
        content = line[quotes:].removeprefix(" ")
        flows = content.endswith(" ") and content != "-- "
        piece = content[:-1] if flows and delete_space else content
        if open_quotes == quotes and content != "-- ":
            out[-1].append(piece)
        else:
            out.append([">" * quotes + (" " if quotes else ""), piece])
        open_quotes = quotes if flows else -1
    return "\n".join("".join(pieces) for pieces in out)


def _without_armour(text: str) -> str:
    """Remove the armour of an inline PGP signature (RFC 9580, 7)."""
    before, begins, rest = text.replace("\r\n", "\n").partition(_SIGNED_BEGINS)
    if not begins:
        return text
    _, _, rest = rest.partition("\n\n")  # the fields of the armour end with an empty line
    signed, _, rest = rest.partition(_SIGNATURE_BEGINS)
    after = rest.partition(_SIGNATURE_ENDS)[2]
    return before + re.sub(r"^- ", "", signed.removesuffix("\n"), flags=re.M) + after
