"""Holding acts of screening against the record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from consult.intake.models import Submission, SubmissionPart
from consult.ledger.checking.batches import columns_as_stored, entries_on, facts, ids_of
from consult.ledger.checking.view import moment, one_view
from consult.ledger.faults import Fault, What
from consult.ledger.service import digest
from consult.moderation.models import PublicText, Screening
from consult.moderation.service import texts_digest
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


def texts() -> Iterator[Fault]:
    """Name every submission whose public texts aren't those that its last screening left."""
    with one_view():
        for ids in ids_of(Submission):
            rows = db.session.execute(
                select(Submission.id, Submission.number, Submission.salt).where(Submission.id.in_(ids))
            )
            printed: dict[int, dict[int, str]] = {}
            query = select(SubmissionPart.submission_id, PublicText.part_id, PublicText.content).join(
                SubmissionPart, SubmissionPart.id == PublicText.part_id
            )
            for text in db.session.execute(query.where(SubmissionPart.submission_id.in_(ids))):
                printed.setdefault(text.submission_id, {})[text.part_id] = text.content
            screened = list(rows)
            entries = entries_on({f"submission:{row.number}" for row in screened})
            for row in screened:
                said = [
                    told for entry in entries[f"submission:{row.number}"] if "texts_digest" in (told := facts(entry))
                ]
                if said and not _same_texts(said[-1]["texts_digest"], row.salt, printed.get(row.id, {})):
                    message = f"来件 {row.number} 的公开文本被改动：与最近一次审核时不同。"
                    yield Fault("public_text", str(row.number), What.CHANGED, message)


def _same_texts(told: Any, salt: Any, texts: dict[int, str]) -> bool:
    try:
        return bool(texts_digest(salt, texts) == told)
    except (ValueError, TypeError):
        return False


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
        and said.get("before_state", str(row.state_before)) == str(row.state_before)
        and _same_before(said, row.before)
        and said.get("reason_id") == row.reason_id
        and said.get("reason_digest") == digest({"reason": row.reason})
    )


def _same_before(said: dict[str, Any], before: Any) -> bool:
    if "before_digest" not in said:
        return True  # written before it was noted
    try:
        kept = json.loads(before) if isinstance(before, str) else before
    except ValueError:
        return False
    return bool(said["before_digest"] == digest({"before": kept}))
