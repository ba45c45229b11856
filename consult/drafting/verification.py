"""Verifies consultations and their drafts against the ledger, so that a published draft can't change unnoticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Act
from consult.drafting.ledger_statement import CONSULTATION_DIGEST, TEXT, VERSION, consultation_digest, version_digest
from consult.drafting.models import Consultation, DraftVersion
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.verification.batches import detail_of, entries_by_subject
from consult.ledger.verification.database_view import snapshot_read, stream
from consult.store import db

FIRST = 1
"""Number of a consultation's first version."""


def faults() -> Iterator[Fault]:
    """Yield a fault for every consultation changed since its last act, every changed draft, and what is missing."""
    with snapshot_read():
        stored = dict(db.session.execute(select(Consultation.id, Consultation.slug).order_by(Consultation.id)).all())
        for id_, slug in stored.items():
            yield from _wrong(id_, slug)
        yield from _gone(set(stored))


def _wrong(id_: int, slug: str) -> Iterator[Fault]:
    subject = f"consultation:{slug}"
    details = [detail_of(entry) for entry in entries_by_subject([subject])[subject]]
    with_digest = [detail for detail in details if CONSULTATION_DIGEST in detail]
    name = f"征求意见 {slug} "
    if not details:
        yield Fault(
            "consultation", slug, Damage.INSERTED, f"{name}无对应记录：记录被删除、网址编号被改动，或者它是插入的。"
        )
    elif with_digest and with_digest[-1][CONSULTATION_DIGEST] != _or_nothing(consultation_digest, id_):
        message = f"{name}的公告、期限、状态或者交办被改动：与最近一次办理的记录不符。"
        yield Fault("consultation", slug, Damage.CHANGED, message)
    yield from _wrong_drafts(id_, slug, with_digest)


def _wrong_drafts(id_: int, slug: str, with_digest: list[dict[str, Any]]) -> Iterator[Fault]:
    query = select(DraftVersion.number, DraftVersion.id).where(DraftVersion.consultation_id == id_)
    stored = dict(db.session.execute(query.order_by(DraftVersion.number)).all())
    recorded = {
        detail[VERSION]: detail[TEXT] for detail in with_digest if TEXT in detail and isinstance(detail[VERSION], int)
    }
    for number, digest in recorded.items():
        which, draft = f"{slug}/{number}", f"征求意见 {slug} 的第 {number} 版文稿"
        if number not in stored:
            yield Fault("draft", which, Damage.REMOVED, f"{draft}被删除或者改了版次：存入的记录还在。")
        elif _or_nothing(version_digest, stored[number]) != digest:
            yield Fault("draft", which, Damage.CHANGED, f"{draft}被改动：正文、条文或者来历与存入时不符。")
    if FIRST not in recorded:
        return  # stored before the ledger had text digests
    for number in stored:
        if number not in recorded:
            message = f"征求意见 {slug} 的第 {number} 版文稿无对应记录：记录被删除，或者它是插入的。"
            yield Fault("draft", f"{slug}/{number}", Damage.INSERTED, message)


def _or_nothing(digest_of: Callable[[int], str], id_: int) -> str:
    try:
        return digest_of(id_)
    except (ValueError, TypeError, LookupError):  # a stored value that is invalid for its column
        return ""


def _gone(stored: set[int]) -> Iterator[Fault]:
    query = select(LedgerEntry.consultation_id, LedgerEntry.subject).where(LedgerEntry.act == Act.CREATE_CONSULTATION)
    for id_, subject in stream(query.order_by(LedgerEntry.id)):
        if id_ not in stored:
            slug = str(subject).partition(":")[2]
            yield Fault("consultation", slug, Damage.REMOVED, f"征求意见 {slug} 被删除：建立的记录还在。")
