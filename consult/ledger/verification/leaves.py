"""Verification of leaves: each against its entry, and the tree computed from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from consult.ledger import merkle
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry, LedgerLeaf
from consult.ledger.service import leaf_data
from consult.ledger.verification.checkpoint_signatures import StoredCheckpoints
from consult.ledger.verification.database_view import (
    CheckedCounts,
    LeastGeneration,
    entry_columns,
    intact_entry,
    stream,
)
from consult.ledger.verification.entries import LISTED_SINGLY
from consult.ledger.verification.nodes import StoredNodes
from consult.ledger.verification.signed_heads import SignedHeads
from consult.store import db


def leaves(checked: CheckedCounts, heads: SignedHeads, least: LeastGeneration) -> Iterator[Fault]:
    """Compare each leaf with its row, and each inner node and checkpoint with the leaves below it."""
    query = (
        select(LedgerLeaf.position, LedgerLeaf.entry_id, LedgerLeaf.leaf_hash, LedgerEntry.id, *entry_columns())
        .outerjoin(LedgerEntry, LedgerEntry.id == LedgerLeaf.entry_id)
        .order_by(LedgerLeaf.position)
    )
    frontier, nodes, points = merkle.Frontier(), StoredNodes(), StoredCheckpoints()
    expected, whole = 0, True  # after a missing leaf the nodes above can't be recomputed
    for row in stream(query):
        if row.position != expected:
            yield from _missing_leaves(expected, row.position)
            whole = False
        expected = row.position + 1
        checked.leaves += 1
        fault, leaf = _leaf(row, least)
        if fault is not None:
            yield fault
        if whole:
            yield from nodes.compare(frontier.append(leaf)[1:])
            yield from points.compare(frontier)
            yield from heads.compare(frontier)
    if whole:
        yield from nodes.left_over()
    yield from points.left_over(expected)
    yield from heads.left_over(expected)


def _missing_leaves(start: int, end: int) -> Iterator[Fault]:
    if end - start > LISTED_SINGLY:
        message = f"记录树的第 {start} 至 {end - 1} 片叶子被删除。"
        yield Fault("leaf", f"{start}-{end - 1}", Damage.REMOVED, message)
        return
    for position in range(start, end):
        yield Fault("leaf", str(position), Damage.REMOVED, f"记录树的第 {position} 片叶子被删除。")


def _leaf(row: Any, least: LeastGeneration) -> tuple[Fault | None, bytes]:
    """Return the fault of a leaf and its entry, and the hash that the leaf had when it was sealed."""
    stored = row.leaf_hash if isinstance(row.leaf_hash, bytes) else str(row.leaf_hash).encode()
    if row.id is None:
        message = f"记录第 {row.entry_id} 行被删除：它在记录树的第 {row.position} 片叶子里。"
        return Fault("entry", str(row.entry_id), Damage.REMOVED, message), stored
    entry = intact_entry(row, least)
    if entry is None:
        message = f"记录第 {row.entry_id} 行（{row.act}，{row.subject}）被改动或者插入。"
        return Fault("entry", str(row.entry_id), Damage.CHANGED, message), stored
    computed = merkle.leaf_hash(leaf_data(entry))
    if computed == stored:
        return None, stored
    if _is_another_leaf(computed):
        message = f"记录第 {row.entry_id} 行与别的行调换过位置：它的内容在记录树的另一片叶子里。"
        return Fault("entry", str(row.entry_id), Damage.REORDERED, message), stored
    message = f"记录树的第 {row.position} 片叶子被改动：与记录第 {row.entry_id} 行不符。"
    return Fault("leaf", str(row.position), Damage.CHANGED, message), computed


def _is_another_leaf(leaf: bytes) -> bool:
    return db.session.scalar(select(LedgerLeaf.position).where(LedgerLeaf.leaf_hash == leaf).limit(1)) is not None
