"""Reads ZIP archives, and formats that are ZIP archives, with protection against zip bombs."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from lzma import LZMAError

from consult.files import charsets
from consult.text.sentences import sentence

MAX_MEMBERS = 2_000
MAX_DEPTH = 3  # an archive, one inside it, and one inside that
MAX_EXPANDED = 300 << 20  # bytes, everything together
MAX_RATIO = 200  # times, beyond the first _FREE bytes; text packs 5 to 20 times, a table's XML up to 50
_FREE = 20 << 20  # bytes
_BLOCK = 1 << 18
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
DAMAGED = (
    zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, ValueError, KeyError, struct.error,
    NotImplementedError, RuntimeError, IndexError, OverflowError, AttributeError,
)  # fmt: skip
"""What reading a damaged or hostile archive can raise."""


class ArchiveRefused(Exception):
    """An archive can't or must not be opened; the message says why, in Chinese."""


@dataclass
class Budget:
    """What is left of the limits while archives inside archives are read."""

    members: int = MAX_MEMBERS
    expanded: int = MAX_EXPANDED


@dataclass(frozen=True)
class Member:
    """A file of an archive: its `name` as a person wrote it, its whole content."""

    name: str
    data: bytes


class Archive:
    """A ZIP archive whose files are read one by one, by name, within the limits.

    Raises ArchiveRefused where ``members`` does.
    """

    def __init__(self, data: bytes) -> None:
        if data.count(b"PK\x01\x02") > 3 * MAX_MEMBERS:
            raise ArchiveRefused(sentence("压缩包里的文件超过 %(n)s 个", n=MAX_MEMBERS))
        self._packed, self._budget = len(data), Budget()
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            self._infos = {_name(info): info for info in self._archive.infolist() if not info.is_dir()}
        except DAMAGED as error:
            raise ArchiveRefused(sentence("压缩包已损坏")) from error

    @property
    def names(self) -> list[str]:
        """The files with their folders."""
        return list(self._infos)

    def read(self, name: str) -> bytes:
        """Return a file whole."""
        try:
            return _expand(self._archive, self._infos[name], self._budget, self._packed)
        except DAMAGED as error:
            raise ArchiveRefused(sentence("压缩包已损坏")) from error


def members(data: bytes, budget: Budget | None = None) -> Iterator[Member]:
    """Yield the files of a ZIP archive, at most what `budget` allows; folders are passed over.

    Raises ArchiveRefused for an archive that is damaged, encrypted, or expands beyond measure, when it comes to it.
    """
    budget = budget or Budget()
    # The directory is read whole by zipfile: look first how long it is.
    if data.count(b"PK\x01\x02") > 3 * MAX_MEMBERS:
        raise ArchiveRefused(sentence("压缩包里的文件超过 %(n)s 个", n=MAX_MEMBERS))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield Member(_name(info), _expand(archive, info, budget, len(data)))
    except DAMAGED as error:
        raise ArchiveRefused(sentence("压缩包已损坏")) from error


def _expand(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget, packed: int) -> bytes:
    """Read one file, counting what really comes out, not what the directory says."""
    budget.members -= 1
    if budget.members < 0:
        raise ArchiveRefused(sentence("压缩包里的文件超过 %(n)s 个", n=MAX_MEMBERS))
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveRefused(sentence("压缩包加了密码，无法检查"))
    expanded = io.BytesIO()  # hands its bytes out without a copy of them
    with archive.open(info) as stream:
        while piece := stream.read(_BLOCK):
            budget.expanded -= len(piece)
            used = MAX_EXPANDED - budget.expanded
            if budget.expanded < 0 or (used > _FREE and used > packed * MAX_RATIO):
                raise ArchiveRefused(sentence("压缩包展开后过大"))
            expanded.write(piece)
    return expanded.getvalue()


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; Chinese programs write GBK where the standard has code page 437."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        return charsets.decode(info.orig_filename.encode("cp437")).text.replace("\\", "/")
    except UnicodeEncodeError:
        return info.filename
