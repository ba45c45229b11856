"""The files that rows name: which a backup has, which an earlier backup has, which are missing or damaged."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any, Final

from consult.app_context import blobs
from consult.backup.errors import BackupRefused
from consult.file_sources import SOURCES
from consult.files.backup_file import BackupReader, BackupWriter
from consult.files.blobs import BlobAltered, BlobError, BlobTooBig
from consult.files.errors import UnreadableFile
from consult.ledger.verification.database_view import snapshot_read

INDEX: Final = "blobs/index"
HERE: Final = "here"
TOGETHER: Final = 5000


@dataclass(frozen=True)
class Damaged:
    """A file that a row names and that couldn't be kept: which, whose it is, and why, in Chinese."""

    digest: str
    where: str
    why: str


class NamedFiles:
    """The digests that rows name, each once, in order; on disk, however many."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect("")  # a temporary file
        self._kept.execute("CREATE TABLE named (digest TEXT PRIMARY KEY, words TEXT) WITHOUT ROWID")

    def read(self) -> None:
        """Read them from the running snapshot of the database."""
        for rows in SOURCES:
            waiting: list[tuple[str, str]] = []
            for digest, words in rows():
                if digest:
                    waiting.append((str(digest), words))
                if len(waiting) == TOGETHER:
                    self._add(waiting)
                    waiting = []
            self._add(waiting)

    def _add(self, named: Sequence[tuple[str, str]]) -> None:
        self._kept.executemany("INSERT OR IGNORE INTO named VALUES (?, ?)", named)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from self._kept.execute("SELECT digest, words FROM named ORDER BY digest")

    def names(self, digest: str) -> bool:
        """Say whether a row names a file."""
        return self._kept.execute("SELECT 1 FROM named WHERE digest = ?", (digest,)).fetchone() is not None


class Index:
    """Which backup has each file: this one or, by its digest, an earlier one; on disk, however many."""

    def __init__(self, backup: BackupReader) -> None:
        self._kept = sqlite3.connect("")
        self._kept.execute("CREATE TABLE kept (digest TEXT PRIMARY KEY, size INTEGER, holder TEXT) WITHOUT ROWID")
        self.add(backup)

    def add(self, backup: BackupReader) -> None:
        """Add the files of another backup."""
        with backup.part(INDEX) as lines:
            for line in lines:
                digest, size, holder = json.loads(line)
                row = (str(digest), int(size), backup.digest if holder == HERE else str(holder))
                self._kept.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", row)

    def find(self, digest: str) -> tuple[int, str] | None:
        """Return size and holder of a file."""
        kept = self._kept.execute("SELECT size, holder FROM kept WHERE digest = ?", (digest,)).fetchone()
        return None if kept is None else (int(kept[0]), str(kept[1]))

    def held_by(self, holder: str) -> int:
        """Return how many files a backup has of these."""
        return int(self._kept.execute("SELECT count(*) FROM kept WHERE holder = ?", (holder,)).fetchone()[0])

    def holders(self) -> set[str]:
        """Return the backups that have them."""
        return {str(row[0]) for row in self._kept.execute("SELECT DISTINCT holder FROM kept")}


@dataclass(frozen=True)
class Written:
    """How many files a backup has itself, how many an earlier one, their bytes, and what couldn't be kept."""

    here: int
    earlier: int
    size: int
    damaged: list[Damaged]
    holders: set[str]


def write(file: BackupWriter, named: NamedFiles, earlier: Index | None) -> Written:
    """Write the files that rows name, each checked against its digest; those that an earlier backup has are named."""
    here = n_earlier = size = 0
    lines = TemporaryFile()  # noqa: SIM115 - closed below
    damaged: list[Damaged] = []
    holders: set[str] = set()
    for prefix, of_prefix in _by_prefix(named):
        with file.part(f"blobs/{prefix}") as part:
            for digest, words in of_prefix:
                known = earlier.find(digest) if earlier is not None else None
                if known is not None:
                    holders.add(known[1])
                    lines.write(json.dumps([digest, known[0], known[1]]).encode() + b"\n")
                    n_earlier += 1
                    continue
                content = _open(digest, words, damaged)
                if content is None:
                    continue
                with content:
                    length = content.seek(0, 2)
                    content.seek(0)
                    part.frame(digest, length, content)
                lines.write(json.dumps([digest, length, HERE]).encode() + b"\n")
                here, size = here + 1, size + length
    lines.seek(0)
    with lines, file.part(INDEX) as part:
        for line in lines:
            part.write(line)
    return Written(here, n_earlier, size, _still_named(damaged), holders)


