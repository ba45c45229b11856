"""Verification of entries: those not sealed yet, copies, and gaps in ids."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import exists, func, select, text

from consult.ledger import continuation
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry, LedgerLeaf
from consult.ledger.verification.database_view import (
    CheckedCounts,
    LeastGeneration,
    entry_columns,
    intact_entry,
    stream,
)
from consult.store import db

LISTED_SINGLY = 20
"""Missing rows of a gap up to which each gets a fault of its own."""


def waiting(checked: CheckedCounts, least: LeastGeneration) -> Iterator[Fault]:
    """Check the entries that aren't in the tree yet."""
    in_tree = exists().where(LedgerLeaf.entry_id == LedgerEntry.id)
    for row in stream(select(LedgerEntry.id, *entry_columns()).where(~in_tree).order_by(LedgerEntry.id)):
        checked.waiting += 1
        if intact_entry(row, least) is None:
            message = f"记录第 {row.id} 行（{row.act}，{row.subject}）被改动或者插入，还没有归入记录树。"
            yield Fault("entry", str(row.id), Damage.CHANGED, message)
    checked.entries = db.session.scalar(select(func.count()).select_from(LedgerEntry)) or 0


def copies() -> Iterator[Fault]:
    """Find copied rows by their seal: its nonce makes it unique."""
    query = (
        select(func.min(LedgerEntry.id), func.max(LedgerEntry.id)).group_by(LedgerEntry.seal).having(func.count() > 1)
    )
    for original, copy in stream(query):
        message = f"记录第 {copy} 行是插入的：它是第 {original} 行的复制件。"
        yield Fault("entry", str(copy), Damage.INSERTED, message)


def gaps() -> Iterator[Fault]:
    """Find missing ids; on SQLite only, where a rolled-back transaction leaves no gap."""
    if db.engine.dialect.name != "sqlite":
        return
    known = continuation.known()
    before = func.lag(LedgerEntry.id, 1, 0).over(order_by=LedgerEntry.id)
    pairs = select(before.label("before"), LedgerEntry.id.label("after")).subquery()
    for start, end in stream(select(pairs.c.before, pairs.c.after).where(pairs.c.after - pairs.c.before > 1)):
        for first, stop in continuation.unexplained(known, start + 1, end):
            yield from _gone(first, stop)
    last = db.session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'ledger_entry'")) or 0
    yield from _gone((db.session.scalar(select(func.max(LedgerEntry.id))) or 0) + 1, last + 1)


def _gone(start: int, end: int) -> Iterator[Fault]:
    """Yield faults for the missing rows ``start`` up to ``end`` that have no leaf (its check reports those)."""
    if end - start > LISTED_SINGLY:
        yield Fault("entry", f"{start}-{end - 1}", Damage.REMOVED, f"记录第 {start} 至 {end - 1} 行被删除。")
        return
    named = set(db.session.scalars(select(LedgerLeaf.entry_id).where(LedgerLeaf.entry_id.between(start, end - 1))))
    for id_ in range(start, end):
        if id_ not in named:
            yield Fault("entry", str(id_), Damage.REMOVED, f"记录第 {id_} 行在归入记录树之前被删除。")
