"""The leaves: each against its row, in order, and the tree that they give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from consult.ledger import merkle
from consult.ledger.checking.nodes import StoredNodes
from consult.ledger.checking.rows import STRETCH
from consult.ledger.checking.signed import StoredCheckpoints
from consult.ledger.checking.view import Checked, as_written, entry_columns, stream
from consult.ledger.faults import Fault, What
from consult.ledger.models import LedgerEntry, LedgerLeaf
from consult.ledger.service import leaf_data
from consult.store import db


def leaves(checked: Checked) -> Iterator[Fault]:
    """Compare each leaf with its row, and each inner node and checkpoint with the leaves below it."""
    query = (
        select(LedgerLeaf.position, LedgerLeaf.entry_id, LedgerLeaf.leaf_hash, LedgerEntry.id, *entry_columns())
        .outerjoin(LedgerEntry, LedgerEntry.id == LedgerLeaf.entry_id)
        .order_by(LedgerLeaf.position)
    )
    frontier, nodes, points = merkle.Frontier(), StoredNodes(), StoredCheckpoints()
    expected, whole = 0, True  # without a leaf in between, what stands above can't be recomputed
    for row in stream(query):
        if row.position != expected:
            yield from _missing_leaves(expected, row.position)
            whole = False
        expected = row.position + 1
        checked.leaves += 1
        fault, leaf = _leaf(row)
        if fault is not None:
            yield fault
        if whole:
            yield from nodes.compare(frontier.append(leaf)[1:])
            yield from points.compare(frontier)
    if whole:
        yield from nodes.left_over()
    yield from points.left_over(expected)


def _missing_leaves(start: int, end: int) -> Iterator[Fault]:
    if end - start > STRETCH:
        message = f"记录树的第 {start} 至 {end - 1} 片叶子被删除。"
        yield Fault("leaf", f"{start}-{end - 1}", What.REMOVED, message)
        return
    for position in range(start, end):
        yield Fault("leaf", str(position), What.REMOVED, f"记录树的第 {position} 片叶子被删除。")


def _leaf(row: Any) -> tuple[Fault | None, bytes]:
    """Return what is wrong with a leaf and its row, and the hash that the leaf had when it was sealed."""
    stored = row.leaf_hash if isinstance(row.leaf_hash, bytes) else str(row.leaf_hash).encode()
    if row.id is None:
        message = f"记录第 {row.entry_id} 行被删除：它在记录树的第 {row.position} 片叶子里。"
        return Fault("entry", str(row.entry_id), What.REMOVED, message), stored
    entry = as_written(row)
    if entry is None:
        message = f"记录第 {row.entry_id} 行（{row.act}，{row.subject}）被改动或者插入。"
        return Fault("entry", str(row.entry_id), What.CHANGED, message), stored
    computed = merkle.leaf_hash(leaf_data(entry))
    if computed == stored:
        return None, stored
    if _stands_elsewhere(computed):
        message = f"记录第 {row.entry_id} 行与别的行调换过位置：它的内容在记录树的另一片叶子里。"
        return Fault("entry", str(row.entry_id), What.REORDERED, message), stored
    message = f"记录树的第 {row.position} 片叶子被改动：与记录第 {row.entry_id} 行不符。"
    return Fault("leaf", str(row.position), What.CHANGED, message), computed


def _stands_elsewhere(leaf: bytes) -> bool:
    return db.session.scalar(select(LedgerLeaf.position).where(LedgerLeaf.leaf_hash == leaf).limit(1)) is not None
