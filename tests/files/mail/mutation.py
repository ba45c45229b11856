"""Damaging messages the way programs, gateways and enemies do: in their structure, not only in their bytes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from tests.files import samples
from tests.files.mail.builders import (
    NOTICE,
    OPINION,
    file,
    inner,
    message,
    multipart_message,
    part,
    signed_smime,
    tnef,
    word,
)

_REPORT = "Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.cn\r\nAction: failed\r\nStatus: 5.1.1\r\n"
_RICH = f"<html><body><p>{OPINION}</p><blockquote>{NOTICE}</blockquote><img src='cid:a'></body></html>"
_TWO = inner("alternative", part(OPINION), part(_RICH, "text/html; charset=utf-8"), boundary="alt")
_PICTURE = part(b"\x89PNG\r\n\x1a\n", 'image/png; name="a.png"', "Content-ID: <a>", encoding="base64")
_TNEF = tnef(OPINION, [("甲.txt", b"x")])

WHOLE = [
    message(body=OPINION),
    message(body=OPINION.encode("gb18030"), kind="text/plain; charset=gb2312", subject=word("意见", "gb2312")),
    message(("Content-Transfer-Encoding", "base64"), body=b"5ZCM5oSP56ys5LiJ5p2h77yM5bu66K6u5bC95b+r5pa96KGM44CC"),
    message(
        ("Content-Transfer-Encoding", "quoted-printable"), body=b"=E5=90=8C=E6=84=8F=\r\n=E7=AC=AC=E4=B8=89=E6=9D=A1"
    ),
    message(kind="text/html; charset=utf-8", body=_RICH),
    message(("In-Reply-To", "<a@b>"), body=f"{OPINION}\r\n\r\n在 2026-11-20，局 <a@b.cn> 写道：\r\n> {NOTICE}"),
    message(("Auto-Submitted", "auto-replied"), subject="自动回复：x", body="休假"),
    message(kind="text/plain; format=flowed; delsp=yes", body="one \r\n> two \r\n-- \r\nthree"),
    message(body="begin 644 a.txt\r\n#86)C\r\n`\r\nend\r\n"),
    multipart_message("mixed", part(OPINION), file("意见.docx", samples.docx(OPINION))),
    multipart_message("mixed", inner("related", _TWO, _PICTURE, boundary="rel"), file("表.csv", b"a,b\n1,2")),
    multipart_message("mixed", part("见附件"), file("意见.zip", samples.zipped({"a.txt": OPINION.encode()}))),
    multipart_message("report; report-type=delivery-status", part("x"), part(_REPORT, "message/delivery-status")),
    multipart_message("signed", part(OPINION), part(b"sig", "application/pkcs7-signature", encoding="base64")),
    multipart_message(
        "mixed", part(""), part(tnef(OPINION, [("甲.txt", b"x")]), "application/ms-tnef", encoding="base64")
    ),
    multipart_message("mixed", part(""), part(message(body=OPINION), "message/rfc822")),
    multipart_message("digest", b"\r\n" + message(body="甲"), b"\r\n" + message(body="乙"), boundary="dig"),
    multipart_message("mixed", part(signed_smime(part(OPINION)), "application/pkcs7-mime", encoding="base64")),
]
_CHARSETS = [
    b"utf-8",
    b"gb2312",
    b"gbk",
    b"big5",
    b"hz-gb-2312",
    b"utf-16",
    b"utf-7",
    b"us-ascii",
    b"x-no",
    b"",
    b"iso-2022-jp",
]
_ENCODINGS = [b"base64", b"quoted-printable", b"x-uuencode", b"8bit", b"binary", b"", b"BASE64 ;", b"nonsense"]
_KINDS = [
    b"text/plain", b"text/html", b"multipart/mixed", b"multipart/alternative", b"multipart/signed", b"message/rfc822",
    b"message/delivery-status", b"application/ms-tnef", b"application/pkcs7-mime", b"multipart/encrypted", b"text",
    b"/", b"application/pdf", b"message/partial", b"multipart/digest", b"image/svg+xml",
]  # fmt: skip
_STUFF = [
    b"\x00", b"\xff\xfe", b"\r", b"\n", b"\r\n\r\n", b"=?", b"?=", b"=?utf-8?B?", b"=", b"--", b";", b'"', b"<",
    b">", b"(", b"\\", b"%", b"*0*=", b"\x80\x81", b"\xe5", b"\xa1\xa1", b"begin 644 x\r\n", b"=0", b"<!--", b"&#x",
    b"\x1b$B", b"~{", b"+2A", b"PK\x03\x04",
]  # fmt: skip


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """Yield `count` damaged messages, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        raw = chance.choice(WHOLE)
        for _ in range(chance.choice((1, 1, 2, 3, 5, 12))):
            raw = chance.choice(_DAMAGES)(raw, chance)
        yield raw


