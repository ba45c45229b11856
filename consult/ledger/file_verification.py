"""Verification of files: the blob of every digest in the database exists and has that digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from consult.app_context import blobs
from consult.files.blobs import BlobError
from consult.ledger.faults import Damage, Fault
from consult.ledger.verification.database_view import snapshot_read, stream

Source = Callable[[], Iterator[tuple[str, str]]]
"""Yields (digest, description of the file in Chinese)."""


def source(query: Any, words: str) -> Source:
    """Return a source that runs a query of (digest, name); ``words`` is the description, with ``{}`` for the name."""

    def rows() -> Iterator[tuple[str, str]]:
        for digest, name in stream(query):
            yield digest, words.format(name)

    return rows


def faults(sources: Iterable[Source]) -> Iterator[Fault]:
    """Yield a fault for every file that is missing or changed."""
    with snapshot_read():
        for rows in sources:
            for digest, description in rows():
                if digest:
                    yield from _checked(str(digest), description)


def _checked(digest: str, description: str) -> Iterator[Fault]:
    try:
        is_intact = blobs().verify(digest)
    except (BlobError, OSError):
        yield Fault("blob", digest, Damage.REMOVED, f"{description}的文件不见了或者不能读：{digest}。")
        return
    if not is_intact:
        yield Fault("blob", digest, Damage.CHANGED, f"{description}的文件被改动：{digest}。")
