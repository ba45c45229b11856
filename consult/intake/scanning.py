"""Attachments are scanned where the department has a scanner (the setting ``clamd_address``); infected ones held back.

The worker scans them soon after they came, whatever the channel: no sender waits for it. What it finds stands in a
table of its own: the row, the bytes and the raw form stay as they came, and who would hand the file on is refused. It
may be killed anywhere; an attachment is either looked at or not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, exists, func, select

from consult.accounts.permissions import SYSTEM
from consult.files import clamd
from consult.files.blobs import BlobError
from consult.files.clamd import Finding, Scan
from consult.files.trial import ATTEMPTS
from consult.intake import attempts
from consult.intake.errors import HeldBack
from consult.intake.models import Attachment, AttachmentScan, Submission, Work
from consult.ledger.service import record
from consult.settings import blobs, settings
from consult.store import db, transaction

BATCH = 20
"""Attachments whose findings are written down in one transaction."""
AT_ONCE = 500
"""Attachments that one call looks at, about: a long queue leaves room for other work."""
OUT_OF_ORDER = 10_000
"""How far behind the last one that was looked at another may still turn up whose transaction took longer."""
ASK_AGAIN = timedelta(hours=1)
"""When a file that the scanner gave no answer to is tried again."""
PROBE = b"-"
"""What a scanner is asked about to learn whether it is there."""

HOLD_BACK = "attachment.hold_back"

Waiting = Sequence[Row[Any, str, bool]]
"""Files to be scanned, each with a key, its digest, and whether the scanner is known to find nothing in it."""


def scan(data: bytes) -> Scan | None:
    """Have bytes scanned; ``None`` where there is no scanner."""
    address = settings().clamd_address
    return clamd.scan(data, address, seconds=settings().clamd_seconds) if address else None


def held_back(files: Collection[Attachment]) -> dict[int, str]:
    """Return what was found in those of the attachments that are held back, by the attachment's id."""
    if not files:
        return {}
    query = select(AttachmentScan.attachment_id, AttachmentScan.signature).where(
        AttachmentScan.attachment_id.in_([file.id for file in files]), AttachmentScan.finding == Finding.INFECTED
    )
    return {row.attachment_id: row.signature for row in db.session.execute(query)}


def content_of(file: Attachment) -> bytes:
    """Return the bytes of an attachment, to be handed on.

    Raises:
        HeldBack: the scanner found something in it.
        BlobError: the bytes are gone.
    """
    signature = held_back([file]).get(file.id)
    if signature is not None:
        raise HeldBack(signature)
    return blobs().get(file.digest)


def scan_new(at: datetime) -> int:
    """Scan attachments that were not looked at yet; return how many were. May be killed and called again.

    A scanner that is away is asked again at the next call. One that is there and gives no answer to a certain file is
    given that file again after ``ASK_AGAIN``; the others don't wait for it. So is one that went away over the same file
    ``ATTEMPTS`` times.
    """
    return look_through(partial(_waiting, at), partial(_write_down, at=at))


def look_through(waiting: Callable[[], Waiting], write_down: Callable[[dict[Any, Scan]], None]) -> int:
    """Scan what waits, a batch in each transaction, as long as the scanner is there; return how much was looked at.

    Arguments:
        waiting: gives the next files, each with what its finding is written down by.
        write_down: keeps what was found.
    """
    done = 0
    while settings().clamd_address and done < AT_ONCE and (files := waiting()):
        found = dict(_looked_at(files))
        if found:
            write_down(found)
        done += sum(one.finding is not Finding.AWAY for one in found.values())
        if len(found) < len(files):
            break  # the scanner is away
    return done


def _waiting(at: datetime) -> Waiting:
    """Return id, digest and whether the scanner knows it of attachments: those that are new, then the unanswered."""
    files = select(Attachment.id, Attachment.digest, Attachment.found_clean).order_by(Attachment.id).limit(BATCH)
    last = select(func.coalesce(func.max(AttachmentScan.attachment_id), 0)).scalar_subquery()
    known = exists().where(AttachmentScan.attachment_id == Attachment.id)
    fresh = db.session.execute(files.where(Attachment.id > last - OUT_OF_ORDER, ~known)).all()
    if fresh:
        return fresh
    unanswered = files.join(AttachmentScan, AttachmentScan.attachment_id == Attachment.id).where(
        AttachmentScan.finding == Finding.AWAY, AttachmentScan.scanned_at <= at - ASK_AGAIN
    )
    return db.session.execute(unanswered).all()


def _looked_at(waiting: Waiting) -> Iterator[tuple[Any, Scan]]:
    """Yield what was found in each, up to where the scanner is away; the same bytes are sent once.

    A file counts as tried where the scanner was there before: it may go away over it again and again.
    """
    db.session.commit()  # no view of the database is held while the scanner works
    known = {digest: Scan(Finding.CLEAN) for _, digest, found_clean in waiting if found_clean}
    asked = False
    for id_, digest, _ in waiting:
        if digest not in known:
            if not asked and not _answers():
                return
            asked = True
            begun = attempts.begin(Work.SCAN, digest)
            found = _scanned(digest)
            if found.finding is Finding.AWAY and not _answers():
                if begun >= ATTEMPTS:
                    yield id_, found
                return
            known[digest] = found
        yield id_, known[digest]


def _scanned(digest: str) -> Scan:
    try:
        return scan(blobs().get(digest)) or Scan(Finding.AWAY)
    except (BlobError, OSError) as error:  # `flask ledger verify` names it
        return Scan(Finding.AWAY, type(error).__name__)


def _answers() -> bool:
    """Say whether the scanner is there at all."""
    found = scan(PROBE)
    return found is not None and found.finding is not Finding.AWAY


def _write_down(found: dict[int, Scan], at: datetime) -> None:
    with transaction() as session:
        files = session.execute(
            select(Attachment.id, Attachment.position, Attachment.digest, Submission.number, Submission.consultation_id)
            .join(Submission, Submission.id == Attachment.submission_id)
            .where(Attachment.id.in_(found))
            .order_by(Attachment.id)
            .with_for_update(of=Attachment)
        ).all()
        stored = select(AttachmentScan).where(AttachmentScan.attachment_id.in_(found))
        known = {row.attachment_id: row for row in session.scalars(stored.execution_options(populate_existing=True))}
        answered = [file.digest for file in files if found[file.id].finding is not Finding.AWAY]
        attempts.ended(Work.SCAN, answered)
        for file in files:
            row = known.get(file.id) or AttachmentScan(attachment_id=file.id, finding=Finding.AWAY)
            if row.finding is not Finding.AWAY:
                continue  # another worker was faster
            is_infected = found[file.id].finding is Finding.INFECTED
            row.scanned_at, row.finding, row.search_due = at, found[file.id].finding, is_infected
            row.signature = found[file.id].words if is_infected else ""
            session.add(row)
            if is_infected:
                record(
                    SYSTEM,
                    HOLD_BACK,
                    f"submission:{file.number}",
                    at=at,
                    consultation_id=file.consultation_id,
                    content_digest=file.digest,
                    position=file.position,
                    signature=row.signature,
                )
