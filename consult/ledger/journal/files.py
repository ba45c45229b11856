"""Where journals are kept, and appending to this host's."""

from __future__ import annotations

import fcntl
import os
import re
import socket
from collections.abc import Sequence
from pathlib import Path

from flask import current_app
from sqlalchemy import text

from consult.app_context import settings
from consult.ledger.journal.lines import LONGEST_LINE, End, Note, beginning, last_line, written
from consult.store import db

DURABLE = "consult.ledger.durable"
"""Key in ``app.extensions``: whether the database waits for the disk, and so the journal."""
ASIDE = "~"
"""Between a host's name and a moment: a shipped copy that this host's journal doesn't continue."""


def host() -> str:
    """Return this host's name as file names have it."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", settings().host_name or socket.gethostname()) or "host"


def folder() -> Path:
    """Return the folder of this host's journal and tree heads."""
    return settings().data_dir / "ledger"


def shared_folder() -> Path:
    """Return the folder that all hosts ship to."""
    return settings().journal_folder or folder() / "shared"


def journal_path() -> Path:
    """Return the path of this host's journal."""
    return folder() / f"journal-{host()}.log"


def kept_here() -> dict[str, Path]:
    """Return ``{host: its journal}`` of the data folder: usually one, more where the host was renamed."""
    return {path.stem.removeprefix("journal-"): path for path in sorted(folder().glob("journal-*.log"))}


def shipped() -> dict[str, Path]:
    """Return ``{host: its shipped journal}``; copies that were set aside are named ``host~moment``."""
    return {path.stem.removeprefix("journal-"): path for path in sorted(shared_folder().glob("journal-*.log"))}


def append(notes: Sequence[Note]) -> None:
    """Append notes to this host's journal in one write, on disk when the database would be.

    Raises:
        OSError: the disk doesn't take them.
    """
    path = journal_path()
    descriptor = open_to_append(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        end, is_torn = end_of(descriptor, host())
        write_whole(descriptor, (b"\n" if is_torn else b"") + written(end, notes))
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # several writers wait for the disk together
        if is_durable():
            os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def open_to_append(path: Path) -> int:
    """Open a file of the record to append to it, made where there is none; return its descriptor."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)


def write_whole(descriptor: int, data: bytes) -> None:
    """Write all bytes at once.

    Raises:
        OSError: only a part fitted on the disk; it is left as a torn line.
    """
    if os.write(descriptor, data) != len(data):
        raise OSError("only a part of the lines was written")


def end_of(descriptor: int, of: str) -> tuple[End, bool]:
    """Return the end of a host's open journal, and whether a torn line follows it."""
    size = os.fstat(descriptor).st_size
    length = LONGEST_LINE
    while size:
        tail = os.pread(descriptor, min(length, size), max(0, size - length))
        line = last_line(tail)
        if line is not None:
            return End(line.number, line.chain), not tail.endswith(b"\n")
        if length >= size:
            return beginning(of), not tail.endswith(b"\n")
        length *= 16
    return beginning(of), False


def is_durable() -> bool:
    """Say whether the database's commits wait for the disk: the journal's lines do so as well."""
    known: bool | None = current_app.extensions.get(DURABLE)
    if known is None:
        known = current_app.extensions[DURABLE] = _waits_for_disk()
    return known


def _waits_for_disk() -> bool:
    if db.engine.dialect.name == "sqlite":
        return settings().sqlite_synchronous == "FULL"
    with db.engine.connect() as connection:
        return str(connection.scalar(text("SHOW synchronous_commit"))) != "off"
