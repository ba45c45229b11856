"""Messages as people's programs write them, put together byte by byte."""

from __future__ import annotations

import base64
import quopri
import struct

NOTICE = "关于《城市绿化管理办法（征求意见稿）》公开征求意见的通知。请于期限内反馈意见。"
OPINION = "建议第八条增加“不得收取任何费用”，并明确二十个工作日的办理时限。"


SENDER = "张三 <zhangsan@example.cn>"
SUBJECT = "关于绿化办法的意见"


def message(*fields, body=b"", sender=SENDER, subject=SUBJECT, charset="utf-8", kind=None):
    """Build a message. `fields` are extra (name, value) pairs or whole lines; `None` leaves sender or subject out."""
    lines = []
    if sender is not None:
        lines.append(b"From: " + raw(sender, charset))
    lines += [b"To: yijian@dept.example.gov.cn"]
    if subject is not None:
        lines.append(b"Subject: " + raw(subject, charset))
    lines += [b"Date: Tue, 24 Nov 2026 10:30:00 +0800", b"Message-ID: <one@example.cn>", b"MIME-Version: 1.0"]
    for field in fields:
        name, value = field if isinstance(field, tuple) else (b"", field)
        lines.append(raw(name, charset) + (b": " if name else b"") + raw(value, charset))
    if kind is None and not any(line.lower().startswith(b"content-type") for line in lines):
        kind = f"text/plain; charset={charset}"
    if kind:
        lines.append(b"Content-Type: " + raw(kind, charset))
    return b"\r\n".join(lines) + b"\r\n\r\n" + raw(body, charset)


def raw(text, charset="utf-8"):
    """Return bytes, encoding text."""
    return text if isinstance(text, bytes) else text.encode(charset)


def part(body=b"", kind="text/plain; charset=utf-8", *fields, charset="utf-8", encoding=None):
    """Build a part; `encoding` is base64 or quoted-printable."""
    data = raw(body, charset)
    lines = [b"Content-Type: " + raw(kind, charset), *(raw(field, charset) for field in fields)]
    if encoding == "base64":
        data = base64.encodebytes(data)
    elif encoding == "quoted-printable":
        data = quopri.encodestring(data)
    if encoding:
        lines.append(b"Content-Transfer-Encoding: " + encoding.encode())
    return b"\r\n".join(lines) + b"\r\n\r\n" + data


def file(name, data, kind="application/octet-stream"):
    """Build a part that attaches `data` under `name`, written in RFC 2231."""
    from urllib.parse import quote

    return part(data, kind, f"Content-Disposition: attachment; filename*=UTF-8''{quote(name)}", encoding="base64")


def multipart(subtype, *parts, boundary="=_cut", close=True, preamble=b""):
    """Return (content type, body) of a multipart of `parts`."""
    pieces = [preamble] + [b"\r\n--" + boundary.encode() + b"\r\n" + piece for piece in parts]
    if close:
        pieces.append(b"\r\n--" + boundary.encode() + b"--\r\n")
    return f'multipart/{subtype}; boundary="{boundary}"', b"".join(pieces)


def multipart_message(subtype, *parts, fields=(), subject=SUBJECT, sender=SENDER, **options):
    """Build a message that is a multipart of `parts`."""
    kind, body = multipart(subtype, *parts, **options)
    return message(*fields, kind=kind, body=body, subject=subject, sender=sender)


def inner(subtype, *parts, **options):
    """Build a part that is a multipart of `parts`."""
    kind, body = multipart(subtype, *parts, **options)
    return b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body


def word(text, charset="utf-8", encoding="B"):
    """Write one encoded word (RFC 2047)."""
    data = text if isinstance(text, bytes) else text.encode(charset)
    if encoding == "B":
        return f"=?{charset}?B?{base64.b64encode(data).decode()}?="
    return f"=?{charset}?Q?" + "".join(f"={byte:02X}" for byte in data) + "?="


def tnef(body="", files=(), html="", compressed_rtf=b"", by_property=True):
    """Pack a body and (name, data) files the way Outlook does."""

    def attribute(level, identifier, kind, value):
        head = struct.pack("<BHHI", level, identifier, kind, len(value))
        return head + value + struct.pack("<H", sum(value) & 0xFFFF)

    out = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x9007, 6, struct.pack("<II", 936, 0))
    properties = []
    if body:
        properties.append((0x1000, 0x1F, (body + "\0").encode("utf-16-le")))
    if html:
        properties.append((0x1013, 0x102, html.encode("gb18030")))
    if compressed_rtf:
        properties.append((0x1009, 0x102, compressed_rtf))
    properties.append((0x0E06, 0x40, b"\x01" * 8))  # a date, to be stepped over
    properties.append((0x8001, 0x03, b"\x05\x00\x00\x00"))  # a named property
    out += attribute(1, 0x9003, 6, _properties(properties))
    for name, data in files:
        out += attribute(2, 0x9002, 6, b"\x01\x00" + b"\x00" * 12)
        out += attribute(2, 0x8010, 1, b"SHORT~1.DOC\0")
        if by_property:
            long_name = (0x3707, 0x1F, (name + "\0").encode("utf-16-le"))
            out += attribute(2, 0x9005, 6, _properties([long_name]))
        out += attribute(2, 0x800F, 6, data)
    return out


def _properties(items):
    out = struct.pack("<I", len(items))
    for tag, kind, value in items:
        out += struct.pack("<HH", kind, tag)
        if tag >= 0x8000:
            out += b"\x07" * 16 + struct.pack("<II", 0, 99)
        if kind in (0x1F, 0x1E, 0x102):
            out += struct.pack("<II", 1, len(value)) + value + b"\x00" * (-len(value) % 4)
        else:
            out += value
    return out


def signed_smime(content):
    """Wrap `content` as signed data in DER, without signatures: as much as reading needs."""

    def element(tag, *pieces):
        value = b"".join(pieces)
        if len(value) < 0x80:
            return bytes([tag, len(value)]) + value
        length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
        return bytes([tag, 0x80 | len(length)]) + length + value

    data_type = element(6, bytes.fromhex("2a864886f70d010701"))
    digests = element(0x31, element(0x30, element(6, bytes.fromhex("608648016503040201"))))
    inside = element(0x30, data_type, element(0xA0, element(4, content)))
    signed = element(0x30, element(2, b"\x01"), digests, inside, element(0x31))
    return element(0x30, element(6, bytes.fromhex("2a864886f70d010702")), element(0xA0, signed))


def signed_smime_in_pieces(content):
    """The same in BER: indefinite lengths, the content in pieces, as many programs write it."""
    pieces = (content[at : at + 100] for at in range(0, len(content), 100))
    octets = b"".join(b"\x04" + bytes([len(piece)]) + piece for piece in pieces)
    data_type = b"\x06\x09" + bytes.fromhex("2a864886f70d010701")
    inside = b"\x30\x80" + data_type + b"\xa0\x80\x24\x80" + octets + b"\x00\x00" * 3
    signed = b"\x30\x80\x02\x01\x01\x31\x00" + inside + b"\x31\x00\x00\x00"
    return b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010702") + b"\xa0\x80" + signed + b"\x00\x00" * 2
