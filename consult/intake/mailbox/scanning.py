"""Files that came by mail are scanned where the department has a scanner (the setting ``clamd_address``).

What it finds something in stays inside the raw message, noted and not handed on. While it is away files are taken and
their message is marked; they are scanned as soon as it answers again. Nothing waits for it, nothing is lost by it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from consult.files import clamd
from consult.files.clamd import Finding, Scan
from consult.intake.mailbox.models import MailMessage, RefusedFile
from consult.settings import blobs, settings
from consult.store import db, transaction

AT_ONCE = 200
UNSCANNED = "附件还没有查毒（杀毒软件没有应答），恢复后自动补查"


def scan(data: bytes) -> Scan | None:
    """Have a file scanned; ``None`` where there is no scanner."""
    address = settings().clamd_address
    return clamd.scan(data, address, seconds=settings().clamd_seconds) if address else None


def refusal(name: str, found: Scan) -> str:
    """Say in Chinese why an infected file isn't taken."""
    return f"附件《{name}》被杀毒软件查出 {found.words}，已隔离，只保存在原件里，请不要打开。"


def scan_waiting(_at: datetime) -> int:
    """Scan the files of messages that came while the scanner was away; return how many messages are done."""
    done = 0
    query = select(MailMessage.id).where(MailMessage.scan_due.is_(True)).order_by(MailMessage.id).limit(AT_ONCE)
    for id_ in list(db.session.scalars(query)):
        infected = _infected(db.session.get_one(MailMessage, id_))
        if infected is None:
            break  # still away
        _note(id_, infected)
        done += 1
    return done


def _infected(row: MailMessage) -> list[RefusedFile] | None:
    """Return a note for each file that something was found in; ``None`` while the scanner is away."""
    notes = []
    for file in row.submission.attachments if row.submission is not None else ():
        found = scan(blobs().get(file.digest))
        if found is not None and found.finding is Finding.AWAY:
            return None
        if found is not None and found.finding is Finding.INFECTED:
            why = refusal(file.file_name, found)
            notes.append(RefusedFile(name=file.file_name, size=file.size, digest=file.digest, why=why))
    return notes


def _note(id_: int, infected: list[RefusedFile]) -> None:
    with transaction() as session:
        row = session.get_one(MailMessage, id_, with_for_update=True, populate_existing=True)
        if not row.scan_due:
            return
        row.scan_due = False
        row.why = row.why.replace(f"；{UNSCANNED}", "")
        for note in infected:
            note.position = len(row.refused)
            row.refused.append(note)
        if infected:
            row.why = f"{row.why}；{len(infected)} 个附件有病毒，已隔离"
