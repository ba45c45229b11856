"""The files beside the volume: numbered by the material that they belong to; one that is held back is named."""

from __future__ import annotations

from collections.abc import Callable

from consult.files.attachments import safe_name
from consult.files.blobs import BlobError
from consult.files.export.volume import IndexedFile
from consult.intake import file_scans
from consult.intake.errors import HeldBack

FOLDER = "附件"
NAME_CHARACTERS = 80


class Annexes:
    """Collects files and gives each its number."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        """Bytes by path in the archive."""
        self.index: list[IndexedFile] = []
        self._counts: dict[int, int] = {}

    def add(self, material: int, words: str, name: str, data: bytes) -> str:
        """Add a file and return its number, as the volume names it: 附件3-1."""
        self._counts[material] = self._counts.get(material, 0) + 1
        number = f"附件{material}-{self._counts[material]}"
        path = f"{FOLDER}/{number} {safe_name(name)[-NAME_CHARACTERS:]}"
        self.files[path] = data
        self.index.append(IndexedFile(number, f"{words}《{name}》", path))
        return number

    def add_stored(self, material: int, words: str, name: str, digest: str) -> str:
        """Add a file that staff uploaded; in the place of one that is held back or gone, the words that say so."""
        return self.add_read(material, words, name, lambda: file_scans.content_of(digest))

    def add_read(self, material: int, words: str, name: str, read: Callable[[], bytes]) -> str:
        """Add a file that has to be read first, as ``add_stored`` does."""
        try:
            data = read()
        except HeldBack as why:
            return self.add(material, words, f"{name}-已隔离.txt", f"{name}\n{why}\n".encode())
        except BlobError as why:
            gone = f"{name}\n{why}\n".encode()
            return self.add(material, words, f"{name}-缺失.txt", gone)
        return self.add(material, words, name, data)

    def in_order(self) -> list[IndexedFile]:
        """Return the index by material and number."""
        return sorted(self.index, key=lambda file: [int(part) for part in file.number[2:].split("-")])
