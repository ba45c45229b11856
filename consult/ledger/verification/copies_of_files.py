"""Comparison of append-only files with their copies elsewhere: a copy may be behind, never different."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

CHUNK = 1 << 20


@dataclass(frozen=True)
class SizedFile:
    """A file up to the size in bytes that it had when verification began."""

    path: Path
    size: int
    changed_at: float
    """When it was last written to, in seconds since 1970."""


class Comparison(Enum):
    """How an original relates to its copy."""

    CONTINUES = "continues"
    CUT_SHORT = "cut short"
    DIFFERS = "differs"


def sized(paths: dict[str, Path]) -> dict[str, SizedFile]:
    """Return the files with their sizes; one that is renamed meanwhile is left out."""
    files = {}
    for name, path in paths.items():
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        files[name] = SizedFile(path, status.st_size, status.st_mtime)
    return files


def compare(original: SizedFile, copy: SizedFile) -> Comparison:
    """Compare a file with its copy, as far as both go."""
    common = min(original.size, copy.size)
    with original.path.open("rb") as first, copy.path.open("rb") as second:
        while common:
            length = min(CHUNK, common)
            if first.read(length) != second.read(length):
                return Comparison.DIFFERS
            common -= length
    return Comparison.CONTINUES if original.size >= copy.size else Comparison.CUT_SHORT
