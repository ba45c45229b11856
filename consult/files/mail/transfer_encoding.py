"""Decodes content transfer encodings (RFC 2045, 6), damaged ones too."""

from __future__ import annotations

import binascii
import re

from consult.files import charsets
from consult.files.mail.headers import base64_bytes

_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_SPACES = b" \t\r\n\x0b\x0c"
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")
_QP_PAIRS = re.compile(rb"(?:=[89A-F][0-9A-F]){2}")
_BASE64_TEXT = re.compile(rb"\s*(?:[A-Za-z0-9+/]{40,}\r?\n)*[A-Za-z0-9+/]{2,}={0,2}\s*\Z")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n", re.M)
_UU_END = re.compile(rb"^end[ \t]*\r?$", re.M)


def decode(body: bytes, encoding: str) -> tuple[bytes, bool]:
    """Decode `body` from the transfer encoding named; return the bytes and whether all of them could be decoded."""
    if encoding == "base64":
        return _base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(_SOFT_BREAK.sub(b"=", body)), True
    if encoding in ("uuencode", "x-uuencode", "x-uue", "uue"):
        files = uuencoded(body)
        return (files[0][1], True) if files else (body, False)
    return body, True


def undeclared(body: bytes) -> bytes | None:
    """Decode a text with an obvious but undeclared encoding; else return None."""
    if not body.isascii():
        return None
    if _QP_PAIRS.search(body[:20_000]):
        text = binascii.a2b_qp(_SOFT_BREAK.sub(b"=", body))
        return text if _is_chinese(text) else None
    head = body[:4_000]
    if len(body) >= 24 and b" " not in head.strip() and _BASE64_TEXT.match(body[:100_000]):
        text, whole = _base64(body)
        return text if whole and _is_chinese(text) else None
    return None


def _is_chinese(data: bytes) -> bool:
    read = charsets.decode(data)
    return read.clean and not read.text.isascii() and charsets.readable(read.text[:2_000]) > 0.5


def _base64(body: bytes) -> tuple[bytes, bool]:
    digits = body.translate(None, _SPACES)
    try:
        return binascii.a2b_base64(digits, strict_mode=True), True
    except binascii.Error:
        pass
    lines = [line for line in body.splitlines() if _is_base64_line(line)]
    if not lines and body.strip():
        return body, False  # no base64 at all, whatever its label says
    digits = b"".join(lines).translate(None, _NOT_BASE64)
    # What follows the padding is another piece, or the footer of a mailing list.
    return base64_bytes(digits), False


def _is_base64_line(line: bytes) -> bool:
    """Say whether a line can be base64 with a few damaged characters; words with spaces between them are not."""
    stripped = line.strip()
    if not stripped or stripped.startswith(b"--") or stripped.count(b" ") > 1:
        return False
    return len(stripped.translate(None, _NOT_BASE64)) * 10 >= len(stripped) * 9


def uuencoded(body: bytes) -> list[tuple[bytes, bytes, int, int]]:
    """Find uuencoded files in a text: (name, content, where it begins, where it ends), at most 50."""
    files: list[tuple[bytes, bytes, int, int]] = []
    at = 0
    while len(files) < 50 and (begin := _UU_BEGIN.search(body, at)):
        end = _UU_END.search(body, begin.end())
        if not end:
            break
        content = _uu_lines(body[begin.end() : end.start()])
        if content is not None:
            files.append((begin[1].strip(), content, begin.start(), end.end()))
        at = end.end()
    return files


def _uu_lines(block: bytes) -> bytes | None:
    out = []
    for line in block.splitlines():
        if not line.strip():
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3  # trailing junk, as old programs leave it
            try:
                out.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                return None
    return b"".join(out)
