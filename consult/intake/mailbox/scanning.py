"""Files that come by mail are scanned before they are taken.

What the scanner finds something in stays inside the raw message, noted and not handed on. While it is away files are
taken, their message is marked, and the worker scans them as it scans every attachment; then the message is told.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from consult.files.clamd import Finding
from consult.intake import scanning
from consult.intake.mailbox.models import MailMessage, RefusedFile
from consult.intake.models import Attachment, AttachmentScan
from consult.store import db, transaction

AT_ONCE = 200
UNSCANNED = "附件还没有查毒（杀毒软件没有应答），恢复后自动补查"


def refusal(name: str, signature: str) -> str:
    """Say in Chinese why an infected file isn't handed on."""
    return f"附件《{name}》被杀毒软件查出 {signature}，已隔离，只保存在原件里，请不要打开。"


def tell_messages(_at: datetime) -> int:
    """Note on messages that came while the scanner was away what it has found in their files; return how many."""
    unscanned = (
        select(Attachment.id)
        .outerjoin(AttachmentScan, AttachmentScan.attachment_id == Attachment.id)
        .where(Attachment.submission_id == MailMessage.submission_id)
        .where(or_(AttachmentScan.attachment_id.is_(None), AttachmentScan.finding == Finding.AWAY))
        .exists()
    )
    query = select(MailMessage.id).where(MailMessage.scan_due.is_(True), ~unscanned).order_by(MailMessage.id)
    ids = list(db.session.scalars(query.limit(AT_ONCE)))
    for id_ in ids:
        _tell(id_)
    return len(ids)


def _tell(id_: int) -> None:
    with transaction() as session:
        row = session.get_one(MailMessage, id_, with_for_update=True, populate_existing=True)
        if not row.scan_due:
            return
        row.scan_due = False
        row.why = row.why.replace(f"；{UNSCANNED}", "")
        files = row.submission.attachments if row.submission is not None else []
        infected = scanning.held_back(files)
        for file in files:
            if file.id in infected:
                why = refusal(file.file_name, infected[file.id])
                note = RefusedFile(name=file.file_name, size=file.size, digest=file.digest, why=why)
                note.position = len(row.refused)
                row.refused.append(note)
        if infected:
            row.why = f"{row.why}；{len(infected)} 个附件有病毒，已隔离"
