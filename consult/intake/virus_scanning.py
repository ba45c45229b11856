"""Scans attachments if the department has a scanner (the setting ``clamd_address``); infected ones are held back.

The worker scans them in the background, whatever the channel. Results are stored in a separate table: row, bytes and
raw form of the attachment stay unchanged, and downloads are refused. The worker may be killed at any time; an
attachment is either scanned or not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, exists, func, select

from consult.app_context import blobs, settings
from consult.files import clamd
from consult.files.blobs import BlobError
from consult.files.clamd import Finding, Scan
from consult.files.sandbox import ATTEMPTS
from consult.intake import attachment_holds, attachment_opening, reading_attempts
from consult.intake.errors import HeldBack, Unfit
from consult.intake.models import Attachment, AttachmentScan, Work
from consult.store import db, transaction

BATCH = 20
"""Attachments whose findings are stored in one transaction."""
AT_ONCE = 500
"""Approximate maximum of attachments in one call, so that a long queue leaves room for other work."""
OUT_OF_ORDER = 10_000
"""How far below the last scanned id an attachment may still appear because its transaction took longer."""
ASK_AGAIN = timedelta(hours=1)
"""Delay before the retry of a file that the scanner gave no answer to."""
PROBE = b"-"
"""Content for testing whether the scanner is available."""

HOLD_BACK = "attachment.hold_back"

Waiting = Sequence[Row[Any, str, bool]]
"""Files to scan, each with a key, its digest, and whether it is known to be clean."""


def scan(data: bytes) -> Scan | None:
    """Scan bytes; ``None`` if there is no scanner."""
    address = settings().clamd_address
    return clamd.scan(data, address, seconds=settings().clamd_seconds) if address else None


def held_back(files: Collection[Attachment]) -> dict[int, str]:
    """Return the virus names of those attachments that are held back, by id."""
    if not files:
        return {}
    query = select(AttachmentScan.attachment_id, AttachmentScan.signature).where(
        AttachmentScan.attachment_id.in_([file.id for file in files]), AttachmentScan.finding == Finding.INFECTED
    )
    return {row.attachment_id: row.signature for row in db.session.execute(query)}


def content_of(file: Attachment) -> bytes:
    """Return the bytes of an attachment for download.

    Raises:
        HeldBack: it is infected.
        Unfit: it isn't opened yet, or was found unfit.
        BlobError: the bytes are missing or altered.
    """
    signature = held_back([file]).get(file.id)
    if signature is not None:
        raise HeldBack(signature)
    why = attachment_opening.unfit([file]).get(file.id)
    if why is not None:
        raise Unfit(why)
    return blobs().get(file.digest)


def scan_new(at: datetime) -> int:
    """Scan new attachments; return how many were. May be killed and called again.

    If the scanner is unavailable, the next call retries. If it is available but gives no answer to a certain file, that
    file is retried after ``ASK_AGAIN`` without blocking the others; so is a file over which it failed ``ATTEMPTS``
    times.
    """
    return look_through(partial(_waiting, at), partial(_write_down, at=at))


def look_through(waiting: Callable[[], Waiting], write_down: Callable[[dict[Any, Scan]], None]) -> int:
    """Scan waiting files, a batch in each transaction, while the scanner is available; return how many were scanned.

    Arguments:
        waiting: returns the next files, each with the key for its finding.
        write_down: stores the findings.
    """
    done = 0
    while settings().clamd_address and done < AT_ONCE and (files := waiting()):
        scans = dict(_looked_at(files))
        if scans:
            write_down(scans)
        done += sum(scan.finding is not Finding.AWAY for scan in scans.values())
        if len(scans) < len(files):
            break  # the scanner is unavailable
    return done


def _waiting(at: datetime) -> Waiting:
    """Return id, digest and whether it is known to be clean of attachments to scan: new ones, then unanswered ones."""
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
    """Yield the finding for each until the scanner is unavailable; the same bytes are sent once.

    An attempt counts only if the scanner was available before: the file may be what makes it fail.
    """
    db.session.commit()  # no open transaction while the scanner works
    known = {digest: Scan(Finding.CLEAN) for _, digest, found_clean in waiting if found_clean}
    asked = False
    for id_, digest, _ in waiting:
        if digest not in known:
            if not asked and not _answers():
                return
            asked = True
            begun = reading_attempts.begin(Work.SCAN, digest)
            scan = _scanned(digest)
            if scan.finding is Finding.AWAY and not _answers():
                if begun >= ATTEMPTS:
                    yield id_, scan
                return
            known[digest] = scan
        yield id_, known[digest]


def _scanned(digest: str) -> Scan:
    try:
        return scan(blobs().get(digest)) or Scan(Finding.AWAY)
    except (BlobError, OSError) as error:  # `flask ledger verify` names it
        return Scan(Finding.AWAY, type(error).__name__)


def _answers() -> bool:
    """Whether the scanner is available."""
    result = scan(PROBE)
    return result is not None and result.finding is not Finding.AWAY


def _write_down(scans: dict[int, Scan], at: datetime) -> None:
    with transaction() as session:
        files = attachment_holds.lock(scans)
        stored = select(AttachmentScan).where(AttachmentScan.attachment_id.in_(scans))
        known = {row.attachment_id: row for row in session.scalars(stored.execution_options(populate_existing=True))}
        answered = [file.digest for file in files if scans[file.id].finding is not Finding.AWAY]
        reading_attempts.ended(Work.SCAN, answered)
        for file in files:
            row = known.get(file.id) or AttachmentScan(attachment_id=file.id, finding=Finding.AWAY)
            if row.finding is not Finding.AWAY:
                continue  # another worker was faster
            is_infected = scans[file.id].finding is Finding.INFECTED
            row.scanned_at, row.finding, row.search_due = at, scans[file.id].finding, is_infected
            row.signature = scans[file.id].words if is_infected else ""
            session.add(row)
            if is_infected:
                attachment_holds.record_hold(HOLD_BACK, file, at, signature=row.signature)
