"""Copying this host's journal and tree heads to the shared folder; only what was appended is copied."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import structlog

from consult.clock import now
from consult.ledger.journal import files

COMPARED_BYTES = 64 * 1024
"""How much of a copy's end is compared with its original before anything is appended; verification compares all."""

log = structlog.get_logger()


def ship() -> int:
    """Bring the shared copies of this data folder's journals up to date; return how many bytes were added.

    This host's journal is made where there is none, so that its copy is there before anything is expected of it.

    Raises:
        OSError: the shared folder can't be reached; the next round tries again.
    """
    os.close(files.open_to_append(files.journal_path()))
    return sum(copy(path, files.shared_folder() / path.name) for path in files.kept_here().values())


def copy(path: Path, to: Path) -> int:
    """Append to a copy what its original has more; return how many bytes that was.

    A copy that the original doesn't continue is set aside under another name, where verification reads and reports it.

    Raises:
        OSError: as ``ship`` says.
    """
    with path.open("rb") as original:
        descriptor = files.open_to_append(to)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            there = os.fstat(descriptor).st_size
            if there and not _continues(original.fileno(), descriptor, there):
                _set_aside(to)
                os.close(descriptor)
                descriptor, there = files.open_to_append(to), 0
            added = _append(original.fileno(), descriptor, there)
            os.utime(descriptor)  # when it was last shipped, also where there was nothing to ship
        finally:
            os.close(descriptor)
    return added


def _continues(original: int, descriptor: int, there: int) -> bool:
    start = max(0, there - COMPARED_BYTES)
    return os.pread(original, there - start, start) == os.pread(descriptor, there - start, start)


def _set_aside(to: Path) -> None:
    aside = to.with_name(f"{to.stem}{files.ASIDE}{now():%Y%m%dT%H%M%S%f}{to.suffix}")
    log.error("journal_set_aside", file=aside.name)
    to.rename(aside)


def _append(original: int, descriptor: int, there: int) -> int:
    added = 0
    while True:
        data = os.pread(original, 1 << 20, there)
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            break
        files.write_whole(descriptor, whole)
        there += len(whole)
        added += len(whole)
    if added:
        os.fsync(descriptor)
    return added
