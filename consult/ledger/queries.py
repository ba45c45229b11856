"""What pages ask of the record: its entries, newest first, by key."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from consult.ledger.models import LedgerEntry, LedgerLeaf
from consult.store import db

PAGE = 60


def entries(
    *,
    consultation_id: int | None = None,
    actor_id: int | None = None,
    act: str = "",
    without: Collection[str] = (),
    before: int = 0,
    limit: int = PAGE,
) -> list[LedgerEntry]:
    """Return entries of the record, newest first, from below the id ``before``.

    Arguments:
        actor_id: only what this account did.
        act: only this act, or all of a room (``consultation.`` with its dot).
        without: none of these acts.
    """
    query = select(LedgerEntry)
    if consultation_id is not None:
        query = query.where(LedgerEntry.consultation_id == consultation_id)
    if actor_id is not None:
        query = query.where(LedgerEntry.actor_kind == "user", LedgerEntry.actor_id == actor_id)
    if act:
        query = query.where(LedgerEntry.act.startswith(act) if act.endswith(".") else LedgerEntry.act == act)
    if without:
        query = query.where(LedgerEntry.act.not_in(without))
    if before:
        query = query.where(LedgerEntry.id < before)
    return list(db.session.scalars(query.order_by(LedgerEntry.id.desc()).limit(limit)))


def places(entry_ids: Collection[int]) -> dict[int, int]:
    """Return the places in the tree of those of these entries that are sealed into it, counted from 0."""
    query = select(LedgerLeaf.entry_id, LedgerLeaf.position).where(LedgerLeaf.entry_id.in_(entry_ids))
    return dict(db.session.execute(query).all())
