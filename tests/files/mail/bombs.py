"""Messages that cost their reader far more than they weigh."""

from __future__ import annotations

import base64
from collections.abc import Callable

from tests.files import bombs

HEAD = b"From: a@example.cn\r\nTo: b@example.cn\r\nSubject: x\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"


def with_body(fields: bytes, body: bytes) -> bytes:
    """Return a message with these further fields."""
    return HEAD + fields + b"\r\n\r\n" + body


def encoded(encoding: bytes, body: bytes, kind: bytes = b"text/plain; charset=gbk") -> bytes:
    """Return a message whose body is in a transfer encoding."""
    return with_body(b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: " + encoding, body)


def nested(levels: int) -> bytes:
    """Return parts inside parts."""
    mark = b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n'
    opened = b"".join(mark % (n, n) for n in range(levels))
    return HEAD + opened + b"\r\nhello\r\n" + b"".join(b"--b%d--\r\n" % n for n in reversed(range(levels)))


MESSAGES: dict[str, Callable[[], bytes]] = {
    "10,000 levels": lambda: nested(10_000),
    "100,000 parts": lambda: with_body(b"Content-Type: multipart/mixed; boundary=b", b"--b\r\n\r\nhi\r\n" * 100_000),
    "3,000 messages inside one another": lambda: (HEAD + b"Content-Type: message/rfc822\r\n\r\n") * 3_000,
    "a header of 10 MB": lambda: with_body(b"X-A: " + b"a" * (10 << 20), b"hi"),
    "a subject of 300,000 charsets": lambda: with_body(
        b"Subject: " + b" ".join(b"=?x-%d?Q?a?=" % n for n in range(300_000)), b"hi"
    ),
    "1,000,000 addresses": lambda: with_body(b"To: " + b", ".join([b"b@example.cn"] * 1_000_000), b"hi"),
    "10 MB of escaped quotes": lambda: b'From: "' + b'\\"' * (5 << 20) + b"\r\n" + with_body(b"X: y", b"hi"),
    "a name in 100,000 pieces": lambda: with_body(
        b"Content-Disposition: attachment" + b"".join(b";\r\n filename*%d*=%%E6" % n for n in range(100_000)), b"hi"
    ),
    "base64 of 55 MB": lambda: encoded(b"base64", b"0uK8" * (55 << 18)),
    "base64 in lines of one character": lambda: encoded(b"base64", b"Q=\r\n!" * (11 << 20)),
    "uuencode of 50 MB": lambda: encoded(b"x-uuencode", b"begin 644 a\r\n" + b"M``\r\n" * (10 << 20) + b"end\r\n"),
    "quoted-printable of 55 MB": lambda: encoded(b"quoted-printable", b"=D2=E2=\r\n" * (6 << 20)),
    "HTML 100,000 deep": lambda: encoded(b"8bit", b"<div>" * 100_000 + b"hi" + b"</div>" * 100_000, b"text/html"),
    "HTML of open comments": lambda: encoded(b"8bit", b"<!--" * (5 << 20), b"text/html"),
    "quotations nested 500,000 deep": lambda: encoded(b"8bit", b"<blockquote>" * 500_000, b"text/html"),
    "escapes of ISO 2022": lambda: encoded(b"8bit", b"\x1b$B" * (10 << 20), b"text/plain; charset=iso-2022-jp-2"),
    "UTF-7": lambda: encoded(b"8bit", b"+AGE-" * (6 << 20), b"text/plain; charset=utf-7"),
    "bytes of no charset": lambda: encoded(b"8bit", b"\xff\xfe\x80\x81" * (10 << 20), b"text/plain; charset=none"),
    "3,000,000 quoted lines": lambda: with_body(b"X: y", b"> a\r\n" * 3_000_000),
    "a ZIP with one text of 250 MB": lambda: encoded(
        b"base64", base64.encodebytes(bombs.huge_part()), b"application/zip; name=a.zip"
    ),
    "winmail.dat of 37 MB": lambda: encoded(
        b"base64", base64.b64encode(b"\x78\x9f\x3e\x22\x01\x00" + bytes(37 << 20)), b"application/ms-tnef"
    ),
}
