"""Holding acts of screening against the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from consult.intake.models import Submission
from consult.ledger.checking.batches import columns_as_stored, entries_on, facts, ids_of
from consult.ledger.checking.view import moment, one_view
from consult.ledger.faults import Fault, What
from consult.ledger.service import digest
from consult.moderation.models import Screening
from consult.store import db

SET_IN_PLACE = ("at", "kind", "state_before", "state_after", "before")


def faults() -> Iterator[Fault]:
    """Name every act of screening that isn't as it was recorded, or never was."""
    with one_view():
        for ids in ids_of(Screening):
            query = (
                select(Submission.number, *columns_as_stored(Screening, *SET_IN_PLACE))
                .join(Submission, Submission.id == Screening.submission_id)
                .where(Screening.id.in_(ids))
                .order_by(Screening.id)
            )
            rows = list(db.session.execute(query))
            entries = entries_on({f"submission:{row.number}" for row in rows})
            for row in rows:
                if not any(_is_of(entry, row) for entry in entries[f"submission:{row.number}"]):
                    message = f"来件 {row.number} 的第 {row.id} 号审核记录被改动或者插入，与底账不符。"
                    yield Fault("screening", str(row.id), What.CHANGED, message)


def _is_of(entry: Any, row: Any) -> bool:
    said = facts(entry)
    try:
        same_moment = moment(entry.at) == moment(row.at)
    except ValueError:
        return False
    return (
        same_moment
        and entry.act == f"submission.{row.kind}"
        and entry.actor_id == row.by_id
        and said.get("state") == str(row.state_after)
        and said.get("reason_id") == row.reason_id
        and said.get("reason_digest") == digest({"reason": row.reason})
    )
