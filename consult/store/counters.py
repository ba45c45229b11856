"""Counts kept by insertion, so that a page costs the same at a thousand and at a million rows.

A verb that changes a count inserts a row with the difference (+1, -1) in its own transaction; the count is the sum.
Writers never wait for each other, as they would on a shared counter row. A job sums up the rows of each count from time
to time; without it counts stay right and get slower.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from consult.store import bulk
from consult.store.database import Base, db, transaction
from consult.store.types import NOT_IN_RECORD, big_id

COMPACT_AT = 64
"""Rows of one count above which summing them up is worth a write."""


class Tally(Base):
    """A difference to one count: ``facet`` and ``value`` of a consultation changed by ``n``."""

    __tablename__ = "tally"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(big_id)
    facet: Mapped[str] = mapped_column(String(32))
    value: Mapped[str] = mapped_column(String(80))
    n: Mapped[int]

    __table_args__ = (
        Index("ix_tally_count", "consultation_id", "facet", "value", "n"),
        {"info": {NOT_IN_RECORD: "sums, compared with the rows that they count"}},
    )


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


def compact() -> int:
    """Replace the many rows of a count by one with their sum; return how many rows were saved."""
    gone = 0
    with transaction() as session:
        key = (Tally.consultation_id, Tally.facet, Tally.value)
        crowded = session.execute(select(*key).group_by(*key).having(func.count() > COMPACT_AT)).all()
        for consultation_id, facet, value in crowded:
            rows = session.execute(
                select(Tally.id, Tally.n)
                .where(Tally.consultation_id == consultation_id, Tally.facet == facet, Tally.value == value)
                .order_by(Tally.id)
                .with_for_update()  # concurrent runs would count twice
            ).all()
            ids = [row.id for row in rows]
            for start in range(0, len(ids), 500):
                session.execute(delete(Tally).where(Tally.id.in_(ids[start : start + 500])))
            add(consultation_id, [(facet, value, sum(row.n for row in rows))])
            gone += max(0, len(rows) - 1)  # 0 where a concurrent run was first
    return gone
