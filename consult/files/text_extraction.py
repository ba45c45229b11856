"""Extracts the text of documents for search and display, safely and within limits."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from consult.files import charsets, file_type, rtf, zip_limits
from consult.files.blobs import BlobError, BlobStore
from consult.files.pdf_subprocess import text_of_pdf
from consult.files.tables import TableRefused
from consult.files.tables.byte_source import Source
from consult.files.tables.workbook_reader import Workbook
from consult.files.word97 import text_of_doc

MAX_CHARACTERS = 1_000_000
_MAX_PART = 100 << 20  # bytes of XML
_BLOCK = 1 << 16
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_TEXT_TAGS = frozenset({"t", "TextCode"})
_LINE_TAGS = frozenset({"p", "br", "cr", "h", "TextObject", "tr", "line-break"})
# Word writes a text box twice, the second time for old programs.
_SKIPPED_TAGS = frozenset({"Fallback", "delText", "instrText", "annotation"})


def text_of(data: bytes, media_type: str) -> str:
    """Return the text of a document of `media_type` (as `sniff` names it), at most MAX_CHARACTERS characters.

    Answers "" for pictures, for kinds it can't read and for damaged files. Never raises.
    """
    try:
        return _text_of(data, media_type, zip_limits.Budget(), 1)
    except MemoryError:
        return ""


def text_of_blob(root: Path, digest: str, media_type: str) -> str:
    """Return the text of a blob in the store at ``root``, as ``text_of`` does; "" if it is missing or damaged.

    Raises:
        MemoryError: it needs more than there is.
    """
    try:
        data = BlobStore(root).get(digest)
    except (BlobError, OSError):  # `flask ledger verify` names it
        return ""
    return _text_of(data, media_type, zip_limits.Budget(), 1)


def _text_of(data: bytes, kind: str, budget: zip_limits.Budget, depth: int) -> str:
    try:
        text = _read(data, kind, budget, depth)
    except (zip_limits.ArchiveRefused, TableRefused, expat.ExpatError, RecursionError, *zip_limits.DAMAGED):
        return ""
    return _CONTROL.sub("", text[:MAX_CHARACTERS]).strip()


def _read(data: bytes, kind: str, budget: zip_limits.Budget, depth: int) -> str:
    if kind in (file_type.TEXT, file_type.CSV, file_type.EML, file_type.XML):
        return charsets.decode(data[: 4 * MAX_CHARACTERS]).text
    if kind == file_type.PDF:
        return text_of_pdf(data)
    if kind in (file_type.DOCX, file_type.DOCM):
        return _text_of_parts(data, r"word/(document\d*|footnotes|endnotes|comments)\.xml")
    if kind in (file_type.PPTX, file_type.PPTM):
        return _text_of_parts(data, r"ppt/(slides/slide|notesSlides/notesSlide)\d+\.xml")
    if kind == file_type.OFD:
        return _text_of_parts(data, r"Doc_\d+/Pages/.*Content\.xml")
    if kind.startswith(file_type.ODF):
        return _text_of_parts(data, r"content\.xml", plain=True)
    if kind in (file_type.XLSX, file_type.XLSM):
        return _text_of_workbook(data)
    if kind in (file_type.DOC, file_type.WPS):
        return text_of_doc(data)
    if kind == file_type.RTF:
        return rtf.text_of_rtf(data[: 20 * MAX_CHARACTERS])
    if kind == file_type.ZIP and depth <= zip_limits.MAX_DEPTH:
        return _text_of_archive(data, budget, depth)
    return ""


def _text_of_archive(data: bytes, budget: zip_limits.Budget, depth: int) -> str:
    """Join the texts of an archive's files, each under its name; what can't be opened ends the list."""
    pieces: list[str] = []
    try:
        for member in zip_limits.members(data, budget):
            if member.name.startswith("__MACOSX/"):
                continue
            text = _text_of(member.data, file_type.sniff(member.data, member.name), budget, depth + 1)
            if text:
                pieces.append(f"【{member.name}】\n{text}")
            if sum(map(len, pieces)) > MAX_CHARACTERS:
                break
    except zip_limits.ArchiveRefused:
        pass
    return "\n\n".join(pieces)


def _text_of_workbook(data: bytes) -> str:
    lines, length = [], 0
    for line in Workbook("", Source(data)).lines():
        lines.append(line)
        length += len(line)
        if length > MAX_CHARACTERS:
            break
    return "\n".join(lines)


def _text_of_parts(data: bytes, pattern: str, *, plain: bool = False) -> str:
    """Join the text of the XML parts whose names fit `pattern`; `plain` takes all text, not only marked runs."""
    texts = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if re.fullmatch(pattern, name)]
        for name in sorted(names, key=_in_order):
            texts.append(_XMLText(plain=plain).read(_blocks(archive, name)))
            if sum(map(len, texts)) > MAX_CHARACTERS:
                break
    return "\n".join(text for text in texts if text)


def _in_order(name: str) -> tuple[bool, list[int], str]:
    """Sort the document before its notes, and slide 2 before slide 10."""
    return "document" not in name, [int(number) for number in re.findall(r"\d+", name)], name


def _blocks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    read = 0
    with archive.open(name) as stream:
        while (block := stream.read(_BLOCK)) and read < _MAX_PART:
            read += len(block)
            yield block


class _XMLText:
    """Collects the text runs of an office document, a line for each paragraph."""

    def __init__(self, *, plain: bool) -> None:
        self._plain = plain
        self._pieces: list[str] = []
        self._reading = self._skipping = self._length = 0

    def read(self, blocks: Iterator[bytes]) -> str:
        """Return the text; a part that breaks off gives what came before."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.EntityDeclHandler = _refuse_entities
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        try:
            for block in blocks:
                parser.Parse(block, False)
                if self._length > MAX_CHARACTERS:
                    break
        except (expat.ExpatError, *zip_limits.DAMAGED):
            pass
        return re.sub(r"\n{3,}", "\n\n", "".join(self._pieces)).strip()

    def _start(self, tag: str, _: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        self._skipping += name in _SKIPPED_TAGS
        self._reading += name in _TEXT_TAGS or (self._plain and name in _LINE_TAGS)
        if name in ("tab", "tc", "s", "table-cell"):
            self._pieces.append("\t" if name != "s" else " ")

    def _end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        self._skipping -= name in _SKIPPED_TAGS
        self._reading -= name in _TEXT_TAGS or (self._plain and name in _LINE_TAGS)
        if name in _LINE_TAGS and not self._skipping:
            self._pieces.append("\n")

    def _text(self, text: str) -> None:
        if self._reading > 0 and self._skipping <= 0:
            self._pieces.append(text)
            self._length += len(text)


def _refuse_entities(*_: Any) -> None:
    raise ValueError("declares entities")
