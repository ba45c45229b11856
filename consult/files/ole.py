"""Streams out of OLE compound files (MS-CFB), the container of old Office formats."""

from __future__ import annotations

import struct
from collections.abc import Iterator

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END, _FREE = 0xFFFFFFFE, 0xFFFFFFFA  # every number from _FREE on is no sector
_MAX_ENTRIES = 20_000
_ROOT, _STREAM = 5, 2


class OleDamaged(ValueError):
    """The file is no compound file, or its tables lead nowhere."""


class OleFile:
    """A compound file in memory; `streams` names what it holds."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 512 or not data.startswith(SIGNATURE):
            raise OleDamaged("no compound file")
        self._data = data
        sector_shift, self._mini_shift = struct.unpack_from("<HH", data, 0x1E)
        if sector_shift not in (9, 12) or self._mini_shift != 6:
            raise OleDamaged("sector size")
        self._sector = 1 << sector_shift
        directory, _, self._cutoff, mini_fat = struct.unpack_from("<IIII", data, 0x30)
        self._fat = self._numbers(self._difat())
        self._entries = dict(self._directory(directory))
        root = self._entries.get("", (0, 0))
        self._mini_fat = self._numbers(self._chain(mini_fat, self._fat)) if mini_fat < _FREE else []
        self._mini = self._join(root[0], root[1]) if self._mini_fat else b""

    @property
    def streams(self) -> list[str]:
        """The names of the streams, without the folders they lie in."""
        return [name for name in self._entries if name]

    def read(self, name: str) -> bytes:
        """Return a stream; raises OleDamaged when there is none of this name."""
        if name not in self._entries:
            raise OleDamaged(f"no stream {name}")
        start, size = self._entries[name]
        if size >= self._cutoff:
            return self._join(start, size)
        width = 1 << self._mini_shift
        pieces = [self._mini[number * width : (number + 1) * width] for number in self._chain(start, self._mini_fat)]
        return b"".join(pieces)[:size]

    def _at(self, number: int) -> bytes:
        start = (number + 1) * self._sector
        return self._data[start : start + self._sector]

    def _difat(self) -> list[int]:
        """Return the sectors that the sector table itself takes."""
        sectors = [number for number in struct.unpack_from("<109I", self._data, 0x4C) if number < _FREE]
        following, count = struct.unpack_from("<II", self._data, 0x44)
        per_sector = self._sector // 4 - 1
        for _ in range(min(count, len(self._data) // self._sector)):
            if following >= _FREE:
                break
            numbers = struct.unpack(f"<{per_sector + 1}I", self._at(following).ljust(self._sector, b"\xff"))
            sectors += [number for number in numbers[:per_sector] if number < _FREE]
            following = numbers[per_sector]
        return sectors

    def _numbers(self, sectors: list[int]) -> list[int]:
        joined = b"".join(self._at(number) for number in sectors)
        return list(struct.unpack(f"<{len(joined) // 4}I", joined[: len(joined) // 4 * 4]))

    def _chain(self, start: int, table: list[int]) -> list[int]:
        """Follow a chain to its end; one that runs in a circle or out of the table is damaged."""
        found: list[int] = []
        while start < _FREE:
            if start >= len(table) or len(found) > len(table):
                raise OleDamaged("chain")
            found.append(start)
            start = table[start]
        return found

    def _join(self, start: int, size: int) -> bytes:
        return b"".join(self._at(number) for number in self._chain(start, self._fat))[:size]

    def _directory(self, start: int) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield name, first sector and size of each stream; the root, which holds the small ones, has no name."""
        table = b"".join(self._at(number) for number in self._chain(start, self._fat))
        for at in range(0, min(len(table), _MAX_ENTRIES * 128) - 127, 128):
            length, kind = struct.unpack_from("<HB", table, at + 64)
            first, size = struct.unpack_from("<IQ", table, at + 116)
            if kind == _ROOT:
                yield "", (first, size & 0xFFFFFFFF)
            elif kind == _STREAM:
                name = table[at : at + min(length, 64)].decode("utf-16-le", "replace").rstrip("\x00")
                yield name, (first, size & 0xFFFFFFFF)