def _by_prefix(named: NamedFiles) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    prefix = ""
    waiting: list[tuple[str, str]] = []
    for digest, words in named:
        if digest[:2] != prefix and waiting:
            yield prefix, waiting
            waiting = []
        prefix = digest[:2]
        waiting.append((digest, words))
    if waiting:
        yield prefix, waiting


def _open(digest: str, words: str, damaged: list[Damaged]) -> IO[bytes] | None:
    try:
        return blobs().open(digest)
    except BlobAltered:
        damaged.append(Damaged(digest, words, "内容被改动或者损坏"))
    except (BlobError, OSError):
        damaged.append(Damaged(digest, words, "不见了或者不能读"))
    return None


def _still_named(damaged: list[Damaged]) -> list[Damaged]:
    """Return those that rows name even now: the others were deleted, with their rows' words, while the backup ran."""
    if not damaged:
        return []
    now = NamedFiles()
    with snapshot_read():
        now.read()
    return [of for of in damaged if now.names(of.digest)]


def check_holders(index: Index, backup: BackupReader, earlier: Mapping[str, BackupReader]) -> None:
    """Check that every backup is at hand that has files of this one.

    Raises:
        BackupRefused: one isn't; or one was given that has none.
    """
    wanted = index.holders() - {backup.digest}
    stated: dict[str, Any] = backup.manifest.get("earlier", {})
    for digest in sorted(wanted - set(earlier)):
        of = stated.get(digest, {})
        raise BackupRefused(
            f"这份备份有 {index.held_by(digest)} 个文件在较早的备份里：“{of.get('file', '')}”，"
            f"{of.get('made_at', '')} 创建（摘要 {digest[:16]}…）。"
            "请用 --since 指明那个文件；有几份的，写几次 --since。"
        )
    for digest in set(earlier) - wanted:
        path = earlier[digest].path
        raise BackupRefused(f"“{path}”不是这份备份所依据的较早备份。请核对 --since 后面的文件。")


def put_back(index: Index, backup: BackupReader, earlier: Mapping[str, BackupReader]) -> int:
    """Store the files of a backup, those that earlier ones have among them; return how many.

    Raises:
        UnreadableFile: one isn't as its name says, or isn't where it should be.
    """
    stored = 0
    for digest, reader in {backup.digest: backup, **earlier}.items():
        of_this = 0
        for name in sorted(part for part in reader.parts if part.startswith("blobs/") and part != INDEX):
            for frame in reader.frames(name):
                kept = index.find(frame.name)
                if kept is None or kept[1] != digest:
                    continue
                try:
                    if blobs().put_stream(frame.content, frame.size) != frame.name:
                        raise BlobAltered("", frame.name)
                except (BlobAltered, BlobTooBig):
                    raise UnreadableFile(f"备份文件“{reader.path}”里的文件 {frame.name} 与摘要不符。") from None
                of_this += 1
        if of_this != index.held_by(digest):
            raise UnreadableFile(f"备份文件“{reader.path}”少了 {index.held_by(digest) - of_this} 个文件。")
        stored += of_this
    return stored


def are_here() -> bool:
    """Say whether the storage has any file."""
    return next(blobs().digests(), None) is not None


def listed(damaged: Sequence[Damaged]) -> list[dict[str, str]]:
    """Return damaged files as a manifest has them."""
    return [{"digest": of.digest, "where": of.where, "why": of.why} for of in damaged]
