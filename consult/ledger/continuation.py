"""Where the record goes on from a backup, or in another database: acts that say so, and what follows from them.

After a restore the record goes on behind its point. What was written between the point and the restore is lost to the
database, and known from journals and heads that lay elsewhere: it is named as lost, once and for good, by ids that are
never given again (docs/decisions/0046-backup-and-restore.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from consult.ledger.journal.lines import End
from consult.ledger.models import LedgerEntry
from consult.ledger.proofs import signed_time
from consult.ledger.verification.batches import detail_of
from consult.ledger.verification.database_view import parse_time, stored_text
from consult.store import db

RESTORE: Final = "record.restore"
MOVE: Final = "record.move"
RELEASE_MAIL: Final = "mail.release"
"""The act by which a person lets letters out again after a restore."""
SUBJECT: Final = "record:continuation"
MARGIN: Final = 1000
"""Ids left free above the highest known one: for entries of which no journal that is left knows."""


@dataclass(frozen=True)
class Continuation:
    """That the record went on: after a restore from the point of a backup, or in another database.

    Arguments:
        leaves: of the tree at the point; None for a move, which loses nothing.
        last, first: the highest id at the point, and that of the act; no entry has one in between.
        holes: ids below ``last`` of entries that weren't committed at the point.
        ends: where each journal ended at the act.
        from_postgresql: whether ids up to ``last`` may lack some, as PostgreSQL's do after a rollback.
        backup: digest of the backup.
        point: when it was made.
    """

    act: str
    at: datetime
    leaves: int | None
    last: int
    first: int
    holes: frozenset[int] = frozenset()
    ends: Mapping[str, End] = field(default_factory=dict)
    from_postgresql: bool = False
    backup: str = ""
    point: str = ""

    def has_lost(self, id_: int) -> bool:
        """Say whether an entry of this id was lost by a restore."""
        return self.act == RESTORE and (self.last < id_ < self.first or id_ in self.holes)

    def supersedes(self, size: int, signed_at: str) -> bool:
        """Say whether a tree of this size, signed then, isn't the one that went on."""
        return self.leaves is not None and size > self.leaves and signed_at < signed_time(self.at)


def known() -> list[Continuation]:
    """Return the continuations that the record has, oldest first."""
    columns = LedgerEntry.id, LedgerEntry.act, stored_text(LedgerEntry.at).label("at")
    query = select(*columns, stored_text(LedgerEntry.detail).label("detail")).where(
        LedgerEntry.subject == SUBJECT, LedgerEntry.act.in_((RESTORE, MOVE))
    )
    continuations = []
    for row in db.session.execute(query.order_by(LedgerEntry.id)):
        try:
            continuations.append(_from_entry(row))
        except (ValueError, TypeError, KeyError, AttributeError):
            continue  # an entry that was altered: its seal tells
    return continuations


def _from_entry(row: Any) -> Continuation:
    detail = detail_of(row)
    return Continuation(
        act=row.act,
        at=parse_time(row.at),
        leaves=int(detail["leaves"]) if row.act == RESTORE else None,
        last=int(detail["last"]),
        first=row.id,
        holes=frozenset(int(id_) for id_ in detail.get("holes", ())),
        ends={str(host): End(int(number), str(chain)) for host, (number, chain) in detail.get("ends", {}).items()},
        from_postgresql=bool(detail.get("from_postgresql")),
        backup=str(detail.get("backup", "")),
        point=str(detail.get("point", "")),
    )


def is_lost(all_known: list[Continuation], id_: int) -> bool:
    """Say whether an entry of this id was lost by one of the restores."""
    return any(known_.has_lost(id_) for known_ in all_known)


def is_superseded(all_known: list[Continuation], size: int, signed_at: str) -> bool:
    """Say whether a signed tree is of a record that a restore has ended."""
    return any(known_.supersedes(size, signed_at) for known_ in all_known)


def unexplained(all_known: list[Continuation], start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of missing ids from ``start`` up to ``stop`` that no continuation explains."""
    for known_ in all_known:
        low, high = (0 if known_.from_postgresql else known_.last + 1), known_.first
        if low < stop and high > start:
            yield from unexplained(all_known, start, max(start, low)) if start < low else ()
            yield from unexplained(all_known, high, stop) if high < stop else ()
            return
    if start < stop:
        yield start, stop


def restored_since_release() -> datetime | None:
    """Return when the record was restored, unless a person has let letters out since."""
    query = select(LedgerEntry.act, LedgerEntry.at).where(
        LedgerEntry.subject == SUBJECT, LedgerEntry.act.in_((RESTORE, RELEASE_MAIL))
    )
    newest = db.session.execute(query.order_by(LedgerEntry.id.desc()).limit(1)).first()
    return newest.at if newest is not None and newest.act == RESTORE else None
