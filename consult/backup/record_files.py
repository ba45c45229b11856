"""The files of the record: journals, signed tree heads, checkpoints. What a backup takes of them, and puts back."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consult.app_context import settings
from consult.files.backup_file import BackupReader, BackupWriter, copy_out
from consult.files.errors import UnreadableFile
from consult.ledger import checkpoints, tree_heads
from consult.ledger.journal import files
from consult.ledger.verification.copies_of_files import Comparison, SizedFile, compare, sized

_LOG: Final = re.compile(r"(journal|heads)-[A-Za-z0-9.~-]{1,120}\.log\Z")
_CHECKPOINT: Final = re.compile(r"[0-9]{12,18}\.json\Z")
PARTS: Final = {
    "record/checkpoints": _CHECKPOINT,
    "record/heads": _LOG,
    "record/shared": _LOG,
    "record/journals": _LOG,
}
"""In the order in which they are noted, before the database: it holds all that they name."""


@dataclass(frozen=True)
class Noted:
    """A file up to the size in bytes that it had."""

    part: str
    path: Path
    size: int


def noted() -> list[Noted]:
    """Return the files of the record as they are now."""
    every = [Noted("record/checkpoints", path, path.stat().st_size) for path in checkpoints.files()]
    every += _logs("record/heads", sorted(files.folder().glob("heads-*.log")))
    shared = files.shared_folder()
    every += _logs("record/shared", [*sorted(shared.glob("heads-*.log")), *sorted(shared.glob("journal-*.log"))])
    return every + _logs("record/journals", files.kept_here().values())


def _logs(part: str, paths: Iterable[Path]) -> list[Noted]:
    by_name = {path.name: path for path in paths}
    return [Noted(part, file.path, file.size) for file in sized(by_name).values() if _LOG.match(file.path.name)]


def write(file: BackupWriter, all_noted: list[Noted]) -> None:
    """Write the files, each as long as it was noted; they only grow."""
    for name in PARTS:
        with file.part(name) as part:
            for noted_file in all_noted:
                if noted_file.part == name:
                    with noted_file.path.open("rb") as content:
                        part.frame(noted_file.path.name, noted_file.size, content)


def are_here() -> bool:
    """Say whether this data folder has files of a record."""
    ours = [*files.folder().glob("heads-*.log"), *checkpoints.folder().glob("*"), *files.kept_here().values()]
    return bool(ours) or (settings().journal_folder is None and bool(files.shipped()))


def put_back(backup: BackupReader) -> None:
    """Write the files of a backup; where a copy elsewhere goes on from one of them, this host goes on from the copy.

    Copies elsewhere are left as they are: what they have more is what was lost.
    """
    here, shared = files.folder(), files.shared_folder()
    for folder in (here, shared, checkpoints.folder()):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    places = {"record/checkpoints": checkpoints.folder(), "record/heads": here, "record/journals": here}
    for name, folder in places.items():
        _write(backup, name, folder, replace=True)
    _write(backup, "record/shared", shared, replace=False)
    for name in ("record/heads", "record/journals"):
        for path in [here / frame.name for frame in backup.frames(name)]:
            for place in (folder for folder in tree_heads.places() if folder != here):
                _go_on_from(path, place / path.name)
    _sync(here, shared, checkpoints.folder())


def sizes_in(backup: BackupReader) -> dict[str, int]:
    """Return how long each journal was when the backup was made, by its file's name."""
    sizes: dict[str, int] = {}
    for name in ("record/shared", "record/journals"):
        for frame in backup.frames(name):
            sizes[frame.name] = max(sizes.get(frame.name, 0), frame.size)
    return sizes


def _write(backup: BackupReader, name: str, folder: Path, *, replace: bool) -> None:
    for frame in backup.frames(name):
        if not PARTS[name].match(frame.name):
            raise UnreadableFile(f"备份文件“{backup.path}”的 {name} 里有不该有的文件：{frame.name[:80]!r}。")
        if replace or not (folder / frame.name).exists():
            copy_out(frame, folder / frame.name)
        if name == "record/checkpoints":
            (folder / frame.name).chmod(0o400)


def _go_on_from(path: Path, copy: Path) -> None:
    there = sized({"here": path, "copy": copy})
    original, ours = there.get("copy"), there.get("here")
    if original is None or ours is None or original.size <= ours.size:
        return
    if compare(original, ours) is Comparison.CONTINUES:
        _replace(ours, original)


def _replace(ours: SizedFile, longer: SizedFile) -> None:
    fresh = ours.path.with_suffix(".fresh")
    shutil.copyfile(longer.path, fresh)
    fresh.chmod(0o600)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(ours.path)


def _sync(*folders: Path) -> None:
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
