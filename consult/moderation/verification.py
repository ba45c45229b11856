"""Verifies acts of screening against the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.service import digest
from consult.ledger.verification.batches import BATCH, columns_as_text, detail_of, entries_by_subject, id_batches
from consult.ledger.verification.database_view import parse_time, snapshot_read, stream
from consult.moderation.models import PublicText, Screening, ScreeningKind
from consult.moderation.service import duplicate_words, texts_digest
from consult.store import db

SET_IN_PLACE = ("at", "kind", "state_before", "state_after", "before")


def faults() -> Iterator[Fault]:
    """Yield a fault for every act of screening that was changed or never recorded."""
    with snapshot_read():
        for ids in id_batches(Screening):
            query = (
                select(Submission.number, *columns_as_text(Screening, *SET_IN_PLACE))
                .join(Submission, Submission.id == Screening.submission_id)
                .where(Screening.id.in_(ids))
                .order_by(Screening.id)
            )
            rows = list(db.session.execute(query))
            entries = entries_by_subject({f"submission:{row.number}" for row in rows})
            for row in rows:
                if not any(_is_of(entry, row) for entry in entries[f"submission:{row.number}"]):
                    message = f"来件 {row.number} 的第 {row.id} 号审核记录被改动或者插入，与底账不符。"
                    yield Fault("screening", str(row.id), Damage.CHANGED, message)
        yield from _deleted()


def _deleted() -> Iterator[Fault]:
    """Name every submission that was screened more often than it has screenings."""
    acts = [f"submission.{kind.value}" for kind in ScreeningKind]
    recorded = (
        select(LedgerEntry.subject, func.count().label("n"))
        .where(LedgerEntry.act.in_(acts), LedgerEntry.subject.startswith("submission:"))
        .group_by(LedgerEntry.subject)
        .order_by(LedgerEntry.subject)
    )
    rows = stream(recorded)
    while some := list(islice(rows, BATCH)):
        numbers = [str(row.subject).partition(":")[2] for row in some]
        stored = select(Submission.number, func.count()).join(Screening, Screening.submission_id == Submission.id)
        query = stored.where(Submission.number.in_(numbers)).group_by(Submission.number)
        there = dict(db.session.execute(query).all())
        for number, row in zip(numbers, some, strict=True):
            if (n := row.n - there.get(number, 0)) > 0:
                message = f"来件 {number} 的审核记录被删除 {n} 条：办理它们的记录还在。"
                yield Fault("screening", number, Damage.REMOVED, message)


def duplicates() -> Iterator[Fault]:
    """Yield a fault for every duplicate of another submission than the one that its moderator named."""
    original = aliased(Submission)
    with snapshot_read():
        for ids in id_batches(Submission):
            query = (
                select(Submission.number, original.number.label("original"))
                .outerjoin(original, original.id == Submission.duplicate_of_id)
                .where(Submission.id.in_(ids))
                .where(or_(Submission.duplicate_of_id.is_not(None), Submission.state == SubmissionState.DUPLICATE))
            )
            rows = list(db.session.execute(query.order_by(Submission.id)))
            entries = entries_by_subject({f"submission:{row.number}" for row in rows})
            for row in rows:
                marked = [
                    detail_of(entry).get("reason_digest")
                    for entry in entries[f"submission:{row.number}"]
                    if entry.act == f"submission.{ScreeningKind.MARK_DUPLICATE.value}"
                ]
                if not marked or marked[-1] != digest({"reason": duplicate_words(str(row.original))}):
                    message = f"来件 {row.number} 被改作另一件来件的重复件：与标为重复的记录不符。"
                    yield Fault("submission", str(row.number), Damage.CHANGED, message)


def texts() -> Iterator[Fault]:
    """Yield a fault for every submission whose public texts differ from its last screening."""
    with snapshot_read():
        for ids in id_batches(Submission):
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
            entries = entries_by_subject({f"submission:{row.number}" for row in screened})
            for row in screened:
                recorded = [
                    detail
                    for entry in entries[f"submission:{row.number}"]
                    if "texts_digest" in (detail := detail_of(entry))
                ]
                if recorded and not _same_texts(recorded[-1]["texts_digest"], row.salt, printed.get(row.id, {})):
                    message = f"来件 {row.number} 的公开文本被改动：与最近一次审核时不同。"
                    yield Fault("public_text", str(row.number), Damage.CHANGED, message)


def _same_texts(digest: Any, salt: Any, texts: dict[int, str]) -> bool:
    try:
        return bool(texts_digest(salt, texts) == digest)
    except (ValueError, TypeError):
        return False


def _is_of(entry: Any, row: Any) -> bool:
    detail = detail_of(entry)
    try:
        same_moment = parse_time(entry.at) == parse_time(row.at)
    except ValueError:
        return False
    return (
        same_moment
        and entry.act == f"submission.{row.kind}"
        and entry.actor_id == row.by_id
        and detail.get("state") == str(row.state_after)
        and detail.get("before_state", str(row.state_before)) == str(row.state_before)
        and _same_before(detail, row.before)
        and detail.get("reason_id") == row.reason_id
        and detail.get("reason_digest") == digest({"reason": row.reason})
    )


def _same_before(detail: dict[str, Any], before: Any) -> bool:
    if "before_digest" not in detail:
        return True  # recorded before the ledger had this fact
    try:
        kept = json.loads(before) if isinstance(before, str) else before
    except ValueError:
        return False
    return bool(detail["before_digest"] == digest({"before": kept}))
