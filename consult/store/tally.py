"""Counts kept by insertion, so that a page costs the same at a thousand and at a million rows.

A verb that changes how many of something there are adds a row with the difference (+1, -1) in its own transaction; the
count is the sum. Writers never wait for one another, as they would on a shared counter. The worker folds the rows of
one count into one from time to time; if it is stopped, counts stay right and only grow slower.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from consult.store import bulk
from consult.store.database import Base, db, transaction
from consult.store.types import big_id

FOLD_AT = 64
"""Rows of one count beyond which folding is worth a write."""


class Tally(Base):
    """A difference to one count: ``facet`` and ``value`` of a consultation changed by ``n``."""

    __tablename__ = "tally"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(big_id)
    facet: Mapped[str] = mapped_column(String(32))
    value: Mapped[str] = mapped_column(String(80))
    n: Mapped[int]

    __table_args__ = (Index("ix_tally_count", "consultation_id", "facet", "value", "n"),)


def add(consultation_id: int, changes: Iterable[tuple[str, str, int]]) -> None:
    """Add differences ``(facet, value, n)`` to counts of a consultation, in the caller's transaction."""
    net: Counter[tuple[str, str]] = Counter()
    for facet, value, n in changes:
        net[facet, value] += n
    rows = [
        {"consultation_id": consultation_id, "facet": facet, "value": value, "n": n}
        for (facet, value), n in sorted(net.items())
        if n
    ]
    if rows:
        bulk.insert_rows(Tally, rows)


def counts(consultation_id: int, facet: str) -> dict[str, int]:
    """Return ``{value: count}`` of one facet, zero counts left out."""
    total = func.sum(Tally.n)
    query = (
        select(Tally.value, total)
        .where(Tally.consultation_id == consultation_id, Tally.facet == facet)
        .group_by(Tally.value)
    )
    return {value: int(n) for value, n in db.session.execute(query) if n}


def count_for(consultation_ids: Iterable[int], facet: str, value: str) -> dict[int, int]:
    """Return ``{consultation id: count}`` of one value for several consultations at once."""
    query = (
        select(Tally.consultation_id, func.sum(Tally.n))
        .where(Tally.consultation_id.in_(list(consultation_ids)), Tally.facet == facet, Tally.value == value)
        .group_by(Tally.consultation_id)
    )
    return {key: int(n) for key, n in db.session.execute(query)}


def fold() -> int:
    """Fold counts of many rows into one row each; return how many rows went away."""
    gone = 0
    with transaction() as session:
        key = (Tally.consultation_id, Tally.facet, Tally.value)
        crowded = session.execute(select(*key).group_by(*key).having(func.count() > FOLD_AT)).all()
        for consultation_id, facet, value in crowded:
            rows = session.execute(
                select(Tally.id, Tally.n)
                .where(Tally.consultation_id == consultation_id, Tally.facet == facet, Tally.value == value)
                .order_by(Tally.id)
                .with_for_update()  # two that fold at once would count twice
            ).all()
            ids = [row.id for row in rows]
            for start in range(0, len(ids), 500):
                session.execute(delete(Tally).where(Tally.id.in_(ids[start : start + 500])))
            add(consultation_id, [(facet, value, sum(row.n for row in rows))])
            gone += max(0, len(rows) - 1)  # none is left where another was first
    return gone
