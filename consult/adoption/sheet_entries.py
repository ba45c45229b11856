"""The import of a sheet of decisions in the record: who, which file, what became of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Actor
from consult.adoption.models import Decision
from consult.adoption.sheet_rows import ImportResult
from consult.drafting.models import Consultation
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.service import record
from consult.ledger.verification.batches import BATCH, columns_as_text, detail_of
from consult.ledger.verification.database_view import snapshot_read, stored_text, stream
from consult.store import db

IMPORT = "opinion.import_sheet"


def record_import(
    actor: Actor,
    consultation: Consultation,
    file_name: str,
    file_digest: str,
    result: ImportResult,
    decisions: Sequence[int],
    *,
    at: datetime,
) -> None:
    """Add the entry of an import, in the caller's transaction.

    Arguments:
        file_digest: SHA-256 of the file's bytes, empty where only a table was given.
        decisions: ids of what was proposed.
    """
    record(
        actor,
        IMPORT,
        f"consultation:{consultation.slug}",
        at=at,
        consultation_id=consultation.id,
        file=file_name,
        file_digest=file_digest,
        rows=result.rows,
        applied=result.taken,
        unchanged=result.unchanged,
        refused=len(result.refused),
        conflicts=len(result.conflicts),
        decisions=[list(each) for each in _ranges(decisions)],
    )


def _ranges(ids: Iterable[int]) -> list[tuple[int, int]]:
    """Return ids as ranges, first and last of each."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(ids):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def faults() -> Iterator[Fault]:
    """Yield a fault for every import whose decisions aren't all there, by whoever imported them."""
    query = select(LedgerEntry.id, LedgerEntry.actor_id, stored_text(LedgerEntry.detail).label("detail"))
    with snapshot_read():
        rows = stream(query.where(LedgerEntry.act == IMPORT).order_by(LedgerEntry.id))
        while some := list(islice(rows, BATCH)):
            for row in some:
                if words := _wrong(row):
                    yield Fault("decision", str(row.id), Damage.CHANGED, f"第 {row.id} 号记录的表格导入{words}")


def _wrong(row: Any) -> str:
    detail = detail_of(row)
    there = by_others = 0
    for first, last in detail.get("decisions", []):
        query = select(*columns_as_text(Decision, "author_id")).where(Decision.id.between(first, last))
        authors = [each.author_id for each in db.session.execute(query)]
        there += len(authors)
        by_others += sum(author != row.actor_id for author in authors)
    if there != detail.get("applied"):
        return f"与采纳情况不符：记录导入 {detail.get('applied')} 条，现有 {there} 条。"
    return f"与采纳情况不符：其中 {by_others} 条的作出人不是导入人。" if by_others else ""
