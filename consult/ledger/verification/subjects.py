"""Verification of what acts are on: every row has its act, every act its row, each row as its last act left it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import select

from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.verification.batches import BATCH, detail_of, entries_by_subject, id_batches
from consult.ledger.verification.database_view import snapshot_read, stream
from consult.store import db

STANDS = "stands"
"""Key in an act's detail: the digest of the row as the act left it."""


@dataclass(frozen=True)
class Subject:
    """Rows that acts are on.

    Arguments:
        name: what stands before the colon of the record's subject.
        key: the column whose value stands behind it.
        words: the rows' name in Chinese.
        acts: which acts imply a row; empty for all.
        recorded: whether every row has an act.
        digests: returns the digests of rows by their ids, where acts have them.
    """

    name: str
    model: Any
    words: str
    key: Any = None
    acts: Collection[str] = ()
    recorded: bool = True
    digests: Callable[[Collection[int]], dict[int, str]] | None = None

    @property
    def column(self) -> Any:
        """The column whose value the record names a row by."""
        return self.model.id if self.key is None else self.key


def faults(subject: Subject) -> Iterator[Fault]:
    """Name every row that was changed or put in without an act, and every one that is gone."""
    with snapshot_read():
        for ids in id_batches(subject.model):
            yield from _rows(subject, ids)
        yield from _gone(subject)


def _rows(subject: Subject, ids: list[int]) -> Iterator[Fault]:
    query = select(subject.model.id, subject.column.label("key")).where(subject.model.id.in_(ids))
    rows = list(db.session.execute(query.order_by(subject.model.id)))
    entries = entries_by_subject({f"{subject.name}:{row.key}" for row in rows})
    digests = _digests(subject, ids)
    for row in rows:
        details = [detail_of(entry) for entry in entries[f"{subject.name}:{row.key}"]]
        stands = [detail[STANDS] for detail in details if STANDS in detail]
        if subject.recorded and not details:
            yield _fault(subject, row.key, Damage.INSERTED, "无对应记录：记录被删除，或者它是插入的。")
        elif digests is not None and stands and stands[-1] != digests.get(row.id):
            yield _fault(subject, row.key, Damage.CHANGED, "被改动：与最近一次办理的记录不符。")


def _digests(subject: Subject, ids: list[int]) -> dict[int, str] | None:
    if subject.digests is None:
        return None
    try:
        return subject.digests(ids)
    except (ValueError, TypeError, LookupError):  # a column holds what it can't: one by one
        return {id_: digest for id_ in ids if (digest := _digest(subject, id_))}


def _digest(subject: Subject, id_: int) -> str:
    assert subject.digests is not None
    try:
        return subject.digests([id_]).get(id_, "")
    except (ValueError, TypeError, LookupError):
        return ""


def _gone(subject: Subject) -> Iterator[Fault]:
    query = select(LedgerEntry.subject).where(LedgerEntry.subject.startswith(f"{subject.name}:", autoescape=True))
    if subject.acts:
        query = query.where(LedgerEntry.act.in_(subject.acts))
    named = (str(row.subject).partition(":")[2] for row in stream(query.distinct().order_by(LedgerEntry.subject)))
    by_number = subject.key is None
    while some := list(islice(named, BATCH)):
        keys: list[Any] = [int(key) for key in some if key.isascii() and key.isdecimal()] if by_number else some
        there = {str(key) for key in db.session.scalars(select(subject.column).where(subject.column.in_(keys)))}
        for key in some:
            if key not in there:
                yield _fault(subject, key, Damage.REMOVED, "被删除：办理它的记录还在。")


def _fault(subject: Subject, key: Any, what: Damage, words: str) -> Fault:
    return Fault(subject.name, str(key), what, f"{subject.words} {key} {words}")
