"""The text of a draft out of whatever file it comes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from consult.files.docx_text import MEDIA_TYPE as DOCX
from consult.files.docx_text import DocxText
from consult.files.errors import UnreadableFile
from consult.files.packages import damaged, is_encrypted_ole, is_ole
from consult.files.plain_text import decode

MAX_BYTES: Final = 50 * 1024 * 1024  # bytes of a file that is looked at at all


@dataclass(frozen=True, slots=True)
class DraftText:
    """A file's text, a line a paragraph; `warnings` say in Chinese what was done to it on the way."""

    text: str
    media_type: str
    warnings: tuple[str, ...] = ()


def read(name: str, data: bytes) -> DraftText:
    """Read a draft's text from a file: .docx, .txt, .pdf with a text layer, HTML, .doc and .wps.

    The content decides what the file is; `name` is for the messages and breaks ties. Raises UnreadableFile, with what
    is wrong and what to do, for a file that is empty, damaged, encrypted, too big or of another kind.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise UnreadableFile(f"“{name}”是空文件。请确认选择了正确的文件后重新上传。")
    if len(data) > MAX_BYTES:
        raise UnreadableFile(f"“{name}”超过 {MAX_BYTES // 1024 // 1024} MB。请删去图片或拆分后重新上传。")
    found = _read(name, data)
    if not found.text.strip():
        raise UnreadableFile(
            f"“{name}”里没有文字。如果内容是扫描图片，请先识别成文字，再以 .docx 或 .txt 上传。"
        )
    return found


def _read(name: str, data: bytes) -> DraftText:
    if data.startswith(b"PK"):
        document = DocxText(data, name)
        return DraftText(document.text(), DOCX, tuple(document.warnings))
    if is_encrypted_ole(data):
        raise UnreadableFile(f"“{name}”设置了打开密码。请在 Word 或 WPS 中取消密码后重新上传。")
    if name.lower().endswith((".docx", ".docm")) and not is_ole(data):
        raise UnreadableFile(damaged(name))
    text = decode(data, name)
    return DraftText(text, "text/plain")
