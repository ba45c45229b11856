"""The bytes of a table, from memory or a file, without loading a big file into memory."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

_HEAD = 65_536


class Source:
    """A file or bytes that can be opened repeatedly; `size` in bytes."""

    def __init__(self, data: bytes | Path) -> None:
        self._data = data
        self.size = len(data) if isinstance(data, bytes) else data.stat().st_size

    def open(self) -> BinaryIO:
        """Open it at its beginning."""
        return io.BytesIO(self._data) if isinstance(self._data, bytes) else self._data.open("rb")

    def head(self, size: int = _HEAD) -> bytes:
        """Return its first `size` bytes."""
        with self.open() as stream:
            return stream.read(size)

    def whole(self) -> bytes:
        """Return all of it; only for what is known to be small."""
        return self.head(-1)
