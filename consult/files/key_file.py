"""Key files in the data folder: made once, by whichever process is first, readable by their owner only."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """Return the key in a file, made by ``make`` and on disk before it is used where there is none."""
    make_once(path, make)
    return path.read_text(encoding="utf-8").strip()


def make_once(path: Path, make: Callable[[], str]) -> None:
    """Write a file with what ``make`` returns, unless it is there.

    It is never seen half written, nor exchanged: it is written beside its place and linked there, which fails where
    another process was first; then that one's file is the file.
    """
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{make()}\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
