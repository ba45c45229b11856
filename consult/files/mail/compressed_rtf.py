"""Compressed rich text, as Outlook keeps it (MS-OXRTFCP)."""

from __future__ import annotations

import struct

_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_MAX = 20_000_000  # bytes
_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress(data: bytes) -> bytes:
    """Return the rich text; b"" for what is none. Raises struct.error for a stream without its head."""
    _, size, magic, _ = struct.unpack_from("<IIII", data)
    if magic == _PLAIN:
        return data[16 : 16 + size]
    if magic != _COMPRESSED:
        return b""
    return _expand(data[16:], min(size, _MAX))


def _expand(packed: bytes, size: int) -> bytes:
    window = bytearray(_START.ljust(4096, b"\x00"))
    write, at = len(_START), 0
    out = bytearray()
    while at < len(packed) and len(out) < size:
        control = packed[at]
        at += 1
        for bit in range(8):
            if at >= len(packed):
                break
            if not control >> bit & 1:
                out.append(packed[at])
                window[write] = packed[at]
                write, at = (write + 1) % 4096, at + 1
                continue
            if at + 1 >= len(packed):
                break
            offset, length = packed[at] << 4 | packed[at + 1] >> 4, (packed[at + 1] & 15) + 2
            at += 2
            if offset == write:  # the end
                return bytes(out)
            for step in range(length):
                byte = window[(offset + step) % 4096]
                out.append(byte)
                window[write] = byte
                write = (write + 1) % 4096
    return bytes(out)
