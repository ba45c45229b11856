"""What the worker notes of its jobs, in files, so that operators see it even when the database is away."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from consult.app_context import settings


@dataclass(frozen=True)
class Note:
    """How a job last went: when it last ran and last ended well, how much it did, and the kind of its last error."""

    ran_at: datetime
    succeeded_at: datetime | None = None
    done: int = 0
    error: str = ""


def succeeded(name: str, at: datetime, done: int) -> None:
    """Note that a job ended well."""
    _write(name, Note(ran_at=at, succeeded_at=at, done=done))


def failed(name: str, at: datetime, error: str, done: int = 0) -> None:
    """Note that a job failed: in words of the platform, else the kind of error, whose text may hold what was written.

    Arguments:
        done: how much it did all the same.
    """
    before = read(name) or Note(ran_at=at)
    _write(name, replace(before, ran_at=at, done=done, error=error))


def read(name: str) -> Note | None:
    """Return the note of a job, or ``None`` when it never ran here."""
    try:
        stored: dict[str, Any] = json.loads(_path(name).read_text(encoding="utf-8"))
        succeeded_at = stored["succeeded_at"]
        return Note(
            ran_at=datetime.fromisoformat(stored["ran_at"]),
            succeeded_at=datetime.fromisoformat(succeeded_at) if succeeded_at else None,
            done=int(stored["done"]),
            error=str(stored["error"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def notes() -> Iterator[tuple[str, Note]]:
    """Return the notes of all jobs that ever ran here, by name."""
    for path in sorted((settings().data_dir / "jobs").glob("*.json")):
        note = read(path.stem)
        if note is not None:
            yield path.stem, note


def _path(name: str) -> Path:
    return settings().data_dir / "jobs" / f"{name}.json"


def _write(name: str, note: Note) -> None:
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(asdict(note), default=str), encoding="utf-8")
    fresh.replace(path)
