"""Reading plain text whatever its encoding."""

from __future__ import annotations

import codecs
from typing import Final

from consult.files.errors import UnreadableFile

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE: Final = 4096  # bytes looked at to tell UTF-16 without a byte order mark


def decode(data: bytes, name: str) -> str:
    """Decode a text file: UTF-8 with or without BOM, UTF-16, UTF-32 with BOM, else GB18030.

    Raises UnreadableFile where the bytes are none of these, or no text at all.
    """
    encodings = [encoding for bom, encoding in _BOMS if data.startswith(bom)][:1] or _without_bom(data)
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text):
            return text.removeprefix("\ufeff")
    raise UnreadableFile(
        f"“{name}”不是文本文件，或者文字编码无法识别。请在记事本中打开，另存为 UTF-8 编码后重新上传。"
    )


def _without_bom(data: bytes) -> list[str]:
    sample = data[:_SAMPLE]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if even or odd:
        return ["utf-16-le" if odd >= even else "utf-16-be"]
    return ["utf-8", "gb18030", "utf-16-le", "utf-16-be"]


def _is_text(text: str) -> bool:
    """Control characters and unassigned ones give away that bytes were no text in this encoding."""
    sample = text[:20_000]
    strange = sum(
        1 for c in sample if (c < " " and c not in "\t\n\r\f\v") or c == "\ufffd" or "\ue000" <= c <= "\uf8ff"
    )
    return strange <= len(sample) // 50
