"""The words of an old Word document (.doc of Word 97 to 2003, .wps), MS-DOC 2.4.1."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator

from olefile import OleFileIO

_WORD_97 = 0xA5EC
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_FC_CLX = 0x01A2
_PIECES, _PROPERTIES = 2, 1
_COMPRESSED = 0x40000000
_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*(?:\x14|(?=\x15))")
_MARKS = {0x0D: "\n", 0x0B: "\n", 0x0C: "\n", 0x07: "\t", 0x1E: "-", 0xA0: " ", 0x15: None, 0x14: None, 0x13: None}
_DAMAGED = (OSError, ValueError, IndexError, OverflowError, RecursionError, struct.error)
"""What olefile and the tables of a damaged or hostile file raise."""


class DocDamaged(ValueError):
    """The file is no document of Word 97, is encrypted, or its tables point nowhere."""


def text_of_doc(data: bytes) -> str:
    """Return the text of a .doc file. Raises DocDamaged for one that is damaged, encrypted or older than Word 97."""
    try:
        with OleFileIO(io.BytesIO(data)) as container:
            text = "".join(_text_pieces(container))
    except _DAMAGED as error:
        raise DocDamaged(f"damaged: {type(error).__name__}") from error
    for _ in range(20):  # fields can be nested
        text, replaced = _FIELD_CODE.subn("", text)
        if not replaced:
            break
    plain = re.sub("[\x00-\x06\x08\x0e-\x12\x16-\x1d\x1f]", "", text).translate(_MARKS)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"\t{2,}", "\n", plain)).strip()


def _text_pieces(container: OleFileIO) -> Iterator[str]:
    """Find the text by the table of pieces, and yield it in reading order."""
    document = _stream(container, "WordDocument")
    identifier, flags = struct.unpack_from("<H8xH", document)
    if identifier != _WORD_97 or flags & _ENCRYPTED:
        raise DocDamaged("not Word 97, or encrypted")
    table = _stream(container, "1Table" if flags & _TABLE_1 else "0Table")
    start, length = struct.unpack_from("<II", document, _FC_CLX)
    return _pieces(document, table[start : start + length])


def _stream(container: OleFileIO, name: str) -> bytes:
    return bytes(container.openstream(name).read())


def _pieces(document: bytes, clx: bytes) -> Iterator[str]:
    """Yield the text piece by piece, in reading order."""
    at = 0
    while clx[at] == _PROPERTIES if at < len(clx) else False:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at >= len(clx) or clx[at] != _PIECES:
        raise DocDamaged("no pieces")
    size = struct.unpack_from("<I", clx, at + 1)[0]
    plan = clx[at + 5 : at + 5 + size]
    count = (len(plan) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", plan)
    for number in range(count):
        position = struct.unpack_from("<I", plan, 4 * (count + 1) + 8 * number + 2)[0]
        length = ends[number + 1] - ends[number]
        if not 0 <= length <= len(document):
            raise DocDamaged("piece")
        if position & _COMPRESSED:
            begin = (position & ~_COMPRESSED) // 2
            yield document[begin : begin + length].decode("cp1252", "replace")
        else:
            yield document[position : position + 2 * length].decode("utf-16-le", "replace")
