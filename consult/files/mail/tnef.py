"""Unpacks winmail.dat, Outlook's container for attachments (MS-OXTNEF), as far as it carries content."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from consult.files import charsets, rtf
from consult.files.mail import compressed_rtf
from consult.files.mail.html_bodies import decode_html, text_of_html

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_FILES = 200

_BODY, _SUBJECT, _CODE_PAGE, _PROPERTIES = 0x800C, 0x8004, 0x9007, 0x9003
_FILE_START, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_MAPI_BODY, _MAPI_HTML, _MAPI_RTF = 0x1000, 0x1013, 0x1009
_MAPI_DATA, _MAPI_NAME, _MAPI_LONG_NAME, _MAPI_CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x3712
# Property types of fixed size, in bytes (MS-OXCDATA, 2.11.1).
_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MULTIPLE = 0x1000
_DAMAGED = (struct.error, ValueError, IndexError, UnicodeError)
_NAMED = 0x8000


@dataclass
class TnefFile:
    """A file inside: its name as sent, its bytes, whether the body shows it in place, whether it was sent empty."""

    name: str = ""
    data: bytes = b""
    inline: bool = False
    empty: bool = False


@dataclass
class Unpacked:
    """What was inside: the body as text, the files, and whether all could be read."""

    text: str = ""
    files: list[TnefFile] = field(default_factory=list)
    whole: bool = True


def unpack(data: bytes) -> Unpacked:
    """Unpack a TNEF stream; damaged entries are skipped, a truncated stream loses the rest. Never raises."""
    reader = _Reader()
    try:
        for identifier, value in _attributes(data):
            reader.try_taking(identifier, value)
    except _DAMAGED:
        reader.out.whole = False
    return reader.finish()


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    if not data.startswith(SIGNATURE):
        raise ValueError("no TNEF")
    at = 6
    while at + 9 <= len(data):
        _, identifier, _, length = struct.unpack_from("<BHHI", data, at)
        if at + 9 + length > len(data):
            raise ValueError("cut off")
        yield identifier, data[at + 9 : at + 9 + length]
        at += 9 + length + 2  # a checksum follows


class _Reader:
    def __init__(self) -> None:
        self.out = Unpacked()
        self._charset = "gb18030"
        self._bodies: dict[int, str] = {}

    def try_taking(self, identifier: int, value: bytes) -> None:
        """Take one attribute in, or note that it was damaged."""
        try:
            self.take(identifier, value)
        except _DAMAGED:
            self.out.whole = False

    def take(self, identifier: int, value: bytes) -> None:
        """Take one attribute in."""
        if identifier == _CODE_PAGE and len(value) >= 4:
            page = struct.unpack_from("<I", value)[0]
            self._charset = charsets.known(f"cp{page}") or self._charset
        elif identifier == _BODY:
            self._bodies.setdefault(0, self._string(value))
        elif identifier == _PROPERTIES:
            self._message_properties(value)
        elif identifier == _FILE_START and len(self.out.files) < MAX_FILES:
            self.out.files.append(TnefFile())
        elif self.out.files:
            self._file_attribute(self.out.files[-1], identifier, value)

    def _file_attribute(self, file: TnefFile, identifier: int, value: bytes) -> None:
        if identifier == _FILE_TITLE:
            file.name = file.name or self._string(value)
        elif identifier == _FILE_DATA:
            file.data, file.empty = value, not value
        elif identifier == _FILE_PROPERTIES:
            for tag, kind, content in _properties(value):
                if tag == _MAPI_LONG_NAME:
                    file.name = self._property_text(kind, content) or file.name
                elif tag == _MAPI_NAME and not file.name:
                    file.name = self._property_text(kind, content)
                elif tag == _MAPI_DATA and not file.data:
                    file.data = content[16:] if kind == _OBJECT else content
                elif tag == _MAPI_CONTENT_ID:
                    file.inline = bool(content.strip(b"\x00"))

    def _message_properties(self, value: bytes) -> None:
        for tag, kind, content in _properties(value):
            if tag == _MAPI_BODY:
                self._bodies[1] = self._property_text(kind, content)
            elif tag == _MAPI_HTML:
                self._bodies[2] = text_of_html(decode_html(content.rstrip(b"\x00"), self._charset).text)
            elif tag == _MAPI_RTF:
                self._bodies[3] = rtf.text_of_rtf(compressed_rtf.decompress(content))

    def _property_text(self, kind: int, content: bytes) -> str:
        if kind == _UNICODE:
            return content.decode("utf-16-le", "replace").rstrip("\x00")
        return self._string(content)

    def _string(self, value: bytes) -> str:
        return charsets.decode(value.rstrip(b"\x00"), self._charset).text

    def finish(self) -> Unpacked:
        """Return what was found."""
        self.out.text = next((text for _, text in sorted(self._bodies.items()) if text.strip()), "")
        self.out.text = re.sub(r"\r\n?", "\n", self.out.text)
        self.out.files = [file for file in self.out.files if file.data or file.empty]
        return self.out


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield tag, type and first value of each MAPI property in a stream of them (MS-OXTNEF, 2.1.3.4)."""
    count = struct.unpack_from("<I", data)[0]
    at = 4
    for _ in range(min(count, 5_000)):
        kind, tag = struct.unpack_from("<HH", data, at)
        at += 4
        if tag >= _NAMED:
            at = _after_name(data, at)
        many, kind = bool(kind & _MULTIPLE), kind & ~_MULTIPLE
        values, at = _values(data, at, kind, many)
        if values:
            yield tag, kind, values[0]


def _after_name(data: bytes, at: int) -> int:
    """Step over the name of a named property: a GUID, then a number or a string."""
    by_string, length = struct.unpack_from("<II", data, at + 16)
    return at + 24 + (_padded(length) if by_string else 0)


def _values(data: bytes, at: int, kind: int, many: bool) -> tuple[list[bytes], int]:
    if kind in _SIZES and not many:
        return [data[at : at + _SIZES[kind]]], at + max(4, _SIZES[kind])
    if kind not in _SIZES and kind not in (_STRING, _UNICODE, _OBJECT, _BINARY):
        raise ValueError(f"property type {kind:#x}")
    count = struct.unpack_from("<I", data, at)[0]
    at += 4
    if count > 1_000:
        raise ValueError("too many values")
    values = []
    for _ in range(count):
        length = _SIZES.get(kind, -1)
        if length < 0:
            length = struct.unpack_from("<I", data, at)[0]
            at += 4
        if at + length > len(data):
            raise ValueError("cut off")
        values.append(data[at : at + length])
        at += _padded(length)
    return values, at


def _padded(length: int) -> int:
    return length + -length % 4
