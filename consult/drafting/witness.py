"""Holding consultations and their drafts against the record: what was put out for comment never changes unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Act
from consult.drafting.evidence import STANDS, TEXT, VERSION, stands, text_of
from consult.drafting.models import Consultation, DraftVersion
from consult.ledger.checking.batches import entries_on, facts
from consult.ledger.checking.view import one_view, stream
from consult.ledger.faults import Fault, What
from consult.ledger.models import LedgerEntry
from consult.store import db

FIRST = 1
"""Number of a consultation's first version."""


def faults() -> Iterator[Fault]:
    """Name every consultation that isn't as the last act on it left it, every changed draft, and what is gone."""
    with one_view():
        there = dict(db.session.execute(select(Consultation.id, Consultation.slug).order_by(Consultation.id)).all())
        for id_, slug in there.items():
            yield from _wrong(id_, slug)
        yield from _gone(set(there))


def _wrong(id_: int, slug: str) -> Iterator[Fault]:
    subject = f"consultation:{slug}"
    said = [facts(entry) for entry in entries_on([subject])[subject]]
    told = [detail for detail in said if STANDS in detail]
    name = f"征求意见 {slug} "
    if not said:
        yield Fault(
            "consultation", slug, What.INSERTED, f"{name}没有底账：记录被删除、网址编号被改动，或者它是插入的。"
        )
    elif told and told[-1][STANDS] != _or_nothing(stands, id_):
        message = f"{name}的公告、期限、状态或者交办被改动：与最近一次办理的记录不符。"
        yield Fault("consultation", slug, What.CHANGED, message)
    yield from _wrong_drafts(id_, slug, told)


def _wrong_drafts(id_: int, slug: str, told: list[dict[str, Any]]) -> Iterator[Fault]:
    query = select(DraftVersion.number, DraftVersion.id).where(DraftVersion.consultation_id == id_)
    stored = dict(db.session.execute(query.order_by(DraftVersion.number)).all())
    noted = {detail[VERSION]: detail[TEXT] for detail in told if TEXT in detail and isinstance(detail[VERSION], int)}
    for number, digest in noted.items():
        which, draft = f"{slug}/{number}", f"征求意见 {slug} 的第 {number} 版文稿"
        if number not in stored:
            yield Fault("draft", which, What.REMOVED, f"{draft}被删除或者改了版次：存入的记录还在。")
        elif _or_nothing(text_of, stored[number]) != digest:
            yield Fault("draft", which, What.CHANGED, f"{draft}被改动：正文、条文或者来历与存入时不符。")
    if FIRST not in noted:
        return  # stored before the record told of texts
    for number in stored:
        if number not in noted:
            message = f"征求意见 {slug} 的第 {number} 版文稿没有底账：记录被删除，或者它是插入的。"
            yield Fault("draft", f"{slug}/{number}", What.INSERTED, message)


def _or_nothing(digest_of: Callable[[int], str], id_: int) -> str:
    try:
        return digest_of(id_)
    except (ValueError, TypeError, LookupError):  # something stands there that its column can't hold
        return ""


def _gone(there: set[int]) -> Iterator[Fault]:
    query = select(LedgerEntry.consultation_id, LedgerEntry.subject).where(LedgerEntry.act == Act.CREATE_CONSULTATION)
    for id_, subject in stream(query.order_by(LedgerEntry.id)):
        if id_ not in there:
            slug = str(subject).partition(":")[2]
            yield Fault("consultation", slug, What.REMOVED, f"征求意见 {slug} 被删除：建立的记录还在。")
