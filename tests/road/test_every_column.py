"""Every column that a receipt or a report relies upon: changed behind the application's back, it is named."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Boolean, Column, DateTime, Enum, Integer, LargeBinary, Table, select, update
from sqlalchemy.types import JSON, TypeDecorator

from consult.accounts.models import Role
from consult.adoption import queries as adoption_queries
from consult.adoption import service as adoption
from consult.adoption.models import Decision, Opinion, Outcome
from consult.drafting import release
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, DraftVersion, Grant, PeriodExtension, ProvisionRow
from consult.faces.cli.ledger import everything_wrong
from consult.files.attachments import CheckedAttachment
from consult.intake import scanning
from consult.intake.mailbox import service as mailbox
from consult.intake.mailbox.models import MailMessage
from consult.intake.models import Attachment, AttachmentScan, RawForm, Submission, SubmissionPart
from consult.ledger import checking, checkpoints
from consult.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf, LedgerNode
from consult.moderation import service as moderation
from consult.moderation.models import PublicText, Screening
from consult.reporting import service as reporting
from consult.reporting.models import FeedbackReport, ReportRow
from consult.settings import blobs, settings
from consult.store import db
from tests.builders import NOON, a_submission, a_user, an_actor, an_open_consultation
from tests.clamd import BAD, listening
from tests.intake.mailbox.letters import a_letter

WALKED = (
    Consultation, DraftVersion, ProvisionRow, PeriodExtension, Grant,
    Submission, SubmissionPart, RawForm, Attachment, AttachmentScan, Screening, PublicText, Opinion, Decision,
    FeedbackReport, ReportRow,
    MailMessage,
    LedgerEntry, LedgerLeaf, LedgerNode, LedgerCheckpoint,
)  # fmt: skip
MAIL = "what was read of a message; its bytes, or those of its submission's raw form, are what counts"
EXEMPT = {
    "submission.doubt": "only puts a form into another queue of screening",
    "submission.idempotency_key": "tells a repeated sending; no receipt or report shows it",
    "submission_part.position": "only the order counts, and the digest is over the parts in order",
    "attachment.position": "only the order counts, and the digest is over the files in order",
    "attachment.found_clean": "spares the scanner a file that it knows; what it found stands in attachment_scan",
    "attachment_scan.scanned_at": "the entry has the moment",
    "attachment_scan.search_due": "puts words out of the search, which is no part of the record",
    "public_text.masked": "counts the masked places; the text itself is held against the screening",
    "public_text.at": "when the text was last written; the screening has the moment",
    "opinion.created_at": "nothing shows it",
    "opinion.alone": "whether the machine may group it again; groups are no part of what was said",
    "feedback_report.state": "how far its review is: told by its entries, printed nowhere in it",
    "feedback_report.correction_reason": "stands beside the report; the act of correcting is an entry",
    "feedback_report.compiled_at": "the entries have the moments of a report's acts",
    "feedback_report.reviewed_at": "the entries have the moments of a report's acts",
    "feedback_report.published_at": "the entries have the moments of a report's acts",
    **{
        f"mail_message.{name}": MAIL
        for name in (
            "source",
            "stored_at",
            "server_at",
            "outcome",
            "why",
            "attempts",
            "message_id",
            "sender",
            "subject",
            "received_at",
            "automatic",
            "facts",
            "answer_due",
            "scan_due",
        )
    },
}
"""Columns that may change without being named, and why."""


@pytest.fixture
def road(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A road with something in every table: screened, grouped, decided, reported, by form and by mail."""
    drafter, second = an_actor(Role.DRAFTER), an_actor(Role.DRAFTER, "second")
    publisher, other = an_actor(Role.PUBLISHER), an_actor(Role.PUBLISHER, "other")
    moderator = an_actor(Role.MODERATOR)
    consultation = an_open_consultation(drafter, publisher, slug="canteen")
    day, after = NOON + timedelta(days=3), NOON + timedelta(days=45)
    release.extend_period(publisher, consultation, last_day=date(2026, 10, 9), reason="应公众要求。", at=NOON)
    elsewhere = a_user(Role.MODERATOR, "elsewhere", division="信访处")
    drafting.give(publisher, consultation, elsewhere, at=NOON)
    file = CheckedAttachment(name="附图.txt", media_type="text/plain", size=6, digest=blobs().put(BAD))
    whole = {"name": "王小明", "contact": "13800138000", "publish_name": True, "attachments": (file,)}
    first = a_submission(consultation, "赞成，电话13800138000。", at=day, **whole).submission
    again = a_submission(consultation, "赞成，电话13800138000。", at=day).submission
    third = a_submission(consultation, "广告", at=day).submission
    mailbox.ingest(a_letter(to="a+canteen@example.cn", received=day), source="a.eml", at=day)
    mailbox.ingest(a_letter(received=day, Auto_Submitted="auto-replied"), source="b.eml", at=day)
    with listening() as address:
        monkeypatch.setattr(settings(), "clamd_address", address)
        scanning.scan_new(day)
    moderation.accept(moderator, first, at=day)
    moderation.mark_duplicate(moderator, again, first, at=day)
    moderation.reject(moderator, third, reason_id="advertising", reason="卖东西", at=day)
    for submission in db.session.scalars(select(Submission).where(Submission.state == "received")):
        moderation.accept(moderator, submission, at=day)
    for item in adoption_queries.decided(consultation.id):
        decision = adoption.decide(drafter, item.opinion, Outcome.EXPLAINED, "现行规定已有。", at=after)
        adoption.review(second, decision, at=after)
    report = reporting.compile_report(publisher, consultation, at=after, statement="感谢参与。")
    reporting.submit_for_review(publisher, report, at=after)
    reporting.review(other, report, at=after)
    reporting.publish(publisher, report, at=after)
    checkpoints.checkpoint(after)
    db.session.commit()


