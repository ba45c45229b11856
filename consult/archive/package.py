"""The package as a file: a ZIP written in one pass, with an index of its documents and a list of digests."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final, Protocol, Self
from xml.sax.saxutils import escape, quoteattr

MOMENT: Final = (1980, 1, 1, 0, 0, 0)
"""What the ZIP says of every file's time, so that the same file gives the same bytes."""
CHECKSUMS: Final = "校验清单.sha256"
INDEX: Final = "归档文件目录"
METADATA: Final = "元数据.xml"
COLUMNS: Final = (
    *("序号", "档号", "文件编号", "责任者", "题名", "日期", "类目", "计算机文件名"),
    *("格式", "大小（字节）", "SHA-256", "备注"),
)
ARCHIVE_OFFICE: Final = "档号由档案部门编列。"


class Readable(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes."""
        ...


@dataclass(frozen=True)
class Described:
    """What the index says of a document.

    Arguments:
        path: in the package.
        title: 题名.
        category: 类目, the folder's name without its number.
        responsible: 责任者, who made it.
        on: its day (ISO 8601); empty where it has none.
        number: 文件编号, as the office gave it.
        note: what is to be known of it: why something isn't there.
    """

    path: str
    title: str
    category: str
    responsible: str
    on: str = ""
    number: str = ""
    note: str = ""


@dataclass(frozen=True)
class Packed:
    """A document that is in the package."""

    described: Described
    size: int
    sha256: str

    @property
    def format(self) -> str:
        """The ending of its name, in capitals."""
        return self.described.path.rpartition("/")[2].rpartition(".")[2].upper()


class Package:
    """Writes documents one after another, in constant memory, and knows the digest of each."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self.documents: list[Packed] = []
        """Those in the index, in their order."""
        self._digests: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def add(self, described: Described, content: bytes | Readable) -> None:
        """Pack a document and put it into the index."""
        size, digest = self._pack(described.path, content)
        self.documents.append(Packed(described, size, digest))

    def add_data(self, path: str, content: bytes | Readable) -> None:
        """Pack a file that is there for programs: it has a digest, but no line in the index."""
        self._pack(path, content)

    @contextmanager
    def writing(self, path: str) -> Iterator[Writer]:
        """Pack a file for programs piece by piece."""
        with self._zip.open(self._entry(path), "w", force_zip64=True) as member:
            writer = Writer(member)
            yield writer
        self._digests[path] = writer.digest

    def finish(self, properties: Sequence[tuple[str, str]]) -> int:
        """Write index, metadata and digests; return how many files are in the package.

        Arguments:
            properties: names of DA/T 46 elements and their values, of the package as a whole.
        """
        self.add_data(f"{INDEX}.csv", _index(self.documents))
        self.add_data(METADATA, _metadata(self.documents, properties))
        lines = [f"{digest}  {path}\n" for path, digest in self._digests.items()]
        self._zip.writestr(self._entry(CHECKSUMS), "".join(lines))
        return len(self._digests) + 1

    def _pack(self, path: str, content: bytes | Readable) -> tuple[int, str]:
        source = io.BytesIO(content) if isinstance(content, bytes) else content
        with self.writing(path) as member:
            shutil.copyfileobj(source, member, 1 << 20)
        return member.size, member.digest

    def _entry(self, path: str) -> zipfile.ZipInfo:
        if path in self._digests:
            raise ValueError(f"{path} is packed already")
        entry = zipfile.ZipInfo(path, MOMENT)
        entry.compress_type = zipfile.ZIP_DEFLATED
        return entry


class Writer:
    """A file in the package that is being written."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member = member
        self._sha256 = hashlib.sha256()
        self.size = 0
        """Bytes."""

    def write(self, data: bytes) -> int:
        """Write bytes."""
        self._sha256.update(data)
        self.size += len(data)
        return self._member.write(data)

    @property
    def digest(self) -> str:
        """The SHA-256 of what was written, in hexadecimal."""
        return self._sha256.hexdigest()


def _index(documents: Iterable[Packed]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for number, packed in enumerate(documents, 1):
        of = packed.described
        row: list[Any] = [number, "", of.number, of.responsible, of.title, of.on, of.category, of.path]
        row += [packed.format, packed.size, packed.sha256, of.note]
        writer.writerow([f"'{cell}" if str(cell)[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _metadata(documents: Iterable[Packed], properties: Iterable[tuple[str, str]]) -> bytes:
    """Return the elements of DA/T 46—2009 that the platform knows, for the package and for each document."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<电子文件元数据 标准="DA/T 46—2009">']
    lines += [f"  <{name}>{_plain(value)}</{name}>" for name, value in properties]
    lines.append(f"  <备注>{ARCHIVE_OFFICE}</备注>")
    for number, packed in enumerate(documents, 1):
        of = packed.described
        elements = {
            "题名": of.title,
            "责任者": of.responsible,
            "文件编号": of.number,
            "日期": of.on,
            "分类号": of.category,
            "格式名称": packed.format,
            "计算机文件名": of.path,
            "计算机文件大小": str(packed.size),
            "数字摘要": f"SHA-256 {packed.sha256}",
            "附注": of.note,
        }
        lines.append(f"  <文件实体 序号={quoteattr(str(number))}>")
        lines += [f"    <{name}>{_plain(value)}</{name}>" for name, value in elements.items() if value]
        lines.append("  </文件实体>")
    return "\n".join([*lines, "</电子文件元数据>", ""]).encode()


def _plain(value: str) -> str:
    """Return a value for XML 1.0: without control characters, which it doesn't allow."""
    return escape("".join(char if char >= " " or char in "\t\n" else "�" for char in value if char not in "￾￿"))
