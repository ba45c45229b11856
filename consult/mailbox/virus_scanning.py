"""Scans the files of mail before they are accepted.

Infected files remain in the raw message and are recorded as refused. While the scanner is unavailable, files are
accepted and their message is marked; the worker scans them like every attachment and updates the message.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from consult.files.clamd import Finding
from consult.intake import virus_scanning
from consult.intake.models import Attachment, AttachmentScan
from consult.mailbox.models import MailMessage, RefusedFile
from consult.store import db, transaction

BATCH = 200
UNSCANNED = "附件还没有查毒（杀毒软件没有应答），恢复后自动补查"


def refusal(name: str, signature: str) -> str:
    """Return in Chinese why an infected file can't be downloaded."""
    return f"附件《{name}》被杀毒软件查出 {signature}，已隔离，只保存在原件里，请不要打开。"


def update_messages(_at: datetime) -> int:
    """Update messages whose files have been scanned since; return how many."""
    unscanned = (
        select(Attachment.id)
        .outerjoin(AttachmentScan, AttachmentScan.attachment_id == Attachment.id)
        .where(Attachment.submission_id == MailMessage.submission_id)
        .where(or_(AttachmentScan.attachment_id.is_(None), AttachmentScan.finding == Finding.AWAY))
        .exists()
    )
    query = select(MailMessage.id).where(MailMessage.scan_due.is_(True), ~unscanned).order_by(MailMessage.id)
    ids = list(db.session.scalars(query.limit(BATCH)))
    for id_ in ids:
        _update(id_)
    return len(ids)


def _update(id_: int) -> None:
    with transaction() as session:
        row = session.get_one(MailMessage, id_, with_for_update=True, populate_existing=True)
        if not row.scan_due:
            return
        row.scan_due = False
        row.why = row.why.replace(f"；{UNSCANNED}", "")
        files = row.submission.attachments if row.submission is not None else []
        infected = virus_scanning.held_back(files)
        for file in files:
            if file.id in infected:
                why = refusal(file.file_name, infected[file.id])
                note = RefusedFile(name=file.file_name, size=file.size, digest=file.digest, why=why)
                note.position = len(row.refused)
                row.refused.append(note)
        if infected:
            row.why = f"{row.why}；{len(infected)} 个附件有病毒，已隔离"