def another(column: Column[Any], value: Any) -> Any:
    """Return a value that the column could hold and doesn't."""
    kind = column.type
    if isinstance(kind, Enum):
        return next(one for one in kind.enum_class or kind.enums if one != value)
    if isinstance(kind, Boolean):
        return not value
    if isinstance(kind, JSON) or column.name in ("files", "snapshot", "detail", "facts", "before", "warnings"):
        return {"x": 1}
    if isinstance(kind, LargeBinary):
        return bytes([(value or b"\0")[0] ^ 1]) + (value or b"\0")[1:]
    if isinstance(kind, TypeDecorator) and isinstance(kind.impl, DateTime):
        return (value or NOON) + timedelta(seconds=1)
    if isinstance(kind, Integer):
        return (value or 0) + 1000
    text = value or ""
    return (text[:-1] + ("0" if text[-1:] != "0" else "1"))[: getattr(kind, "length", None)] or "x"


def walk() -> list[str]:
    missed = []
    for model in WALKED:
        table: Table = model.__table__
        with db.engine.connect() as connection:
            rows = connection.execute(select(table).order_by(*table.primary_key.columns)).all()
        assert rows, table.name
        for column in table.columns:
            if column.primary_key or column.foreign_keys or f"{table.name}.{column.name}" in EXEMPT:
                continue
            row = next((one for one in rows if getattr(one, column.name) not in (None, "")), rows[0])._mapping
            if model is MailMessage:
                row = next(one for one in rows if one.submission_id is None)._mapping
            key = [own == row[own.name] for own in table.primary_key.columns]
            if not named(update(table).where(*key), column.name, another(column, row[column.name]), row[column.name]):
                missed.append(f"{table.name}.{column.name}")
    return missed


def named(statement: Any, column: str, changed: Any, kept: Any) -> bool:
    with db.engine.begin() as connection:
        connection.execute(statement.values({column: changed}))
    try:
        return bool(faults())
    finally:
        with db.engine.begin() as connection:
            connection.execute(statement.values({column: kept}))


def faults() -> list[Any]:
    db.session.expire_all()
    return list(everything_wrong(checking.Checked()))


@pytest.mark.usefixtures("road")
def test_every_changed_column_is_named() -> None:
    assert faults() == []
    assert walk() == []
