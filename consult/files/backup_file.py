"""The file of a backup: a ZIP of a few hundred parts, each with its digest in a manifest that is written last.

A part is a table's rows, or many files one after another (``frames``), so that a million files cost no memory. Nothing
is ever unpacked under a name that the file gives.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

from consult.files.errors import UnreadableFile

FORMAT: Final = "consult-backup/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
PART: Final = re.compile(
    r"(keys\.json|keys\.age|tables/[a-z0-9_]{1,63}|blobs/[0-9a-f]{2}|blobs/index|record/[a-z]{1,20})\Z"
)
"""Names of parts: any other, one that leads out of a folder among them, is no backup's."""
CHUNK: Final = 1 << 20
LONGEST_HEAD: Final = 1024
LARGEST_MANIFEST: Final = 256 * 1024 * 1024
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_HEAD: Final = re.compile(rb"(\S{1,255}) ([0-9]{1,18})\n")


class PartWriter:
    """A part that is being written: counts and digests what goes through."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member = member
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Write bytes."""
        self._sha256.update(data)
        self.size += len(data)
        self._member.write(data)

    def frame(self, name: str, size: int, content: IO[bytes]) -> None:
        """Write a file of ``size`` bytes under a name without blanks.

        Raises:
            UnreadableFile: the content has another size.
        """
        self.write(f"{name} {size}\n".encode())
        left = size
        while left and (chunk := content.read(min(CHUNK, left))):
            self.write(chunk)
            left -= len(chunk)
        if left:
            raise UnreadableFile(f"备份时文件 {name} 变短了。请重新备份。")

    def digest(self) -> str:
        """Return the SHA-256 of what was written, in hexadecimal."""
        return self._sha256.hexdigest()


class BackupWriter:
    """Writes a backup under a name beside its own, and gives it its own once it is whole and on disk.

    Raises:
        UnreadableFile: there is such a file, or another process writes it just now.
        OSError: the disk doesn't take it; nothing is left.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fresh = path.with_name(f".{path.name}.part")
        self._parts: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        if self._path.exists():
            raise UnreadableFile(f"“{self._path}”已经存在。请换一个文件名，或者先移走原来的文件。")
        descriptor = os.open(self._fresh, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise UnreadableFile(f"另一个进程正在写“{self._path}”。请等它结束。") from None
        os.fchmod(descriptor, 0o600)
        self._file.truncate()  # what a killed process left
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        return self

    def __exit__(self, *_: object) -> None:
        if not self._file.closed:
            with suppress(OSError, ValueError):
                self._zip.close()
            with suppress(OSError):
                self._file.close()
            self._fresh.unlink(missing_ok=True)

    @contextmanager
    def part(self, name: str) -> Iterator[PartWriter]:
        """Write a part, whose size and digest go to the manifest."""
        with self._zip.open(self._entry(name), "w", force_zip64=True) as member:
            writer = PartWriter(member)
            yield writer
        self._parts[name] = {"size": writer.size, "sha256": writer.digest()}

    def manifest(self, facts: Mapping[str, Any]) -> bytes:
        """Return the manifest: the facts, and every part that was written."""
        document = {"format": FORMAT, **facts, "parts": self._parts}
        return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1).encode()

    def finish(self, manifest: bytes, signature: str) -> str:
        """Write the manifest and its signature; return the backup's digest once the file is on disk under its name."""
        self._zip.writestr(self._entry(MANIFEST), manifest)
        self._zip.writestr(self._entry(SIGNATURE), signature)
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._fresh.replace(self._path)
        self._file.close()
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return hashlib.sha256(manifest).hexdigest()

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, _MOMENT)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        return entry


@dataclass(frozen=True)
class Frame:
    """A file in a part; its content has to be read, or is passed over, before the next is asked for."""

    name: str
    size: int
    content: IO[bytes]


