"""Extracts the text of a draft from an uploaded file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from consult.files import charsets, file_type
from consult.files.docx_reader import DocxText, Remark, TableLines
from consult.files.errors import UnreadableFile
from consult.files.libreoffice import to_docx
from consult.files.office_packages import damaged
from consult.files.page_reader import read_page
from consult.files.pdf_reader import read_pdf
from consult.files.saved_pages import html_of_archive
from consult.files.wrapped_text import unwrap
from consult.text.parser.provisions import Draft, parse
from consult.text.parser.source_warnings import with_source_warnings

MAX_BYTES: Final = 50 * 1024 * 1024  # larger files are refused
MAX_CHARACTERS: Final = 1_000_000  # the Civil Code has 110,000
MAX_LINES: Final = 20_000
_WORD: Final = frozenset({file_type.DOCX, file_type.DOCM})
_TEXTS: Final = frozenset({file_type.TEXT, file_type.CSV, file_type.EML, file_type.SCRIPT, file_type.XML})
_CONVERTED: Final = {file_type.DOC: "doc", file_type.WPS: "wps", file_type.RTF: "rtf", file_type.ODF + ".text": "odt"}
_TABLE: Final = "表格（{table.rows} 行 {table.columns} 列）按行读成文字，一行一段，格与格之间空开，请核对。"
_CONVERSION: Final = "文件已由旧格式转换为 .docx 后读取，请核对编号和段落。"
_HTML_CHARSET: Final = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,30})", re.IGNORECASE)
_INVISIBLE: Final = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x202A, 0x202C, 0x200E, 0x200F))
_READABLE: Final = 0.15  # score of `charsets.readable` below which bytes are no Chinese text
_ENOUGH: Final = 20  # characters from which the score is significant


@dataclass(frozen=True, slots=True)
class DraftText:
    """A file's text, one line for each paragraph; `warnings` describe conversions in Chinese.

    The file's `tables` are lines of the text, too; `remarks` say what wasn't read, and at which line.
    """

    text: str
    media_type: str
    warnings: tuple[str, ...] = ()
    tables: tuple[TableLines, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def draft(self) -> Draft:
        """The text parsed as a draft, with a warning for each table that was turned into lines and each remark."""
        remarks = [(table.line, "table", _TABLE.format(table=table)) for table in self.tables]
        remarks += [(remark.line, remark.code, remark.message) for remark in self.remarks]
        return with_source_warnings(parse(self.text), remarks)


def read(name: str, data: bytes) -> DraftText:
    """Read a draft's text from a file: .docx, .txt, .pdf with a text layer, HTML, .doc and .wps.

    The content decides what the file is; `name` is for the messages and breaks ties. Raises UnreadableFile, with
    what is wrong and what to do, for a file that is empty, damaged, encrypted, too big or of another kind.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise UnreadableFile(f"“{name}”是空文件。请确认选择了正确的文件后重新上传。")
    refuse_size(name, len(data))
    draft_text = _read(name, data)
    draft_text = replace(draft_text, text=draft_text.text.translate(_INVISIBLE))
    if not draft_text.text.strip():
        raise UnreadableFile(f"“{name}”里没有文字。如果内容是扫描图片，请先识别成文字，再以 .docx 或 .txt 上传。")
    _refuse_length(name, draft_text.text)
    return draft_text


def refuse_size(name: str, size: int) -> None:
    """Refuse a file of more than `MAX_BYTES`; raises UnreadableFile."""
    if size > MAX_BYTES:
        raise UnreadableFile(f"“{name}”超过 {MAX_BYTES // 1024 // 1024} MB。请删去图片或拆分后重新上传。")


def _refuse_length(name: str, text: str) -> None:
    """Refuse a text that no draft has, so that what is read of a small file is small, too."""
    lines = text.count("\n") + 1
    if len(text) > MAX_CHARACTERS or lines > MAX_LINES:
        raise UnreadableFile(
            f"“{name}”有 {len(text):,} 字、{lines:,} 段，最多 {MAX_CHARACTERS:,} 字、{MAX_LINES:,} 段。"
            "请只上传草案正文，附表另行上传。"
        )


def try_reading(name: str, file: bytes | Path) -> tuple[DraftText, Draft] | UnreadableFile:
    """Read and parse a draft, or return the error; for a subprocess, where errors are returned, not raised."""
    try:
        source = read(name, file if isinstance(file, bytes) else file.read_bytes())
    except UnreadableFile as error:
        return error
    return source, source.draft()


def _read(name: str, data: bytes) -> DraftText:
    kind = file_type.sniff(data, name)
    if kind in _WORD or (data.startswith(b"PK") and name.lower().endswith((".docx", ".docm", ".zip"))):
        document = DocxText(data, name)
        return _of_word(document, kind)
    if kind == file_type.PDF:
        pdf = read_pdf(data, name)
        return DraftText(pdf.text, kind, pdf.warnings)
    if kind in _CONVERTED:
        document = DocxText(to_docx(data, name, _CONVERTED[kind]), name)
        return _of_word(document, kind, _CONVERSION)
    if kind == file_type.ENCRYPTED_OFFICE:
        raise UnreadableFile(f"“{name}”设置了打开密码。请在 Word 或 WPS 中取消密码后重新上传。")
    if name.lower().endswith((".docx", ".docm")):
        raise UnreadableFile(damaged(name))
    if (archived := _archived(name, data)) is not None:
        page = read_page(archived)
        return DraftText(page.text, file_type.HTML, page.warnings)
    if kind == file_type.HTML:
        page = read_page(charsets.decode(data, _declared(data)).text)
        return DraftText(page.text, kind, page.warnings)
    if kind in _TEXTS:
        return DraftText(unwrap(_plain(name, data).replace("\r\n", "\n")), file_type.TEXT)
    if kind == file_type.UNKNOWN and (wide := _wide(data, _READABLE)) is not None:
        return DraftText(wide, file_type.TEXT)
    raise UnreadableFile(
        f"“{name}”不是能够识别的文稿格式。请以 .docx、.txt 或带文字层的 .pdf 上传；扫描件请先识别成文字。"
    )


def _of_word(document: DocxText, kind: str, *before: str) -> DraftText:
    text = document.text()  # also sets the other attributes
    return DraftText(text, kind, (*before, *document.warnings), tuple(document.tables), tuple(document.remarks))


def _plain(name: str, data: bytes) -> str:
    """Decode plain text in UTF-8, GB 18030, UTF-16 or another detected charset."""
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


def _archived(name: str, data: bytes) -> str | None:
    """The page in an archive of one (.mht), or None for another file."""
    is_archive = name.lower().endswith((".mht", ".mhtml")) or b"multipart/related" in data[:4096].lower()
    return html_of_archive(data) if is_archive else None


def _declared(data: bytes) -> str | None:
    """The charset that an HTML page declares."""
    match = _HTML_CHARSET.search(data[:4096])
    return match[1].decode("ascii") if match else None


def _wide(data: bytes, score: float) -> str | None:
    """The UTF-16 variant, without a byte order mark, that reads better than `score`, or None."""
    for charset in ("utf-16-le", "utf-16-be"):
        text = data.decode(charset, "replace")
        if charsets.readable(text[:4000]) > max(score, _READABLE):
            return text
    return None
