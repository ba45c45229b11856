"""The checkpoints of the database and of the files beside it: signatures, roots, and each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from consult.ledger import checkpoints, merkle
from consult.ledger.checking.view import Checked, as_stored, moment, stream
from consult.ledger.faults import Fault, What
from consult.ledger.models import LedgerCheckpoint
from consult.ledger.proofs import Checkpoint, checkpoint_holds
from consult.store import db


@dataclass(frozen=True)
class _Point:
    """A checkpoint's row; ``signed`` is what it says when its signature holds."""

    size: int
    signed: Checkpoint | None


def _points() -> Iterator[_Point]:
    columns = LedgerCheckpoint.size, LedgerCheckpoint.root, as_stored(LedgerCheckpoint.at).label("at")
    key = checkpoints.public_key()
    for row in stream(select(*columns, LedgerCheckpoint.signature).order_by(LedgerCheckpoint.size)):
        try:
            shown = checkpoints.shown_moment(moment(row.at))
            stored = Checkpoint(row.size, str(row.root), shown, key, str(row.signature))
            yield _Point(row.size, stored if checkpoint_holds(stored) else None)
        except ValueError:
            yield _Point(row.size, None)


class StoredCheckpoints:
    """The stored checkpoints, held against the tree as it was when each was signed."""

    def __init__(self) -> None:
        self._points = _points()
        self._next = next(self._points, None)

    def compare(self, frontier: merkle.Frontier) -> Iterator[Fault]:
        """Compare the checkpoint over exactly this tree, if one was signed."""
        while self._next is not None and self._next.size <= frontier.size:
            if self._next.size == frontier.size and self._next.signed is not None:
                yield from _against_root(frontier, self._next.signed.root)
            self._next = next(self._points, None)

    def left_over(self, leaves: int) -> Iterator[Fault]:
        """Name the leaves that are gone since the last checkpoints were signed."""
        largest = 0
        while self._next is not None:
            largest = self._next.size if self._next.signed is not None else largest
            self._next = next(self._points, None)
        if largest > leaves:
            message = f"记录树少了第 {leaves} 至 {largest - 1} 片叶子：检查点（{largest} 条）签发时还有。"
            yield Fault("leaf", f"{leaves}-{largest - 1}", What.REMOVED, message)


def _against_root(frontier: merkle.Frontier, root: str) -> Iterator[Fault]:
    if frontier.root().hex() != root:
        message = f"记录树的前 {frontier.size} 片叶子与检查点（{frontier.size} 条）签发时不同：其中有记录被改写。"
        yield Fault("checkpoint", str(frontier.size), What.CHANGED, message)


def signatures(paths: Sequence[Path], checked: Checked) -> Iterator[Fault]:
    """Check each checkpoint's signature, and hold the database's checkpoints against the files kept beside it."""
    kept = {path.stem: path for path in paths}
    newest = db.session.scalar(select(func.max(LedgerCheckpoint.size)))
    for point in _points():
        checked.checkpoints += 1
        path = kept.pop(checkpoints.file_of(point.size).stem, None)
        if point.signed is None:
            message = f"检查点（{point.size} 条）被改动：签名不符。"
            yield Fault("checkpoint", str(point.size), What.CHANGED, message)
        # The newest may have been signed by a process that was killed before it wrote the file.
        if path is not None or point.size != newest:
            yield from _file(point, path)
    for path in kept.values():
        said = checkpoints.read_file(path)
        if said is None:
            yield _file_changed(path.name)
        else:
            message = f"检查点（{said.size} 条，{said.at}）从数据库里被删除，留存的文件还在。"
            yield Fault("checkpoint", str(said.size), What.REMOVED, message)


def _file(point: _Point, path: Path | None) -> Iterator[Fault]:
    if path is None:
        name = checkpoints.file_of(point.size).name
        yield Fault("checkpoint_file", name, What.REMOVED, f"检查点（{point.size} 条）留存的文件 {name} 被删除。")
        return
    said = checkpoints.read_file(path)
    if said is None:
        yield _file_changed(path.name)
    elif point.signed is not None and said != point.signed:
        message = f"检查点（{point.size} 条）与签发时留存的文件不同：数据库里的记录被整个换过。"
        yield Fault("checkpoint", str(point.size), What.CHANGED, message)


def _file_changed(name: str) -> Fault:
    return Fault("checkpoint_file", name, What.CHANGED, f"留存的检查点文件 {name} 被改动：签名不符。")
