"""Queries on the record: entries newest first, and how far sealing is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from consult.ledger.models import DIGESTS_OF_ROWS, LedgerCheckpoint, LedgerEntry, LedgerLeaf
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
    """Return entries with an id below ``before``, newest first.

    Arguments:
        actor_id: only what this account did.
        act: only this act, or all with this prefix (``consultation.`` with its dot); empty for all that somebody did,
            without the entries of the rows that they changed.
        without: none of these acts.
    """
    query = select(LedgerEntry)
    if consultation_id is not None:
        query = query.where(LedgerEntry.consultation_id == consultation_id)
    if actor_id is not None:
        query = query.where(LedgerEntry.actor_kind == "user", LedgerEntry.actor_id == actor_id)
    if act:
        query = query.where(LedgerEntry.act.startswith(act) if act.endswith(".") else LedgerEntry.act == act)
    else:
        query = query.where(LedgerEntry.subject != DIGESTS_OF_ROWS)
    if without:
        query = query.where(LedgerEntry.act.not_in(without))
    if before:
        query = query.where(LedgerEntry.id < before)
    return list(db.session.scalars(query.order_by(LedgerEntry.id.desc()).limit(limit)))


def leaf_positions(entry_ids: Collection[int]) -> dict[int, int]:
    """Return ``{entry id: position in the tree}`` of those of these entries that are sealed, counted from 0."""
    query = select(LedgerLeaf.entry_id, LedgerLeaf.position).where(LedgerLeaf.entry_id.in_(entry_ids))
    return dict(db.session.execute(query).all())


def oldest_unsealed() -> datetime | None:
    """Return when the oldest entry above the newest sealed one was written; None where all are sealed."""
    sealed_to = db.session.scalar(select(func.max(LedgerLeaf.entry_id))) or 0
    query = select(LedgerEntry.at).where(LedgerEntry.id > sealed_to).order_by(LedgerEntry.id).limit(1)
    return db.session.scalar(query)


@dataclass(frozen=True)
class SealProgress:
    """How much of the record is sealed into the tree, and when a checkpoint was last signed."""

    leaves: int
    behind: int
    """By how much the id of the newest entry is ahead of that of the newest sealed one."""
    checkpoint_at: datetime | None


def seal_progress() -> SealProgress:
    """Return how far sealing and signing are."""
    newest = db.session.scalar(select(func.max(LedgerEntry.id))) or 0
    last_position = db.session.scalar(select(func.max(LedgerLeaf.position)))
    sealed_to = db.session.scalar(select(func.max(LedgerLeaf.entry_id))) or 0
    return SealProgress(
        leaves=0 if last_position is None else last_position + 1,
        behind=newest - sealed_to,
        checkpoint_at=db.session.scalar(select(func.max(LedgerCheckpoint.at))),
    )
