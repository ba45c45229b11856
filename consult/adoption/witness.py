"""Holding decisions against the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from consult.adoption.models import Decision
from consult.ledger.checking.batches import columns_as_stored, entries_on, facts, ids_of
from consult.ledger.checking.view import one_view
from consult.ledger.faults import Fault, What
from consult.ledger.service import digest
from consult.store import db

SET_IN_PLACE = ("outcome", "state", "proposed_at", "reviewed_at")


def faults() -> Iterator[Fault]:
    """Name every decision whose outcome, reason or review isn't as it was recorded, or that never was."""
    with one_view():
        for ids in ids_of(Decision):
            query = (
                select(*columns_as_stored(Decision, *SET_IN_PLACE)).where(Decision.id.in_(ids)).order_by(Decision.id)
            )
            rows = list(db.session.execute(query))
            entries = entries_on({_subject(row) for row in rows})
            for row in rows:
                acts = [said for entry in entries[_subject(row)] if (said := facts(entry)).get("decision") == row.id]
                if not acts:
                    message = f"{_words(row)}没有底账：记录被删除，或者这条处理是插入的。"
                    yield Fault("decision", str(row.id), What.INSERTED, message)
                elif not _is_of(acts[-1], row):
                    yield Fault("decision", str(row.id), What.CHANGED, f"{_words(row)}被改动：与底账不符。")


def _subject(row: Any) -> str:
    return f"opinion:{row.opinion_id}" if row.opinion_id else f"group:{row.group_id}"


def _words(row: Any) -> str:
    of = f"第 {row.opinion_id} 号意见" if row.opinion_id else f"第 {row.group_id} 组意见"
    return f"{of}的采纳情况（第 {row.id} 号）"


def _is_of(said: dict[str, Any], row: Any) -> bool:
    return (
        said.get("outcome") == str(row.outcome)
        and said.get("state") == str(row.state)
        and said.get("reason_digest") == digest({"reason": row.reason})
    )
