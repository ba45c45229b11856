"""Holding messages that are no submissions against their own digest: automatic ones, and those not sorted yet."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select

from consult.files.blobs import BlobError
from consult.intake.mailbox import same
from consult.intake.mailbox.models import MailMessage
from consult.ledger.checking.batches import ids_of
from consult.ledger.checking.view import one_view
from consult.ledger.faults import Fault, What
from consult.settings import blobs
from consult.store import db

TOGETHER = 100
"""Messages read at once: one in a row has up to 256 KiB."""


def faults() -> Iterator[Fault]:
    """Name every message that holds its own bytes and no longer those that it was known by; the bytes of the others
    are their submissions' raw forms."""
    with one_view():
        for ids in ids_of(MailMessage, TOGETHER):
            columns = MailMessage.id, MailMessage.digest, MailMessage.size, MailMessage.body, MailMessage.blob
            query = select(*columns).where(
                MailMessage.id.in_(ids), or_(MailMessage.submission_id.is_(None), MailMessage.body.is_not(None))
            )
            for row in db.session.execute(query.order_by(MailMessage.id)):
                try:
                    raw = bytes(row.body) if row.body is not None else blobs().get(row.blob or "")
                except (BlobError, TypeError):
                    message = f"第 {row.id} 封邮件的原件不见了或者被改动。"
                    yield Fault("mail", str(row.id), What.REMOVED, message)
                    continue
                if len(raw) != row.size or (row.body is not None and row.blob) or same.digest_of(raw) != row.digest:
                    yield Fault("mail", str(row.id), What.CHANGED, f"第 {row.id} 封邮件被改动：与收到时的摘要不符。")