def _place(raw, chance):
    return chance.randrange(len(raw) + 1)


def _flip(raw, chance):
    data = bytearray(raw)
    for _ in range(chance.randint(1, 20)):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def _cut(raw, chance):
    return raw[: _place(raw, chance)] if chance.random() < 0.7 else raw[_place(raw, chance) :]


def _drop(raw, chance):
    start = _place(raw, chance)
    return raw[:start] + raw[start + chance.randint(1, 60) :]


def _insert(raw, chance):
    at = _place(raw, chance)
    return raw[:at] + chance.choice(_STUFF) * chance.choice((1, 1, 2, 50)) + raw[at:]


def _shuffle_lines(raw, chance):
    lines = raw.split(b"\r\n")
    for _ in range(chance.randint(1, 4)):
        first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[first], lines[second] = lines[second], lines[first]
    return b"\r\n".join(lines)


def _repeat_line(raw, chance):
    lines = raw.split(b"\r\n")
    at = chance.randrange(len(lines))
    return b"\r\n".join(lines[:at] + [lines[at]] * chance.choice((2, 3, 300)) + lines[at:])


def _drop_line(raw, chance):
    lines = raw.split(b"\r\n")
    del lines[chance.randrange(len(lines))]
    return b"\r\n".join(lines)


def _swap_words(pattern, words):
    def damage(raw, chance):
        return re.sub(pattern, lambda match: match[1] + chance.choice(words), raw, count=chance.randint(1, 3))

    return damage


def _change_boundary(raw, chance):
    boundary = chance.choice((b"x", b"", b"-", b"--", b"b" * 300, b"a b", "界".encode()))
    return re.sub(rb"=_cut|rel|alt", boundary, raw, count=chance.randint(1, 4))


def _line_ends(raw, chance):
    return raw.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"\r\n ")))


def _splice(raw, chance):
    other = chance.choice(WHOLE)
    return raw[: _place(raw, chance)] + other[_place(other, chance) :]


def _nest(raw, chance):
    boundary = f"n{chance.randrange(10**6)}"
    times = chance.choice((1, 1, 3, 25))
    for _ in range(times):
        if len(raw) > 300_000:
            break
        raw = multipart_message("mixed", part(""), part(raw, "message/rfc822"), boundary=boundary)
    return raw


def _swell(raw, chance):
    at = _place(raw, chance)
    piece = raw[at : at + chance.randint(1, 200)]
    return raw[:at] + piece * chance.choice((10, 100, 500)) + raw[at:]


def _case(raw, chance):
    at = _place(raw, chance)
    return raw[:at] + raw[at : at + 300].swapcase() + raw[at + 300 :]


_DAMAGES = [
    _flip, _cut, _drop, _insert, _insert, _shuffle_lines, _repeat_line, _drop_line, _change_boundary, _line_ends,
    _splice, _nest, _swell, _case,
    _swap_words(rb"(?i)(charset=)\"?[A-Za-z0-9-]*", _CHARSETS),
    _swap_words(rb"(?i)(Content-Transfer-Encoding: )[A-Za-z0-9-]*", _ENCODINGS),
    _swap_words(rb"(?i)(Content-Type: )[A-Za-z0-9/+-]*", _KINDS),
    _swap_words(rb"(=\?)[A-Za-z0-9-]*", _CHARSETS),
]  # fmt: skip
