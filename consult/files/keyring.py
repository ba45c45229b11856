"""The platform's keys in one file: for each purpose its generations, oldest first; only the file's owner may read it.

A generation in ``coming`` is in force once the record says so (docs/decisions/0040-keys-with-generations.md).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consult.files.errors import UnreadableFile
from consult.files.key_file import make_once

Generations = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Keyring:
    """The keys of every purpose, oldest first, and those that a rotation is about to add."""

    generations: Generations
    coming: Mapping[str, str] = field(default_factory=dict)

    def settled(self, *, in_force: bool) -> Keyring:
        """Return the keys with what was coming added, or dropped."""
        if not in_force:
            return Keyring(self.generations)
        return Keyring(
            {
                purpose: (*keys, self.coming[purpose]) if purpose in self.coming else keys
                for purpose, keys in self.generations.items()
            }
        )

    def continues(self, earlier: Keyring) -> bool:
        """Say whether these are the earlier keys, or more."""
        return all(
            self.generations.get(purpose, ())[: len(keys)] == keys for purpose, keys in earlier.generations.items()
        )

    def as_text(self) -> str:
        """Return the keys as the file has them."""
        document = {"generations": self.generations} | ({"coming": self.coming} if self.coming else {})
        return json.dumps(document, indent=1, sort_keys=True)


def read(path: Path) -> Keyring:
    """Return the keys in a file.

    Raises:
        FileNotFoundError: there is none.
        UnreadableFile: it can't be read, or has something else; the sentence says so.
    """
    try:
        return _keyring(json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        reason = error.strerror if isinstance(error, OSError) else "内容不是密钥文件的格式"
        raise UnreadableFile(f"密钥文件 {path} 读不出：{reason}。请从备份放回原来的密钥文件。") from None


def from_text(text: str) -> Keyring:
    """Return the keys that ``as_text`` wrote; raises ValueError, TypeError, KeyError or AttributeError for others."""
    return _keyring(json.loads(text))


def _keyring(document: Any) -> Keyring:
    generations = {str(purpose): tuple(keys) for purpose, keys in document["generations"].items()}
    coming = dict(document.get("coming", {}))
    if not all(
        keys and all(type(key) is str and key for key in keys) for keys in (*generations.values(), coming or "-")
    ):
        raise ValueError("a purpose without a key")
    return Keyring(generations, coming)


def write_first(path: Path, keyring: Keyring) -> None:
    """Write the file, unless another process has."""
    make_once(path, keyring.as_text)


def replace(path: Path, keyring: Keyring) -> None:
    """Write the file again, whole or not at all, and on disk when this returns."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(keyring.as_text() + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
