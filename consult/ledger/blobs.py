"""Holding files against the record: every file that a row names is there and says what it said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from consult.files.blobs import BlobError
from consult.ledger.checking.view import one_view
from consult.ledger.faults import Fault, What
from consult.settings import blobs

Source = Callable[[], Iterator[tuple[str, str]]]
"""Yields (digest, whose file it is, in the user's language)."""


def faults(sources: Iterable[Source]) -> Iterator[Fault]:
    """Name every file that is missing or altered, with whose it is."""
    with one_view():
        for source in sources:
            for digest, whose in source():
                if digest:
                    yield from _checked(str(digest), whose)


def _checked(digest: str, whose: str) -> Iterator[Fault]:
    try:
        whole = blobs().verify(digest)
    except (BlobError, OSError):
        yield Fault("blob", digest, What.REMOVED, f"{whose}的文件不见了或者不能读：{digest}。")
        return
    if not whole:
        yield Fault("blob", digest, What.CHANGED, f"{whose}的文件被改动：{digest}。")
