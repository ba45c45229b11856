"""Verification of checkpoints: their signatures, their roots, and database against files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from consult.ledger import checkpoints, continuation, merkle, signing_key
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerCheckpoint
from consult.ledger.proofs import Checkpoint, is_signature_valid, signed_time
from consult.ledger.verification.database_view import CheckedCounts, parse_time, stored_text, stream
from consult.store import db


@dataclass(frozen=True)
class _Point:
    """A checkpoint's row; ``signed`` is None when its signature is invalid."""

    size: int
    signed: Checkpoint | None


def _points() -> Iterator[_Point]:
    columns = LedgerCheckpoint.size, LedgerCheckpoint.root, stored_text(LedgerCheckpoint.at).label("at")
    for row in stream(select(*columns, LedgerCheckpoint.signature).order_by(LedgerCheckpoint.size)):
        try:
            shown = signed_time(parse_time(row.at))
            stored = checkpoints.with_key(row.size, str(row.root), shown, str(row.signature))
            yield _Point(row.size, stored if is_signature_valid(stored) else None)
        except ValueError:
            yield _Point(row.size, None)


class StoredCheckpoints:
    """The stored checkpoints, compared with the tree at the size of each."""

    def __init__(self) -> None:
        self._points = _points()
        self._next = next(self._points, None)

    def compare(self, frontier: merkle.Frontier) -> Iterator[Fault]:
        """Compare the checkpoint of exactly this size, if one was signed."""
        while self._next is not None and self._next.size <= frontier.size:
            if self._next.size == frontier.size and self._next.signed is not None:
                yield from _against_root(frontier, self._next.signed.root)
            self._next = next(self._points, None)

    def left_over(self, leaves: int) -> Iterator[Fault]:
        """Yield a fault for leaves that a larger checkpoint covers and the tree lacks."""
        largest = 0
        while self._next is not None:
            largest = self._next.size if self._next.signed is not None else largest
            self._next = next(self._points, None)
        if largest > leaves:
            message = f"记录树少了第 {leaves} 至 {largest - 1} 片叶子：检查点（{largest} 条）签发时还有。"
            yield Fault("leaf", f"{leaves}-{largest - 1}", Damage.REMOVED, message)


def _against_root(frontier: merkle.Frontier, root: str) -> Iterator[Fault]:
    if frontier.root().hex() != root:
        message = f"记录树的前 {frontier.size} 片叶子与检查点（{frontier.size} 条）签发时不同：其中有记录被改写。"
        yield Fault("checkpoint", str(frontier.size), Damage.CHANGED, message)


def signatures(paths: Sequence[Path], checked: CheckedCounts) -> Iterator[Fault]:
    """Check each checkpoint's signature, and compare the database with the checkpoint files."""
    kept = {path.stem: path for path in paths}
    newest = db.session.scalar(select(func.max(LedgerCheckpoint.size)))
    known, least = signing_key.public_keys(), signing_key.least_generation()
    for point in _points():
        checked.checkpoints += 1
        path = kept.pop(checkpoints.file_path(point.size).stem, None)
        if point.signed is None:
            message = f"检查点（{point.size} 条）被改动：签名不符。"
            yield Fault("checkpoint", str(point.size), Damage.CHANGED, message)
        elif point.signed.public_key not in known[least(point.size) - 1 :]:
            message = f"检查点（{point.size} 条）是用已经停用的密钥签名的：换用新密钥之后有人伪造。"
            yield Fault("checkpoint", str(point.size), Damage.CHANGED, message)
        # The newest file may be missing: a process was killed before it wrote it.
        if path is not None or point.size != newest:
            yield from _file(point, path)
    continued = continuation.known()
    for path in kept.values():
        in_file = checkpoints.read_file(path)
        if in_file is not None and continuation.is_superseded(continued, in_file.size, in_file.at):
            continue
        if in_file is None:
            yield _file_changed(path.name)
        else:
            message = f"检查点（{in_file.size} 条，{in_file.at}）从数据库里被删除，留存的文件还在。"
            yield Fault("checkpoint", str(in_file.size), Damage.REMOVED, message)


def _file(point: _Point, path: Path | None) -> Iterator[Fault]:
    if path is None:
        name = checkpoints.file_path(point.size).name
        yield Fault("checkpoint_file", name, Damage.REMOVED, f"检查点（{point.size} 条）留存的文件 {name} 被删除。")
        return
    in_file = checkpoints.read_file(path)
    if in_file is None:
        yield _file_changed(path.name)
    elif point.signed is not None and in_file != point.signed:
        message = f"检查点（{point.size} 条）与签发时留存的文件不同：数据库里的记录被整个换过。"
        yield Fault("checkpoint", str(point.size), Damage.CHANGED, message)


def _file_changed(name: str) -> Fault:
    return Fault("checkpoint_file", name, Damage.CHANGED, f"留存的检查点文件 {name} 被改动：签名不符。")
