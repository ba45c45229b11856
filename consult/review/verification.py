"""Checking reviews against the record: each as the last act on it left it, each act with its row."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from consult.accounts.permissions import Act
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.verification.batches import detail_of, entries_by_subject
from consult.ledger.verification.database_view import snapshot_read, stream
from consult.review.ledger_statement import digest_by_id
from consult.review.models import Review
from consult.store import db

SUBJECT = "review:"


def faults() -> Iterator[Fault]:
    """Name every review that was changed, inserted or deleted behind the record's back."""
    with snapshot_read():
        stored = list(db.session.scalars(select(Review.id).order_by(Review.id)))
        for id_ in stored:
            subject = f"{SUBJECT}{id_}"
            acts = [detail_of(entry) for entry in entries_by_subject([subject])[subject]]
            if not acts:
                yield Fault("review", str(id_), Damage.INSERTED, f"第 {id_} 号审查无对应记录：记录已被删除或者系插入。")
            elif acts[-1].get("stands") != _digest(id_):
                yield Fault(
                    "review",
                    str(id_),
                    Damage.CHANGED,
                    f"第 {id_} 号审查或者其材料被改动：与最近一次办理的记录不符。",
                )
        yield from _gone({f"{SUBJECT}{id_}" for id_ in stored})


def _digest(id_: int) -> str:
    try:
        return digest_by_id(id_)
    except (ValueError, TypeError, LookupError):  # a column holds what it can't
        return ""


def _gone(stored: set[str]) -> Iterator[Fault]:
    query = select(LedgerEntry.subject).where(LedgerEntry.act == Act.ASK_REVIEW).order_by(LedgerEntry.id)
    for (subject,) in stream(query):
        if subject not in stored:
            number = str(subject).removeprefix(SUBJECT)
            yield Fault("review", number, Damage.REMOVED, f"第 {number} 号审查被删除：登记的记录还在。")
