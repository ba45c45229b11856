"""What the package holds for programs, a JSON document a line: ``rebuild.py`` counts every figure again from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import Enum
from heapq import merge
from typing import Any, Final

from sqlalchemy import Select, exists, inspect, select
from sqlalchemy.orm import aliased

from consult.accounts.models import User
from consult.adoption.models import Decision, Opinion, OpinionGroup, Theme, ThemeMark
from consult.consultees.models import Consultee, Invitation, Listed, Response
from consult.drafting.models import Consultation
from consult.issuance import service as issuance
from consult.issuance.models import DocumentAct, MeetingResult
from consult.ledger.models import DIGESTS_OF_ROWS, LedgerEntry
from consult.ledger.service import sealed_fields
from consult.reporting.models import FeedbackReport, ReportRow, ReportState
from consult.review.models import Review
from consult.store import Base, db

Document = dict[str, Any]
BATCH: Final = 1000
PRIVATE: Final = frozenset({"nonce", "token_hash", "token_expires_at"})
"""Columns that open something: they stay where they are."""


def line(document: Document) -> bytes:
    """Return a document as a line of JSON."""
    return json.dumps(document, ensure_ascii=False, default=_plain).encode() + b"\n"


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _columns(row: Base) -> Document:
    """Return the columns of a row, those apart that open something."""
    names = (column.key for column in inspect(type(row)).column_attrs)
    return {name: _moment(getattr(row, name)) for name in names if name not in PRIVATE}


def _moment(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def _paged(query: Select[Any], key: Any) -> Iterator[Document]:
    """Yield the rows of a query by key, a page at a time."""
    after = -1
    while True:
        rows = list(db.session.scalars(query.where(key > after).order_by(key).limit(BATCH)))
        yield from map(_columns, rows)
        if len(rows) < BATCH:
            return
        after = getattr(rows[-1], key.key)
        for row in rows:
            db.session.expunge(row)


def _of(model: Any) -> Callable[[Consultation], Iterator[Document]]:
    """Return what yields the rows of a consultation, by id."""
    return lambda consultation: _paged(select(model).where(model.consultation_id == consultation.id), model.id)


def _marks(consultation: Consultation) -> Iterator[Document]:
    query = select(ThemeMark).join(Theme).where(Theme.consultation_id == consultation.id)
    return _paged(query, ThemeMark.id)


def _responses(consultation: Consultation) -> Iterator[Document]:
    query = select(Response).join(Invitation).where(Invitation.consultation_id == consultation.id)
    return _paged(query, Response.id)


def _consultees(consultation: Consultation) -> Iterator[Document]:
    listed = select(Listed.consultee_id).where(Listed.consultation_id == consultation.id)
    return _paged(select(Consultee).where(Consultee.id.in_(listed)), Consultee.id)


def _accounts(_consultation: Consultation) -> Iterator[Document]:
    query = select(User.id, User.username, User.name, User.role).order_by(User.id)
    return (dict(row._mapping) for row in db.session.execute(query))


def _record(consultation: Consultation) -> Iterator[Document]:
    for entry in entries(consultation):
        yield {"id": entry.id, **sealed_fields(entry)}


TABLES: Final[dict[str, Callable[[Consultation], Iterable[Document]]]] = {
    "opinions": _of(Opinion),
    "groups": _of(OpinionGroup),
    "decisions": _of(Decision),
    "themes": _of(Theme),
    "theme_marks": _marks,
    "consultees": _consultees,
    "listed": _of(Listed),
    "invitations": _of(Invitation),
    "responses": _responses,
    "reviews": _of(Review),
    "meeting_results": _of(MeetingResult),
    "issued_document": lambda consultation: map(_columns, filter(None, [issuance.document_of(consultation)])),
    "document_acts": _of(DocumentAct),
    "accounts": _accounts,
    "record": _record,
}
"""By the name of the file, the rows in it."""


def entries(consultation: Consultation) -> Iterator[LedgerEntry]:
    """Yield the acts of a consultation in the record, oldest first, with those of its submissions before they came to
    it and after they went elsewhere."""
    here = _entries(select(LedgerEntry).where(LedgerEntry.consultation_id == consultation.id))
    same = aliased(LedgerEntry)
    elsewhere = LedgerEntry.consultation_id.is_distinct_from(consultation.id)
    moved = select(LedgerEntry).where(
        elsewhere,
        exists().where(
            same.subject == LedgerEntry.subject,
            same.consultation_id == consultation.id,
            same.subject.startswith("submission:", autoescape=True),
        ),
    )
    return merge(here, _entries(moved), key=lambda entry: entry.id)


def _entries(query: Select[Any]) -> Iterator[LedgerEntry]:
    query = query.where(LedgerEntry.subject != DIGESTS_OF_ROWS)
    after = 0
    while True:
        page = list(db.session.scalars(query.where(LedgerEntry.id > after).order_by(LedgerEntry.id).limit(BATCH)))
        yield from page
        if len(page) < BATCH:
            return
        after = page[-1].id


def consultation(row: Consultation) -> Document:
    """Return the columns of a consultation."""
    return _columns(row)


def reports(consultation: Consultation) -> list[FeedbackReport]:
    """Return the versions of the report that weren't discarded, oldest first."""
    query = select(FeedbackReport).where(
        FeedbackReport.consultation_id == consultation.id, FeedbackReport.state != ReportState.DISCARDED
    )
    return list(db.session.scalars(query.order_by(FeedbackReport.version)))


def report(version: FeedbackReport) -> Document:
    """Return a version of the report without its table."""
    return _columns(version)


def report_rows(version: FeedbackReport) -> Iterator[Document]:
    """Yield the table of a version of the report."""
    return _paged(select(ReportRow).where(ReportRow.report_id == version.id), ReportRow.number)
