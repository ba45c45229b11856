"""The stored Merkle tree: its size, its nodes, and sealing, which appends new entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select, text

from consult.ledger import merkle
from consult.ledger.models import LedgerEntry, LedgerLeaf, LedgerNode
from consult.ledger.service import leaf_data
from consult.store import bulk, db, transaction

BATCH = 1000
"""Entries sealed in one transaction, so that writers on SQLite wait for milliseconds only."""

LATE_IDS = 10_000
"""How many ids below the newest sealed one sealing looks for entries that were committed late."""

LOCK = 0x636F6E73
"""Key of the advisory lock of sealing on PostgreSQL."""


def size() -> int:
    """Return how many leaves the tree has."""
    newest = db.session.scalar(select(func.max(LedgerLeaf.position)))
    return 0 if newest is None else newest + 1


def node(level: int, position: int) -> bytes:
    """Return the hash of a stored complete node; raises LookupError when it is missing."""
    if level == 0:
        stored = db.session.scalar(select(LedgerLeaf.leaf_hash).where(LedgerLeaf.position == position))
    else:
        query = select(LedgerNode.hash).where(LedgerNode.level == level, LedgerNode.position == position)
        stored = db.session.scalar(query)
    if stored is None:
        raise LookupError(f"the tree has no node {position} on level {level}")
    return bytes(stored)


def root(leaves: int) -> bytes:
    """Return the root of the tree's first ``leaves`` leaves."""
    return merkle.stored_root(node, leaves)


def seal(_at: datetime, *, everything: bool = False) -> int:
    """Append the entries that aren't in the tree yet; return how many.

    On PostgreSQL an entry can be committed after one with a higher id. Sealing looks back LATE_IDS ids; with
    ``everything`` at all ids. It stops while another process is sealing.
    """
    newest = db.session.scalar(select(func.max(LedgerLeaf.entry_id))) or 0
    since = 0 if everything else max(0, newest - LATE_IDS)
    sealed = 0
    while True:
        waiting = _waiting(since)
        if not waiting:
            return sealed
        with transaction():
            if not try_lock():
                return sealed
            entries = _unsealed(waiting)
            _append(entries)
        sealed += len(entries)
        since = waiting[-1]


def try_lock() -> bool:
    """Try to take the lock of sealing until the transaction ends; say whether it was free.

    On SQLite the write lock of the transaction serves.
    """
    if db.session.connection().dialect.name != "postgresql":
        return True
    return bool(db.session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}))


def _waiting(since: int) -> list[int]:
    """Return the ids above ``since`` of up to BATCH entries without a leaf, in order."""
    in_tree = exists().where(LedgerLeaf.entry_id == LedgerEntry.id)
    query = select(LedgerEntry.id).where(LedgerEntry.id > since, ~in_tree).order_by(LedgerEntry.id).limit(BATCH)
    return list(db.session.scalars(query))


def _unsealed(ids: Sequence[int]) -> list[Any]:
    """Return the entries of ``ids`` that still have no leaf under the lock."""
    in_tree = exists().where(LedgerLeaf.entry_id == LedgerEntry.id)
    columns = LedgerEntry.__table__.columns
    query = (
        select(*columns).where(LedgerEntry.id.between(ids[0], ids[-1]), LedgerEntry.id.in_(ids), ~in_tree)
    ).order_by(LedgerEntry.id)
    return list(db.session.execute(query))


def _append(entries: Sequence[Any]) -> None:
    if not entries:
        return
    first = size()
    frontier = merkle.Frontier(first, [node(level, index) for level, index in _frontier_of(first)])
    leaves: list[dict[str, Any]] = []
    nodes: list[dict[str, Any]] = []
    for position, entry in enumerate(entries, first):
        leaf = merkle.leaf_hash(leaf_data(entry))
        leaves.append({"position": position, "entry_id": entry.id, "leaf_hash": leaf})
        nodes += [
            {"level": made.level, "position": made.index, "hash": made.hash} for made in frontier.append(leaf)[1:]
        ]
    bulk.insert_rows(LedgerLeaf, leaves)
    bulk.insert_rows(LedgerNode, nodes)


def _frontier_of(leaves: int) -> list[tuple[int, int]]:
    """Return (level, index) of the complete nodes at the right edge of a tree, the largest first."""
    levels = [level for level in range(leaves.bit_length() - 1, -1, -1) if leaves >> level & 1]
    return [(level, (leaves >> level) - 1) for level in levels]
