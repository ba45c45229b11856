"""Reads untrusted Office packages (ZIP)."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Final

from lxml import etree

from consult.files.errors import UnreadableFile

MAX_PART: Final = 80 * 1024 * 1024  # bytes one part may unpack to
MAX_TOTAL: Final = 400 * 1024 * 1024  # bytes all parts may unpack to
MAX_RATIO: Final = 300  # times a big part may be larger unpacked than packed
_BIG: Final = 10 * 1024 * 1024  # bytes from which the ratio is checked
_MAX_PARTS: Final = 10_000


class Package:
    """An Office package whose parts are read one by one, each within limits."""

    def __init__(self, data: bytes, name: str) -> None:
        """Open the zip; raises UnreadableFile when it is damaged or would unpack to too much."""
        self.name = name
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
            infos = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise UnreadableFile(damaged(name)) from error
        if len(infos) > _MAX_PARTS or sum(info.file_size for info in infos) > MAX_TOTAL:
            raise UnreadableFile(f"“{name}”解压后过大，可能不是正常文档，已拒绝打开。请用 Word 或 WPS 另存后重新上传。")
        if any(info.file_size > _BIG and info.file_size > MAX_RATIO * max(1, info.compress_size) for info in infos):
            raise UnreadableFile(f"“{name}”的压缩比异常，可能是恶意文件，已拒绝打开。请用 Word 或 WPS 另存后重新上传。")
        if any(info.flag_bits & 1 for info in infos):
            raise UnreadableFile(f"“{name}”设置了密码，无法打开。请取消密码保护后重新上传。")
        self._names = {info.filename for info in infos}

    def __contains__(self, part: str) -> bool:
        return part in self._names

    def names(self) -> set[str]:
        """The names of all parts."""
        return self._names

    def read(self, part: str) -> bytes:
        """One part's bytes, at most `MAX_PART` of them."""
        try:
            with self._zip.open(part) as stream:
                content = stream.read(MAX_PART + 1)
        except (
            KeyError,
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise UnreadableFile(damaged(self.name)) from error
        if len(content) > MAX_PART:
            raise UnreadableFile(f"“{self.name}”中有一部分内容过大，已拒绝打开。请删去文档中的大表格或图片后重新上传。")
        return content

    def xml(self, part: str, cleaned: Callable[[bytes], bytes] = bytes) -> etree._Element:
        """One part as XML, from what `cleaned` makes of its bytes; document type declarations are refused."""
        content = cleaned(self.read(part))
        if b"<!DOCTYPE" in content[:4096]:
            raise UnreadableFile(damaged(self.name))
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=False)
        try:
            return etree.fromstring(content, parser)
        except etree.XMLSyntaxError as error:
            raise UnreadableFile(damaged(self.name)) from error

    def optional_xml(self, part: str, cleaned: Callable[[bytes], bytes] = bytes) -> etree._Element | None:
        """One part as XML, or None when the package has no such part."""
        return self.xml(part, cleaned) if part in self else None


def damaged(name: str) -> str:
    """The error message for a damaged file."""
    return f"“{name}”已损坏或者不是它的扩展名所说的格式。请用 Word 或 WPS 打开确认内容完好，另存为 .docx 后重新上传。"
