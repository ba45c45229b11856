"""Content-addressed storage: every received file is stored under the SHA-256 of its content.

A blob is written to a temporary file, flushed to disk, and only then renamed, so that a file with a digest as its
name is always complete, even if the process is killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, BinaryIO

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_CHUNK = 1 << 20


class BlobError(Exception):
    """Something is wrong with a stored blob; `digest` says with which."""

    def __init__(self, message: str, digest: str = "") -> None:
        super().__init__(message)
        self.digest = digest


class BlobMissing(BlobError):
    """No blob is stored under this digest."""


class BlobAltered(BlobError):
    """The stored bytes no longer have the digest they are stored under."""


class BlobTooBig(BlobError):
    """A stream had more bytes than its limit."""


class BlobStore:
    """A folder of blobs in 256 folders: `ab/abcd…`.

    `root` is created when it does not exist. Any number of processes may write to it at once.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self._incoming = self.root / "incoming"

    def path(self, digest: str) -> Path:
        """Return the path of the blob `digest`, existing or not; raises BlobMissing if it isn't a digest."""
        if not _DIGEST.match(digest):
            raise BlobMissing(f"不是有效的文件摘要：{digest[:80]!r}", digest)
        return self.root / digest[:2] / digest

    def put(self, data: bytes) -> str:
        """Store `data` durably and return its SHA-256 as 64 hexadecimal digits.

        The same content is stored once.
        """
        digest = hashlib.sha256(data).hexdigest()
        if self._holds(digest, len(data)):
            return digest
        with self._temporary() as file:
            file.write(data)
            self._keep(file, digest)
        return digest

    def put_many(self, contents: Sequence[bytes]) -> list[str]:
        """Store several blobs and return their digests; flushing them together is cheaper than one by one."""
        digests = [hashlib.sha256(data).hexdigest() for data in contents]
        new = {
            digest: data for digest, data in zip(digests, contents, strict=True) if not self._holds(digest, len(data))
        }
        with contextlib.ExitStack() as stack:
            files = {digest: stack.enter_context(self._temporary()) for digest in new}
            for digest, file in files.items():
                file.write(new[digest])
                _flush(file)
            for digest, file in files.items():
                self._name(file, digest)
            for folder in {self.path(digest).parent for digest in files}:
                _fsync_folder(folder)
        return digests

    def put_stream(self, stream: IO[bytes], limit: int) -> str:
        """Store the content of `stream`, at most `limit` bytes, and return its digest.

        Raises BlobTooBig beyond that.
        """
        sha, size = hashlib.sha256(), 0
        with self._temporary() as file:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise BlobTooBig(f"文件超过 {limit} 字节")
                sha.update(chunk)
                file.write(chunk)
            digest = sha.hexdigest()
            if not self._holds(digest, size):
                self._keep(file, digest)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the blob's bytes.

        Raises BlobMissing, or BlobAltered when they no longer have this digest.
        """
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(f"找不到文件 {digest}", digest) from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise BlobAltered(f"文件 {digest} 的内容被改动过", digest)
        return data

    def open(self, digest: str) -> BinaryIO:
        """Open the blob for reading after checking it whole; raises BlobMissing or BlobAltered."""
        try:
            file = self.path(digest).open("rb")
        except FileNotFoundError:
            raise BlobMissing(f"找不到文件 {digest}", digest) from None
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            file.close()
            raise BlobAltered(f"文件 {digest} 的内容被改动过", digest)
        file.seek(0)
        return file

    def exists(self, digest: str) -> bool:
        """Whether a blob is stored under `digest`, without reading it."""
        return bool(_DIGEST.match(digest)) and self.path(digest).is_file()

    def size(self, digest: str) -> int:
        """Return the blob's size in bytes; raises BlobMissing."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            raise BlobMissing(f"找不到文件 {digest}", digest) from None

    def verify(self, digest: str) -> bool:
        """Read the whole blob and return whether it still has its digest.

        Raises BlobMissing when there is none.
        """
        try:
            self.open(digest).close()
        except BlobAltered:
            return False
        return True

    def digests(self) -> Iterator[str]:
        """Yield the digests of all stored blobs in order."""
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(entry.name for entry in folder.iterdir() if _DIGEST.match(entry.name))

    def sweep(self, older_than: float = 86_400.0) -> int:
        """Remove temporary files left by killed writers, at least `older_than` seconds old.

        Return how many files.
        """
        removed = 0
        for file in self._incoming.glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - file.stat().st_mtime >= older_than:
                    file.unlink()
                    removed += 1
        return removed

    def remove(self, digest: str) -> bool:
        """Remove a blob; return whether it was there."""
        path = self.path(digest)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        _fsync_folder(path.parent)
        return True

    def _holds(self, digest: str, size: int) -> bool:
        """Whether the same content is already stored intact; an altered blob is rewritten."""
        path = self.path(digest)
        try:
            if path.stat().st_size != size or not self.verify(digest):
                return False
        except (FileNotFoundError, BlobMissing):
            return False
        _fsync_folder(path.parent)  # another process may have just renamed it and not flushed the folder yet
        return True

    @contextlib.contextmanager
    def _temporary(self) -> Iterator[IO[bytes]]:
        self._incoming.mkdir(parents=True, exist_ok=True)
        file = tempfile.NamedTemporaryFile(dir=self._incoming, delete=False)  # noqa: SIM115 - closed below in every case
        try:
            yield file.file
        finally:
            file.close()
            with contextlib.suppress(FileNotFoundError):
                Path(file.name).unlink()

    def _keep(self, file: IO[bytes], digest: str) -> None:
        """Flush the temporary file to disk, then rename it to its digest."""
        _flush(file)
        _fsync_folder(self._name(file, digest).parent)

    def _name(self, file: IO[bytes], digest: str) -> Path:
        """Rename a flushed file to its digest."""
        target = self.path(digest)
        self._make_folder(target.parent)
        Path(file.name).rename(target)
        return target

    def _make_folder(self, folder: Path) -> None:
        """Create `folder` so that it is still there after a power cut."""
        if folder.is_dir():
            return
        if folder != self.root:
            self._make_folder(folder.parent)
        folder.mkdir(parents=folder == self.root, exist_ok=True)
        _fsync_folder(folder.parent)


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fchmod(file.fileno(), 0o400)
    os.fsync(file.fileno())


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