class BackupReader:
    """A backup that is read: its manifest at once, each part as it is asked for, up to its last byte.

    Raises:
        UnreadableFile: the file is no backup, was cut short, or isn't as it was written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            entries = {entry.filename: entry for entry in self._zip.infolist()}
            if len(entries) != len(self._zip.infolist()) or entries[MANIFEST].file_size > LARGEST_MANIFEST:
                raise self._damaged("内容重复，或者清单过大")
            self.raw_manifest = self._zip.read(MANIFEST)
            self.signature = self._zip.read(SIGNATURE).decode("ascii")
            self.manifest: dict[str, Any] = json.loads(self.raw_manifest)
        except FileNotFoundError:
            raise UnreadableFile(f"没有“{path}”这个文件。") from None
        except OSError as error:
            raise UnreadableFile(f"“{path}”不能读：{error.strerror}。") from None
        except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError):
            raise UnreadableFile(f"“{path}”不是完整的备份文件：被截断、改动过，或者不是备份。") from None
        self.digest = hashlib.sha256(self.raw_manifest).hexdigest()
        self._check_names(set(entries) - {MANIFEST, SIGNATURE})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """Size and digest of each part by its name."""
        parts: dict[str, dict[str, Any]] = self.manifest["parts"]
        return parts

    @contextmanager
    def part(self, name: str) -> Iterator[IO[bytes]]:
        """Open a part; at the end its size and digest are compared with the manifest.

        Raises:
            UnreadableFile: it was altered.
        """
        stated = self.parts.get(name)
        if stated is None:
            raise self._damaged(f"缺少 {name}")
        try:
            with self._zip.open(name) as member:
                reader = _Digesting(member)
                yield reader  # type: ignore[misc]
                while reader.read(CHUNK):  # what nobody asked for is checked all the same
                    pass
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, KeyError) as error:
            if isinstance(error, OSError) and error.filename:
                raise
            raise self._damaged(f"{name} 读不出") from error
        if (reader.size, reader.sha256.hexdigest()) != (stated["size"], stated["sha256"]):
            raise self._damaged(f"{name} 的校验值不符")

    def frames(self, name: str) -> Iterator[Frame]:
        """Yield the files in a part.

        Raises:
            UnreadableFile: it was altered.
        """
        with self.part(name) as member:
            while head := member.readline(LONGEST_HEAD):
                match = _HEAD.fullmatch(head)
                if match is None:
                    raise self._damaged(f"{name} 的内容不对")
                size = int(match[2])
                content = _Limited(member, size)
                yield Frame(match[1].decode("ascii", "replace"), size, content)  # type: ignore[arg-type]
                while content.read(CHUNK):
                    pass
                if content.left:
                    raise self._damaged(f"{name} 被截断")

    def check(self) -> None:
        """Read every part to its end.

        Raises:
            UnreadableFile: one was altered.
        """
        for name in self.parts:
            with self.part(name):
                pass

    def _check_names(self, there: set[str]) -> None:
        if self.manifest.get("format") != FORMAT:
            raise UnreadableFile(f"“{self.path}”不是本平台能读的备份（格式 {self.manifest.get('format')}）。")
        odd = [name for name in sorted(there) if not PART.match(name)]
        if odd:
            raise self._damaged(f"有不该有的内容：{odd[0][:80]!r}")
        if there != set(self.parts):
            raise self._damaged(f"内容与清单不符：{min(there ^ set(self.parts))[:80]}")

    def _damaged(self, why: str) -> UnreadableFile:
        return UnreadableFile(f"备份文件“{self.path}”已损坏或者被改动：{why}。请改用另一份备份。")


class _Digesting:
    """Reads a part and digests what is read."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member = member
        self.sha256 = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        return self._noted(self._member.read(size))

    def readline(self, limit: int = -1) -> bytes:
        return self._noted(self._member.readline(limit))

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def _noted(self, data: bytes) -> bytes:
        self.sha256.update(data)
        self.size += len(data)
        return data


class _Limited:
    """A file in a part."""

    def __init__(self, member: IO[bytes], size: int) -> None:
        self._member = member
        self.left = size

    def read(self, size: int = -1) -> bytes:
        data = self._member.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data


def copy_out(frame: Frame, to: Path) -> None:
    """Write a file of a part to a path that the caller has chosen, on disk when this returns."""
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        shutil.copyfileobj(frame.content, file, CHUNK)
        file.flush()
        os.fsync(file.fileno())
