"""The text of a draft out of whatever file it comes in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from consult.files import charsets, sniff
from consult.files.docx_text import DocxText, TableLines
from consult.files.errors import UnreadableFile
from consult.files.html_text import read_html
from consult.files.office import to_docx
from consult.files.packages import damaged
from consult.files.pdf_text import read_pdf
from consult.files.wrapped_text import unwrap
from consult.text.provisions import Draft, parse
from consult.text.sources import pointing_at

MAX_BYTES: Final = 50 * 1024 * 1024  # bytes of a file that is looked at at all
_WORD: Final = frozenset({sniff.DOCX, sniff.DOCM})
_TEXTS: Final = frozenset({sniff.TEXT, sniff.CSV, sniff.EML, sniff.SCRIPT, sniff.XML})
_CONVERTED: Final = {sniff.DOC: "doc", sniff.WPS: "wps", sniff.RTF: "rtf", sniff.ODF + ".text": "odt"}
_TABLE: Final = "表格（{table.rows} 行 {table.columns} 列）按行读成文字，一行一段，格与格之间空开，请核对。"
_CONVERSION: Final = "文件已由旧格式转换为 .docx 后读取，请核对编号和段落。"
_HTML_CHARSET: Final = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,30})", re.IGNORECASE)
_INVISIBLE: Final = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x202A, 0x202C, 0x200E, 0x200F))
_READABLE: Final = 0.15  # score of `charsets.readable` below which bytes are no Chinese text
_ENOUGH: Final = 20  # characters from which the score says something


@dataclass(frozen=True, slots=True)
class DraftText:
    """A file's text, a line a paragraph; `warnings` say in Chinese what was done to it on the way.

    `tables` of the file are lines of the text, too.
    """

    text: str
    media_type: str
    warnings: tuple[str, ...] = ()
    tables: tuple[TableLines, ...] = ()

    def draft(self) -> Draft:
        """The text as a draft, with a warning at each table that became lines."""
        return pointing_at(parse(self.text), [(table.line, _TABLE.format(table=table)) for table in self.tables])


def read(name: str, data: bytes) -> DraftText:
    """Read a draft's text from a file: .docx, .txt, .pdf with a text layer, HTML, .doc and .wps.

    The content decides what the file is; `name` is for the messages and breaks ties. Raises UnreadableFile, with
    what is wrong and what to do, for a file that is empty, damaged, encrypted, too big or of another kind.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise UnreadableFile(f"“{name}”是空文件。请确认选择了正确的文件后重新上传。")
    if len(data) > MAX_BYTES:
        raise UnreadableFile(f"“{name}”超过 {MAX_BYTES // 1024 // 1024} MB。请删去图片或拆分后重新上传。")
    found = _read(name, data)
    found = replace(found, text=found.text.translate(_INVISIBLE))
    if not found.text.strip():
        raise UnreadableFile(f"“{name}”里没有文字。如果内容是扫描图片，请先识别成文字，再以 .docx 或 .txt 上传。")
    return found


def try_reading(name: str, data: bytes) -> tuple[DraftText, Draft] | UnreadableFile:
    """Read a draft's text and parse it, or return why it can't be read: for a process of its own, which raises none."""
    try:
        source = read(name, data)
    except UnreadableFile as error:
        return error
    return source, source.draft()


def _read(name: str, data: bytes) -> DraftText:
    kind = sniff.sniff(data, name)
    if kind in _WORD or (data.startswith(b"PK") and name.lower().endswith((".docx", ".docm", ".zip"))):
        document = DocxText(data, name)
        return _of_word(document, kind)
    if kind == sniff.PDF:
        return DraftText(read_pdf(data, name), kind)
    if kind in _CONVERTED:
        document = DocxText(to_docx(data, name, _CONVERTED[kind]), name)
        return _of_word(document, kind, _CONVERSION)
    if kind == sniff.ENCRYPTED_OFFICE:
        raise UnreadableFile(f"“{name}”设置了打开密码。请在 Word 或 WPS 中取消密码后重新上传。")
    if name.lower().endswith((".docx", ".docm")):
        raise UnreadableFile(damaged(name))
    if kind == sniff.HTML:
        return DraftText(read_html(charsets.decode(data, _declared(data)).text), kind)
    if kind in _TEXTS:
        return DraftText(unwrap(_plain(name, data).replace("\r\n", "\n")), sniff.TEXT)
    if kind == sniff.UNKNOWN and (wide := _wide(data, _READABLE)) is not None:
        return DraftText(wide, sniff.TEXT)
    raise UnreadableFile(
        f"“{name}”不是能够识别的文稿格式。请以 .docx、.txt 或带文字层的 .pdf 上传；扫描件请先识别成文字。"
    )


def _of_word(document: DocxText, kind: str, *before: str) -> DraftText:
    text = document.text()  # which finds the rest
    return DraftText(text, kind, (*before, *document.warnings), tuple(document.tables))


def _plain(name: str, data: bytes) -> str:
    """Plain text in UTF-8, GB 18030, UTF-16 or what else its bytes show."""
    decoded = charsets.decode(data)
    text = decoded.text
    score = charsets.readable(text[:4000])
    if score < _READABLE and len(text) >= _ENOUGH:
        if (wide := _wide(data, score)) is not None:
            return wide
        if not decoded.clean:
            raise UnreadableFile(
                f"“{name}”的文字编码无法识别，或者不是文本文件。请在记事本中打开，另存为 UTF-8 编码后重新上传。"
            )
    return text.removeprefix("\ufeff")


def _declared(data: bytes) -> str | None:
    """The charset an HTML page names for itself."""
    found = _HTML_CHARSET.search(data[:4096])
    return found[1].decode("ascii") if found else None


def _wide(data: bytes, score: float) -> str | None:
    """UTF-16 without a byte order mark, where it reads better than `score`."""
    for charset in ("utf-16-le", "utf-16-be"):
        text = data.decode(charset, "replace")
        if charsets.readable(text[:4000]) > max(score, _READABLE):
            return text
    return None
