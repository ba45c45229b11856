"""Verification of signed tree heads: their files against each other, and the tree against every head."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import merge
from pathlib import Path

from sqlalchemy import func, select

from consult.ledger import continuation, merkle, signing_key, tree, tree_heads
from consult.ledger.faults import Damage, Fault
from consult.ledger.journal import files
from consult.ledger.models import LedgerCheckpoint
from consult.ledger.proofs import Checkpoint
from consult.ledger.verification.copies_of_files import Comparison, SizedFile, compare, sized
from consult.ledger.verification.database_view import CheckedCounts, parse_time, stored_text
from consult.ledger.verification.journals import MOST, Claims, first_begun
from consult.store import db

NOT_YET = timedelta(minutes=2)
"""After the beginning of the first journal, within which no head may be signed yet."""


@dataclass(frozen=True)
class HeadFiles:
    """The files of tree heads as they were before the database was read, by name: here and in each other place."""

    copies: list[tuple[Path, dict[str, SizedFile]]] = field(
        default_factory=lambda: [(folder, _in(folder)) for folder in tree_heads.places()[1:]]
    )
    here: dict[str, SizedFile] = field(default_factory=lambda: _in(files.folder()))


@dataclass
class Superseded:
    """Heads of what a restore has ended: how many, and the largest."""

    heads: int = 0
    largest: Checkpoint | None = None

    def add(self, signed: Checkpoint) -> None:
        """Count one."""
        self.heads += 1
        if self.largest is None or signed.size > self.largest.size:
            self.largest = signed

    def as_note(self) -> str:
        """Say what they show."""
        assert self.largest is not None
        largest = f"{self.largest.at} 时记录有 {self.largest.size} 条"
        return f"有 {self.heads} 个签名的树头是恢复备份以前签的，恢复后不再接续：{largest}。"


class SignedHeads:
    """All tree heads; ``compare`` is called with every size of the tree that grows leaf by leaf."""

    def __init__(self, heads: HeadFiles, checked: CheckedCounts) -> None:
        self.faults: list[Fault] = []
        """Files of heads that were touched."""
        self.claims: Claims = defaultdict(dict)
        """Where each host's shipped journal ended when each head was signed: ``{host: {number: chain}}``."""
        self._files = heads
        self._least = signing_key.least_generation()
        self._checked = checked
        self._continued = continuation.known()
        for known in self._continued:
            for host, end in known.ends.items():
                self.claims[host][end.number] = end.chain
        self._ended = Superseded()
        self._streams = list(self._to_read())
        for file in self._streams:
            self._check_chain(file)
        if not self._streams and _has_signed_since_begin():
            self._add("", Damage.REMOVED, "签名的树头文件全都不见了。")
        if self._ended.heads:
            checked.notes.append(self._ended.as_note())
        streams = [self._checkpoints(file) for file in self._streams]
        self._heads = merge(*streams, key=lambda signed: signed.size)
        self._next = next(self._heads, None)
        self._is_named = False

    def compare(self, frontier: merkle.Frontier) -> Iterator[Fault]:
        """Compare the heads of exactly this size."""
        while self._next is not None and self._next.size <= frontier.size:
            signed, self._next = self._next, next(self._heads, None)
            root = frontier.root() if signed.size == frontier.size else _earlier_root(signed.size)
            if root.hex() != signed.root and not self._is_named:
                self._is_named = True  # every later head differs as well
                message = f"记录树的前 {signed.size} 片叶子与 {signed.at} 签名的树头不同：其中有记录被改写或者删除。"
                yield Fault("checkpoint", str(signed.size), Damage.CHANGED, message)

    def left_over(self, leaves: int) -> Iterator[Fault]:
        """Yield a fault for leaves that a larger head covers and the tree lacks."""
        largest: Checkpoint | None = None
        while self._next is not None:
            if self._next.size > leaves:
                largest = self._next
            self._next = next(self._heads, None)
        if largest is not None:
            message = (
                f"记录树少了第 {leaves} 至 {largest.size - 1} 片叶子：{largest.at} 签名的树头有 {largest.size} 条。"
                "数据库被换成了较早的副本，或者有记录被删除。"
            )
            yield Fault("leaf", f"{leaves}-{largest.size - 1}", Damage.REMOVED, message)

    def _to_read(self) -> Iterator[SizedFile]:
        """Yield the files here, and copies that have something else; compares each copy with its original."""
        yield from self._files.here.values()
        compared: set[str] = set()
        for folder, copies in self._files.copies:
            if not folder.is_dir():
                self._checked.notes.append(f"存放签名树头的文件夹 {folder} 读不到。")
            for name, copy in copies.items():
                here = self._files.here.get(name)
                if here is None:
                    if name not in compared:
                        yield copy
                        self._check_without_original(name, copy)
                    compared.add(name)
                elif (how := compare(here, copy)) is not Comparison.CONTINUES:
                    self._add_differing_copy(name, copy, how)
                    yield copy
                elif here.size > copy.size:
                    self._checked.notes.append(f"签名树头的副本 {copy.path} 落后 {here.size - copy.size} 字节。")
            for name in self._files.here.keys() - copies.keys():
                if self._files.here[name].size and folder.is_dir():
                    self._checked.notes.append(f"签名树头 {name} 还没有送到 {folder}。")

    def _check_without_original(self, name: str, copy: SizedFile) -> None:
        if files.ASIDE in name:
            message = f"签名的树头没有接着送达的副本写下去：它被截断、删除或者换过。副本存为 {copy.path.name}。"
            self._add(name, Damage.CHANGED, message)
        elif name == tree_heads.path().stem:
            self._add(name, Damage.REMOVED, f"本机签名的树头文件不见了：副本 {copy.path} 还在。")

    def _add_differing_copy(self, name: str, copy: SizedFile, how: Comparison) -> None:
        if how is Comparison.CUT_SHORT:
            message = f"签名的树头 {name} 被截断或者换成了较早的副本：{copy.path} 里有更多。"
            self._add(name, Damage.REMOVED, message)
        else:
            self._add(name, Damage.CHANGED, f"签名的树头 {name} 与副本 {copy.path} 不同。")

    def _check_chain(self, file: SizedFile) -> None:
        before = ""
        for number, head in tree_heads.read(file.path, file.size):
            which = f"{file.path.stem}:{number}"
            if head is None:
                self._add(which, Damage.CHANGED, f"签名的树头 {file.path} 第 {number} 行被改动：签名不符。")
                continue
            if head.generation < self._least(head.checkpoint.size):
                message = f"签名的树头 {file.path} 第 {number} 行是用已经停用的密钥签名的：换用新密钥之后有人伪造。"
                self._add(which, Damage.CHANGED, message)
            if head.before != before:
                message = f"签名的树头 {file.path} 第 {number} 行接不上前一行：有行被调换或者删除。"
                self._add(which, Damage.CHANGED, message)
            before = head.digest
            self._checked.heads += 1
            if self._is_superseded(head.checkpoint):
                self._ended.add(head.checkpoint)
                continue  # the journals that it names may be lost; those that are left, the restore has named
            for host, end in head.journals.items():
                if self.claims[host].setdefault(end.number, end.chain) != end.chain:
                    message = f"签名的树头写明主机 {host} 的底账有过两个不同的第 {end.number} 行：底账被换过。"
                    self._add(f"{host}:{end.number}", Damage.CHANGED, message)

    def _is_superseded(self, signed: Checkpoint) -> bool:
        return continuation.is_superseded(self._continued, signed.size, signed.at)

    def _checkpoints(self, file: SizedFile) -> Iterator[Checkpoint]:
        for _, head in tree_heads.read(file.path, file.size):
            if head is not None and not self._is_superseded(head.checkpoint):
                yield head.checkpoint

    def _add(self, which: str, what: Damage, message: str) -> None:
        if len(self.faults) < MOST:
            self.faults.append(Fault("tree_heads", which, what, message))


def _in(folder: Path) -> dict[str, SizedFile]:
    return sized({path.stem: path for path in sorted(folder.glob("heads-*.log"))})


def _earlier_root(size: int) -> bytes:
    """Return the root of a size that the tree has passed, where a file of heads isn't in order."""
    try:
        return tree.root(size)
    except LookupError:
        return b""  # a node is missing, which its check reports


def _has_signed_since_begin() -> bool:
    begun = first_begun()
    newest = db.session.scalar(select(func.max(stored_text(LedgerCheckpoint.at))))
    try:
        return begun is not None and newest is not None and parse_time(newest) > begun + NOT_YET
    except ValueError:
        return False  # the check of the checkpoints reports it
