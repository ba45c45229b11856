"""Verifies the digests of messages that aren't submissions: automatic and unclassified ones."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select

from consult.app_context import blobs
from consult.files.blobs import BlobError
from consult.ledger.faults import Damage, Fault
from consult.ledger.verification.batches import id_batches
from consult.ledger.verification.database_view import snapshot_read
from consult.mailbox import deduplication
from consult.mailbox.models import MailMessage
from consult.store import db

BATCH = 100
"""Messages read at once: each may have up to 256 KiB in its row."""


def faults() -> Iterator[Fault]:
    """Yield a fault for every message whose bytes no longer match its digest.

    The bytes of messages that became submissions are in the raw forms and verified there.
    """
    with snapshot_read():
        for ids in id_batches(MailMessage, BATCH):
            columns = MailMessage.id, MailMessage.digest, MailMessage.size, MailMessage.body, MailMessage.blob
            query = select(*columns).where(
                MailMessage.id.in_(ids),
                or_(MailMessage.erased_at.is_(None), MailMessage.body.is_not(None), MailMessage.blob.is_not(None)),
                or_(MailMessage.submission_id.is_(None), MailMessage.body.is_not(None)),
            )
            for row in db.session.execute(query.order_by(MailMessage.id)):
                try:
                    raw = bytes(row.body) if row.body is not None else blobs().get(row.blob or "")
                except (BlobError, TypeError):
                    message = f"第 {row.id} 封邮件的原件不见了或者被改动。"
                    yield Fault("mail", str(row.id), Damage.REMOVED, message)
                    continue
                if (
                    len(raw) != row.size
                    or (row.body is not None and row.blob)
                    or deduplication.digest_of(raw) != row.digest
                ):
                    yield Fault("mail", str(row.id), Damage.CHANGED, f"第 {row.id} 封邮件被改动：与收到时的摘要不符。")
